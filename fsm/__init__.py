"""The trading lifecycle as a pure state machine. No I/O, no clock, no randomness, no client of any venue.

Read in this order: `lifecycle` (the table), `guards` (what its words mean), `ledger` (how facts merge), `step`
(the door).
"""
