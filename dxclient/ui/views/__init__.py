"""The views besides the upload."""
