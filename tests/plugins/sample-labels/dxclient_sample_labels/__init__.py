"""A labeling scheme for dxclient."""
