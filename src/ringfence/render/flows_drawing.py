"""Drawings of recorded traffic as inline SVG: connections by hour, and a map of who calls whom.

Nothing in them needs a script: what a pointer rests on is told by ``title``, which screen readers read, too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from html import escape
from math import log10

from ringfence.model.flow import HOUR
from ringfence.observe import Change
from ringfence.observe.service_map import OUTSIDE, Link, ServiceMap
from ringfence.observe.timeline import Hour, Timeline
from ringfence.render.flows_evidence import moment
from ringfence.render.flows_layout import layers

_WIDTH = 1100
_LEFT = 70
_HIGH = 110
_DAY = 24

_BOX = 230
_BOX_HIGH = 26
_GAP = 14
_BETWEEN = 110
_NAME = 34
_MARGIN = 50


def chart(report: Timeline) -> Iterator[str]:
    """Two rows of bars, what passed above what was denied, each to its own scale, with marks for policy changes."""
    hours = report.hours
    if not hours:
        return
    step = (_WIDTH - _LEFT) / len(hours)
    high = 2 * _HIGH + 60
    yield f'<svg viewBox="0 0 {_WIDTH} {high}" role="img" aria-label="Connections by hour">'
    for index, hour in enumerate(hours):
        if not hour.recorded:
            x = _LEFT + index * step
            yield f'<rect class="gap" x="{x:.2f}" y="0" width="{step:.2f}" height="{2 * _HIGH + 20}">'
            yield f"<title>{escape(moment(hour.start))}: no record</title></rect>"
    passed, stopped = [hour.passed for hour in hours], [hour.stopped for hour in hours]
    yield from _bars(hours, passed, "passed", "passed", 0, step)
    yield from _bars(hours, stopped, "stopped", "denied", _HIGH + 20, step)
    yield from _days(hours, step, 2 * _HIGH + 36)
    for change in report.changes:
        yield from _mark(change, hours, step)
    yield "</svg>"


def _bars(
    hours: Sequence[Hour], values: Sequence[int], style: str, word: str, top: float, step: float
) -> Iterator[str]:
    most = max(values)
    bottom = top + _HIGH
    yield f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH}" y1="{bottom}" y2="{bottom}"/>'
    yield f'<text class="label" x="{_LEFT - 8}" y="{top + 12}" text-anchor="end">{most:,}</text>'
    yield f'<text class="label" x="{_LEFT - 8}" y="{bottom}" text-anchor="end">{word}</text>'
    for index, (hour, value) in enumerate(zip(hours, values, strict=True)):
        if not value:
            continue
        height = max(value / most * (_HIGH - 8), 1.5)
        x = _LEFT + index * step
        yield f'<rect class="{style}" x="{x:.2f}" y="{bottom - height:.2f}" width="{max(step - 0.6, 0.4):.2f}" '
        yield f'height="{height:.2f}"><title>{escape(moment(hour.start))}: {value:,} {word}</title></rect>'


def _days(hours: Sequence[Hour], step: float, y: float) -> Iterator[str]:
    every = max(1, len(hours) // (_DAY * 12))
    days = 0
    for index, hour in enumerate(hours):
        at = dt.datetime.fromtimestamp(hour.start, tz=dt.UTC)
        if at.hour and index:
            continue
        days += 1
        if (days - 1) % every:
            continue
        x = _LEFT + index * step
        yield f'<line class="day" x1="{x:.2f}" x2="{x:.2f}" y1="0" y2="{y - 14}"/>'
        yield f'<text class="label" x="{x + 3:.2f}" y="{y}">{at:%a %Y-%m-%d}</text>'


def _mark(change: Change, hours: Sequence[Hour], step: float) -> Iterator[str]:
    span = hours[0].start, hours[-1].start + HOUR
    begin, end = (min(max(time, span[0]), span[1]) for time in (change.after, change.before))
    left, right = (_LEFT + (time - span[0]) / HOUR * step for time in (begin, end))
    told = f"{change.text}, between {moment(change.after)} and {moment(change.before)}"
    yield f'<g class="mark"><rect x="{left:.2f}" y="0" width="{max(right - left, 1):.2f}" height="{2 * _HIGH + 20}"/>'
    yield f'<line x1="{right:.2f}" x2="{right:.2f}" y1="0" y2="{2 * _HIGH + 20}"/>'
    yield f"<title>{escape(told)}</title></g>"


def service_map(drawn: ServiceMap) -> Iterator[str]:
    """Boxes in layers, callers left of what they call; what was denied is red."""
    if not drawn.links:
        return
    placed = layers(len(drawn.names), [(link.source, link.destination) for link in drawn.links])
    tallest = max(map(len, placed))
    high = tallest * (_BOX_HIGH + _GAP) + _GAP
    wide = len(placed) * (_BOX + _BETWEEN) - _BETWEEN
    spots: dict[int, tuple[float, float]] = {}
    for column, members in enumerate(placed):
        start = (high - len(members) * (_BOX_HIGH + _GAP)) / 2 + _GAP / 2
        for row, number in enumerate(members):
            spots[number] = column * (_BOX + _BETWEEN), start + row * (_BOX_HIGH + _GAP)
    yield f'<svg viewBox="{-_MARGIN} -30 {wide + 2 * _MARGIN} {high + 34}" role="img" aria-label="Who calls whom">'
    for link in sorted(drawn.links, key=lambda link: link.stopped > 0):
        yield from _link(link, drawn, spots)
    for number, (x, y) in spots.items():
        name = drawn.names[number]
        style = "end outside" if drawn.groups[number] == OUTSIDE else "end"
        shown = name if len(name) <= _NAME else f"…{name[1 - _NAME :]}"
        yield f'<g class="{style}"><rect x="{x}" y="{y:.1f}" width="{_BOX}" height="{_BOX_HIGH}" rx="5"/>'
        yield f'<text x="{x + 9}" y="{y + 17.5:.1f}">{escape(shown)}</text><title>{escape(name)}</title></g>'
    yield "</svg>"


def _link(link: Link, drawn: ServiceMap, spots: dict[int, tuple[float, float]]) -> Iterator[str]:
    (x1, y1), (x2, y2) = spots[link.source], spots[link.destination]
    total = link.passed + link.stopped + link.other
    style = "denied" if link.stopped and not link.passed else "mixed" if link.stopped else "passing"
    thick = 1 + min(log10(total + 1), 5) * 0.8
    y1, y2 = y1 + _BOX_HIGH / 2, y2 + _BOX_HIGH / 2
    if x2 > x1:
        start, end = x1 + _BOX, x2
        bend = (end - start) / 2
        path = f"M{start:.1f} {y1:.1f} C{start + bend:.1f} {y1:.1f} {end - bend:.1f} {y2:.1f} {end:.1f} {y2:.1f}"
    else:
        # Back, or within a layer: round the boxes above.
        start, end = x1 + _BOX, x2
        over = min(y1, y2) - _BOX_HIGH
        path = f"M{start:.1f} {y1:.1f} C{start + 60:.1f} {over:.1f} {end - 60:.1f} {over:.1f} {end:.1f} {y2:.1f}"
    ports = ", ".join(link.ports[:5]) + (" …" if link.ports[5:] else "")
    ends = f"{drawn.names[link.source]} → {drawn.names[link.destination]}"
    told = f"{ends}: {link.passed:,} passed, {link.stopped:,} denied ({ports})"
    yield f'<path class="{style}" d="{path}" stroke-width="{thick:.1f}"><title>{escape(told)}</title></path>'
