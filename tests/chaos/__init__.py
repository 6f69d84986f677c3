"""Uploads under random trouble: faults, cuts, kills, orders; see `tests.chaos.run`."""
