"""The upload of one image session, step by step."""
