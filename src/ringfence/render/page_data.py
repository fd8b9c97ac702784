"""The data behind the page of ``reach``: every cell of the matrix, small enough for one file.

90,000 cells repeat a few hundred port sets and a few thousand explanations. Each distinct value is written once and
referred to by number; a row of the matrix is run-length encoded.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ringfence.model.errors import QueryError
from ringfence.model.policy import Direction
from ringfence.model.ports import ALL_PORTS, NO_PORTS, PortSet, Protocol
from ringfence.reach.report import Connection, ReachEnd, ReachReport
from ringfence.render.external import Separated, separate

MAX_CELLS = 2_000_000
"""Cells of the largest page that is written: about 1,400 ends. Beyond it a browser is no help."""

T = TypeVar("T", bound=Hashable)


class TooManyEndsError(QueryError, ValueError):
    """A report has more ends than a page can show (:data:`MAX_CELLS`)."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one direction of a cell is as it is: a deciding rule, or the lack of one.

    ``policy``, ``rule`` and ``origin`` (``file:line``) may be empty, where no rule decided; ``text`` says it in words.
    """

    direction: Direction
    policy: str
    rule: str
    origin: str
    text: str


Reasons = Callable[[Connection], tuple[Reason, ...]]
WhyDenied = Callable[[ReachEnd, ReachEnd], tuple[Reason, ...]]


class _Table(Generic[T]):
    """Distinct values, numbered in order of first use."""

    def __init__(self, values: Iterable[T] = ()) -> None:
        self.ids: dict[T, int] = {}
        for value in values:
            self.add(value)

    def add(self, value: T) -> int:
        return self.ids.setdefault(value, len(self.ids))

    def values(self) -> list[T]:
        return list(self.ids)


_Cell = tuple[int, int, int, int]  # ids: ports, ports of every replica pair, egress reasons, ingress reasons
_NOT_APPLICABLE: _Cell = (-1, -1, 0, 0)  # an end and itself; two external ends


class _Cells:
    """Turns connections and denials into numbered cells."""

    def __init__(self) -> None:
        self.ports = _Table((NO_PORTS, ALL_PORTS))
        self.strings = _Table(("",))
        self.reasons = _Table[tuple[int, int, int, int]]()
        self.sets = _Table[tuple[int, ...]](((),))
        self.kinds = _Table((_NOT_APPLICABLE,))

    def kind(self, ports: PortSet, always: PortSet, reasons: tuple[Reason, ...]) -> int:
        egress, ingress = (
            self.sets.add(tuple(dict.fromkeys(self._reason(one) for one in reasons if one.direction is direction)))
            for direction in (Direction.EGRESS, Direction.INGRESS)
        )
        return self.kinds.add((self.ports.add(ports), self.ports.add(always), egress, ingress))

    def _reason(self, reason: Reason) -> int:
        add = self.strings.add
        return self.reasons.add((add(reason.policy), add(reason.rule), add(reason.origin), add(reason.text)))


def build(report: ReachReport, reasons: Reasons, why_denied: WhyDenied | None) -> dict[str, Any]:
    """What the page's script reads: plain lists, numbers and strings.

    Raises:
        TooManyEndsError: the report has too many ends for a page (:data:`MAX_CELLS`).
    """
    separated = separate(report.connections)
    connections = {(connection.src, connection.dst): connection for connection in separated.connections}
    inside = (end for end in report.ends if not end.external)
    ends = sorted({*inside, *(end for pair in connections for end in pair)}, key=_order)
    if len(ends) ** 2 > MAX_CELLS:
        raise TooManyEndsError(
            f"A page of {len(ends):,} × {len(ends):,} ends is too large to be of use: group by workload, "
            "choose namespaces, or write CSV."
        )
    cells = _Cells()
    matrix: list[list[int]] = []
    for src in ends:
        row = []
        for dst in ends:
            connection = connections.get((src, dst))
            if connection is not None:
                row.append(cells.kind(connection.ports, connection.always, reasons(connection)))
            elif src == dst or (src.external and dst.external):
                row.append(0)
            else:
                row.append(cells.kind(NO_PORTS, NO_PORTS, why_denied(src, dst) if why_denied else ()))
        matrix.append(row)
    ends, names, matrix = _merge_external(separated, ends, matrix)
    namespaces = sorted({end.namespace for end in ends if not end.external})
    if any(end.external for end in ends):
        namespaces.append("")
    return {
        "grouping": report.grouping.value,
        "namespaces": namespaces,
        "ends": [
            [namespaces.index(end.namespace), *_kind_and_name(end, name)] for end, name in zip(ends, names, strict=True)
        ],
        "ports": [_spans(ports) for ports in cells.ports.values()],
        "strings": cells.strings.values(),
        "reasons": cells.reasons.values(),
        "sets": cells.sets.values(),
        "kinds": cells.kinds.values(),
        "rows": [_run_lengths(row) for row in matrix],
        "explains": why_denied is not None,
    }


def _order(end: ReachEnd) -> tuple[bool, str, str]:
    return end.external, end.namespace, end.name


def _kind_and_name(end: ReachEnd, name: str) -> tuple[str, str]:
    """``("Deployment", "web")``; a pod's kind and an external end's are left empty."""
    if end.external:
        return "", name
    kind, slash, rest = end.name.removeprefix(f"{end.namespace}/").partition("/")
    return (kind, rest) if slash else ("", kind)


def _merge_external(
    separated: Separated, ends: list[ReachEnd], matrix: list[list[int]]
) -> tuple[list[ReachEnd], list[str], list[list[int]]]:
    """One row and column for external ends that are alike in every cell, their reasons included."""
    places = {end: index for index, end in enumerate(ends) if end.external}
    inside = len(ends) - len(places)
    names = separated.named(
        {end: (tuple(matrix[i][:inside]), tuple(row[i] for row in matrix[:inside])) for end, i in places.items()}
    )
    first = {name: end for end, name in reversed(names.items())}
    keep = [index for index, end in enumerate(ends) if not end.external or first[names[end]] == end]
    kept = [ends[index] for index in keep]
    return kept, [names.get(end, end.name) for end in kept], [[matrix[i][j] for j in keep] for i in keep]


def _spans(ports: PortSet) -> list[list[int]]:
    """``[protocol, lo, hi]`` of each interval."""
    return [[int(protocol), lo, hi] for protocol in Protocol for lo, hi in ports.of_protocol(protocol)]


def _run_lengths(row: list[int]) -> list[int]:
    """``[value, count, value, count, …]``."""
    runs: list[int] = []
    for value in row:
        if runs and runs[-2] == value:
            runs[-1] += 1
        else:
            runs += [value, 1]
    return runs
