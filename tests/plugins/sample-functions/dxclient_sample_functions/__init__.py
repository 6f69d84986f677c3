"""A function for anonymization scripts."""
