"""The incident bank: what hurt users of public bots, put back into ours, and the test that notices each."""
