"""Real crashes: the real process is killed with SIGKILL at every row of its journal and at every request to the
exchange, started again, and judged by the exchange's own ledger. `python -m tests.crash` runs all of it."""
