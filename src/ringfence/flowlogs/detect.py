"""Which format a log has, by its first lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from ringfence.flowlogs.format import Format
from ringfence.flowlogs.unwrap import Unwrapper, unwrapper_for
from ringfence.model.errors import InputError

WINDOW = 50
"""So many lines are looked at together."""

_LINES = 2000
_LINE = 1 << 16  # a longer line is shown to formats cut: a document of one line may have any length


@dataclass(frozen=True, slots=True)
class Detected:
    """A format, and what its lines are wrapped in; None for lines as they are."""

    format: Format
    unwrapper: Unwrapper | None


def detect(lines: Iterable[bytes], formats: Sequence[Format], name: str) -> Detected | None:
    """The format of which most of the first lines are; None where there is no line at all.

    A log may begin with what its program says at start-up, so later lines are looked at where the first tell nothing.

    Raises:
        InputError: no format recognises a line, or two recognise as many; the message names the input and them.
    """
    first = [line[:_LINE] for line in islice(lines, _LINES) if line.strip()]
    if not first:
        return None
    unwrapper = unwrapper_for(first)
    plain = _unwrapped(first, unwrapper)
    for start in range(0, len(plain), WINDOW):
        found = _best(plain[start : start + WINDOW], formats)
        if len(found) == 1:
            return Detected(found[0], unwrapper)
        if found:
            raise InputError(
                f"{name} may be {' or '.join(each.title for each in found)}; name one by "
                f"{' or '.join(f'--format {each.name}' for each in found)}."
            )
    known = ", ".join(each.name for each in formats)
    raise InputError(f"{name} is in no known log format. Known are {known}; name one by --format.")


def _unwrapped(lines: Sequence[bytes], unwrapper: Unwrapper | None) -> Sequence[bytes]:
    if unwrapper is None:
        return lines
    fresh = unwrapper.fresh()
    return [line for line in map(fresh.line, lines) if line]


def _best(lines: Sequence[bytes], formats: Sequence[Format]) -> list[Format]:
    shares = [(each.recognises(lines), each) for each in formats]
    most = max((share for share, _ in shares), default=0.0)
    return [each for share, each in shares if share == most] if most > 0 else []
