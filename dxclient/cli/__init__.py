"""The command line: everything the window does, for scripts and for people without a window."""
