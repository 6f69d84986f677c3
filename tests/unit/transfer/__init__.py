"""The transfer queue."""
