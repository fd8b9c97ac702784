"""The clusters of ``examples/incidents`` in their states, and the exact difference between two of them.

A *place* is ``NN-name/variant``; a *state* is a directory beside its ``cluster``: ``broken``, ``fixed`` and so on.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import pairwise
from pathlib import Path

from ringfence import Cluster, load
from tests.cli.running import run

INCIDENTS = Path(__file__).parents[2] / "examples" / "incidents"

Ports = frozenset[int]
Span = tuple[int, int]
"""Addresses from the first to the last, IPv6 ones behind all IPv4 ones."""
V6 = 1 << 32


def paths(place: str, state: str) -> list[str]:
    """What to give to the command line: the cluster, and one state of it."""
    found = [INCIDENTS / place / "cluster", INCIDENTS / place / state]
    for path in found:
        assert path.is_dir(), path
    return [str(path) for path in found]


@cache
def cluster(place: str, state: str) -> Cluster:
    return load(*paths(place, state))


def allows(place: str, state: str, source: str, destination: str, protocol: str, port: int) -> bool:
    """One connection, by the public API."""
    return cluster(place, state).verdict(source, destination, port, protocol).allowed


@cache
def connections(place: str, state: str, by: str = "workload") -> tuple[tuple[str, str, str, str], ...]:
    """Every row of ``ringfence reach -o csv``."""
    return table(*paths(place, state), by=by)


def table(*inputs: str, by: str = "workload") -> tuple[tuple[str, str, str, str], ...]:
    """Every row of ``ringfence reach -o csv`` for these inputs, with external addresses."""
    result = run("reach", *inputs, "--by", by, "-o", "csv")
    assert result.exit_code == 0, result.stderr
    rows = csv.DictReader(io.StringIO(result.stdout))
    return tuple((row["src"], row["dst"], row["protocol"], row["ports"]) for row in rows)


def difference(
    old: tuple[tuple[str, str, str, str], ...], new: tuple[tuple[str, str, str, str], ...]
) -> tuple[set[str], set[str]]:
    """What ``new`` opens and what it closes, one line ``source > destination PROTOCOL ports`` each.

    Ranges of outside addresses are compared address by address, ports port by port. Computed from the printed
    tables alone, so that it shares nothing with the program.
    """
    before, after = _cells(old), _cells(new)
    opened: set[str] = set()
    closed: set[str] = set()
    for key in before.keys() | after.keys():
        atoms = _atoms([span for span, _ in before[key]] + [span for span, _ in after[key]])
        rows = [(atom, _ports(before[key], atom), _ports(after[key], atom)) for atom in atoms]
        if any(a != b for _, a, b in rows):
            opened |= _lines(key, [(atom, b - a) for atom, a, b in rows])
            closed |= _lines(key, [(atom, a - b) for atom, a, b in rows])
    return opened, closed


def change(place: str, old: str, new: str, by: str = "workload") -> tuple[set[str], set[str]]:
    """What one state opens and closes against another."""
    return difference(connections(place, old, by), connections(place, new, by))


Key = tuple[str, str, str]
Cell = list[tuple[Span, Ports]]


def _cells(rows: tuple[tuple[str, str, str, str], ...]) -> defaultdict[Key, Cell]:
    found: defaultdict[Key, Cell] = defaultdict(list)
    for source, destination, protocol, ports in rows:
        numbers = _numbered(ports)
        source_span, destination_span = _span(source), _span(destination)
        span = source_span or destination_span or (0, 0)
        key = ("" if source_span else source, "" if destination_span else destination, protocol)
        found[key].append((span, numbers))
    return found


@cache
def _numbered(text: str) -> Ports:
    """The ports of a cell, such as ``80-80;443-445``; equal cells share one set, for most are the same few."""
    ends = [part.split("-") for part in text.split(";")]
    return frozenset(port for low, high in ends for port in range(int(low), int(high) + 1))


def _span(end: str) -> Span | None:
    """The addresses of an external end; none for a pod or workload."""
    if "/" in end:
        return None
    low, _, high = end.partition("-")
    return _number(low), _number(high or low)


def _number(text: str) -> int:
    address = ip_address(text)
    return int(address) + (V6 if address.version == 6 else 0)


def _text(number: int) -> str:
    return str(IPv4Address(number) if number < V6 else IPv6Address(number - V6))


def _atoms(spans: list[Span]) -> list[Span]:
    """The pieces between all ends, in order."""
    ends = sorted({low for low, _ in spans} | {high + 1 for _, high in spans} | {V6})
    return [(low, high - 1) for low, high in pairwise(ends)]


def _ports(cell: Cell, atom: Span) -> Ports:
    found = {ports for (low, high), ports in cell if low <= atom[0] and atom[1] <= high}
    return found.pop() if len(found) == 1 else frozenset().union(*found)


def _lines(key: Key, rows: list[tuple[Span, Ports]]) -> set[str]:
    """Neighbouring pieces with the same ports are one line; the two families stay apart."""
    merged: list[tuple[Span, Ports]] = []
    for span, ports in rows:
        if merged and merged[-1][1] == ports and merged[-1][0][1] + 1 == span[0] and span[0] != V6:
            merged[-1] = ((merged[-1][0][0], span[1]), ports)
        else:
            merged.append((span, ports))
    source, destination, protocol = key
    lines = set()
    for (low, high), ports in merged:
        if ports:
            outside = _text(low) if low == high else f"{_text(low)}-{_text(high)}"
            lines.add(f"{source or outside} > {destination or outside} {protocol} {_numbers(ports)}")
    return lines


def _numbers(ports: Ports) -> str:
    runs: list[list[int]] = []
    for port in sorted(ports):
        if runs and runs[-1][1] + 1 == port:
            runs[-1][1] = port
        else:
            runs.append([port, port])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in runs)
