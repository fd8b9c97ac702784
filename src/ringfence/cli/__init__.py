"""The command line. One file a command; a command's imports happen when it runs, so that ``--help`` is instant."""

import gc

# Nothing that is made while modules load is garbage, and looking for it takes a tenth of the time of a short command.
gc.set_threshold(100_000, 20, 20)

from ringfence.cli.app import main  # noqa: E402 -- the collector is told before anything else is imported

__all__ = ["main"]
