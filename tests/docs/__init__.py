"""The documents: every example runs, every command, option and code is described."""
