"""The fault product: every combination of a short list of faults, played over the core, one by one. Nothing is drawn.

Read `dimensions` (what is combined), `play` (one combination from its first to its last second), `venue` (an exchange and
a wire that do as they are told) and `faces` (what the venues' real answers are taken for).
"""
