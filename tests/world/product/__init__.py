"""The fault product: every combination of a short list of faults, played over the core, one by one. Nothing is drawn.

Read `dimensions` (what is combined), `play` (one combination from beginning to end), `faults` (what happens at its
worst moment), `venue` (an exchange and a wire that do as they are told) and `faces` (what real answers are taken for).
"""
