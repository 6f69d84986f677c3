"""Core facts, errors and protocols; the standard library only."""
