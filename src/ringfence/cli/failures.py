"""Exit statuses, and what the user is told when something goes wrong.

0 fine · 1 findings, a failed query, a denied connection asked for · 2 wrong usage or unreadable input · 3 an internal
error · 130 interrupted · 141 the reader of a pipe went away.
"""

from __future__ import annotations

import errno
import io
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import click

from ringfence.model.errors import RingfenceError

OK = 0
FOUND = 1
USAGE = 2
INTERNAL = 3
INTERRUPTED = 130
BROKEN_PIPE = 141

DEBUG = "RINGFENCE_DEBUG"

_UNWRITTEN = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)
"""What a disk says that takes no more: of no input's making, and no bug."""


class ClosedInputError(RingfenceError):
    """Standard input was asked for, and is closed, as under ``<&-`` and some schedulers."""


class _ClosedInput(io.RawIOBase):
    """Stands for a standard input that is closed: only who asks for it learns of it."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:  # noqa: ARG002 -- io's signature
        raise ClosedInputError("Standard input is closed, so there is nothing to read from -.")


class _Failure(click.exceptions.Exit):
    """Ends the program with a status, after the message has been written."""


@contextmanager
def handled() -> Iterator[None]:
    """Turns exceptions into a message on stderr and an exit status; click's own pass through."""
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.BufferedReader(_ClosedInput()), encoding="utf-8")
    try:
        yield
        if sys.stdout is not None:  # closed by who wants the exit status only
            sys.stdout.flush()
    except (click.exceptions.Exit, click.Abort, click.ClickException):
        raise
    except RingfenceError as error:
        click.echo(f"ringfence: {error}", err=True)
        raise _Failure(USAGE) from None
    except KeyboardInterrupt:
        raise _Failure(INTERRUPTED) from None
    except BrokenPipeError:
        _drop_stdout()
        raise _Failure(BROKEN_PIPE) from None
    except OSError as error:
        if error.errno not in _UNWRITTEN:
            _report(error)
            raise _Failure(INTERNAL) from None
        _drop_stdout()
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"ringfence: The answer could not be written: {where}{error.strerror}.", err=True)
        raise _Failure(USAGE) from None
    except MemoryError:
        click.echo("ringfence: The memory is used up. Ask about fewer namespaces, or with --summary.", err=True)
        raise _Failure(INTERNAL) from None
    except Exception as error:  # noqa: BLE001 -- the last resort: whatever it is, the user gets a sentence, not a trace
        _report(error)
        raise _Failure(INTERNAL) from None


def _report(error: Exception) -> None:
    if os.environ.get(DEBUG):
        traceback.print_exc()
    click.echo(
        f"ringfence: Internal error: {type(error).__name__}: {error}\n"
        "This is a bug in Ringfence, and the answer above, if any, is not complete. Please report it with the output "
        f"of the same command with {DEBUG}=1 set.",
        err=True,
    )


def _drop_stdout() -> None:
    """Sends what is still buffered nowhere, so that the interpreter doesn't complain at its end."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
