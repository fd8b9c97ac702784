"""Who held a thing when: spans of time from sightings that have gaps between them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Generic, TypeVar

Held = TypeVar("Held", bound=Hashable)
Other = TypeVar("Other", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Sighting(Generic[Held]):
    """``holder`` was seen from ``first`` to ``last``; None says that nobody held it then."""

    first: float
    last: float
    holder: Held | None


@dataclass(frozen=True, slots=True)
class Span(Generic[Held]):
    """``holder`` held it from ``since`` to before ``until``, either of which may be infinite."""

    since: float
    until: float
    holder: Held | None


def always(holder: Held | None) -> list[Span[Held]]:
    """One span for all the time."""
    return [Span(-inf, inf, holder)]


def spans(sightings: Iterable[Sighting[Held]], order: Callable[[Held], tuple[str, ...]]) -> list[Span[Held]]:
    """Spans that cover all the time, without a gap, from what was seen.

    Where several are seen at once, it is the one that came last (``order`` decides between equals). Between two
    sightings of one holder it is that holder; between those of two, each up to the middle. What is seen before or after
    nobody's turn has it up to then; the first sighting holds from the beginning and the last until the end.
    """
    seen = sorted(set(sightings), key=lambda each: (each.first, each.last, order(each.holder) if each.holder else ()))
    if not seen:
        return always(None)
    if all(each.holder == seen[0].holder for each in seen):
        return always(seen[0].holder)
    times = sorted({time for each in seen for time in (each.first, each.last)})
    cuts: list[tuple[float, Held | None]] = [(-inf, _at(seen, times[0]))]
    for time, after in zip(times, [*times[1:], inf], strict=True):
        now = _at(seen, time)
        cuts.append((time, now))
        if after == inf:
            continue
        between = [each for each in seen if each.first <= time and each.last >= after]
        if between:
            cuts.append((_just_after(time), between[-1].holder))
            continue
        then = _at(seen, after)
        if now is None and then is not None:
            cuts.append((_just_after(time), then))
        elif now is not None and then is not None and now != then:
            cuts.append(((time + after) / 2, then))
    return _joined(cuts)


def overlay(
    one: Sequence[Span[Held]], other: Sequence[Span[Other]]
) -> list[tuple[float, float, Held | None, Other | None]]:
    """The times at which both hold, with both holders; both cover all the time."""
    if len(one) == len(other) == 1:  # as of most ends: each has all the time
        return [(one[0].since, one[0].until, one[0].holder, other[0].holder)]
    found = []
    at = 0
    for span in one:
        while True:
            beside = other[at]
            since, until = max(span.since, beside.since), min(span.until, beside.until)
            if since < until:
                found.append((since, until, span.holder, beside.holder))
            if beside.until >= span.until:
                break
            at += 1
    return found


def _at(seen: Sequence[Sighting[Held]], time: float) -> Held | None:
    """Who is seen at ``time``, which is the first or last moment of a sighting; somebody rather than nobody."""
    here = [each for each in seen if each.first <= time <= each.last]
    somebody = [each for each in here if each.holder is not None]
    return (somebody or here)[-1].holder


def _just_after(time: float) -> float:
    from math import nextafter

    return nextafter(time, inf)


def _joined(cuts: Sequence[tuple[float, Held | None]]) -> list[Span[Held]]:
    """Spans from the times at which a holder begins; neighbours with one holder are one."""
    found: list[Span[Held]] = []
    for number, (since, holder) in enumerate(cuts):
        until = cuts[number + 1][0] if number + 1 < len(cuts) else inf
        if found and found[-1].holder == holder:
            found[-1] = Span(found[-1].since, until, holder)
        elif since < until:
            found.append(Span(since, until, holder))
    return found
