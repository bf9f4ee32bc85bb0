"""The command line, `playground`."""
