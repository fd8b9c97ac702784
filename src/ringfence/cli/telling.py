"""Prints lines about what logs say: whoever names a pod, a host or a reason there writes to the operator's terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import IO

import click

_OURS = re.compile("(\x1b\\[(?:[012]|3[0-7])m|\n)")
"""What answers are set in: bold, dim and colours, which can do no harm if a log has them, too."""


def tell(lines: Iterable[str], out: IO[str] | None = None) -> None:
    """Prints lines, by default on standard output, with control characters and turns of direction escaped."""
    from ringfence.sources.printable import printable

    for line in lines:
        parts = _OURS.split(line)
        click.echo("".join(part if _OURS.fullmatch(part) else printable(part) for part in parts), file=out)
