"""The kit for people who write plugins, as fixtures for pytest. Our own tests use it too."""
