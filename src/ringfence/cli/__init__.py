"""The command line. One file a command; a command's imports happen when it runs, so that ``--help`` is instant."""

from ringfence.cli.app import main

__all__ = ["main"]
