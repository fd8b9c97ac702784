"""The allowed connections for people: a block for each source, then the counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from ringfence.model.addresses import AddressSet
from ringfence.model.ports import PortSet
from ringfence.reach.report import Connection, ReachEnd, ReachReport, ReachSummary
from ringfence.render.external import addresses_of, describe
from ringfence.render.lines import bold, careful, count, ports

_WIDEST = 60


def render(report: ReachReport, *, counts: bool = True) -> Iterator[str]:
    """The lines of the answer, source by source, so that a long answer starts at once.

    External ranges that are treated alike are one line; external sources come last, because which of them are
    treated alike is only known at the end. ``counts`` adds those over all pods.
    """
    outside: dict[ReachEnd, list[Connection]] = {}
    shown = 0
    for source, connections in groupby(report.connections, key=lambda connection: connection.src):
        if source.external:
            for connection in connections:
                outside.setdefault(connection.dst, []).append(connection)
            continue
        rows = _rows(connections)
        shown += len(rows)
        yield from _block(source.name, rows)
    for name, rows in _from_outside(outside).items():
        shown += len(rows)
        yield from _block(name, rows)
    yield f"{count(shown, 'connection')} allowed." if shown else "No connection is allowed."
    if counts:
        yield from summary(report.summary)


_Row = tuple[str, str]
"""The other end, and the ports."""


def _rows(connections: Iterable[Connection]) -> list[_Row]:
    """The destinations of one source, external ones of equal ports together."""
    rows: list[_Row] = []
    outside: dict[tuple[PortSet, PortSet], list[ReachEnd]] = {}
    for connection in connections:
        if connection.dst.external:
            outside.setdefault((connection.ports, connection.always), []).append(connection.dst)
        else:
            rows.append((connection.dst.name, _ports(connection.ports, connection.always)))
    rows.extend((_external(ends), _ports(*treated)) for treated, ends in outside.items())
    return rows


def _from_outside(connections: Mapping[ReachEnd, Iterable[Connection]]) -> dict[str, list[_Row]]:
    """What comes from outside the cluster, by what the addresses are called."""
    blocks: dict[str, list[_Row]] = {}
    for destination, found in connections.items():
        alike: dict[tuple[PortSet, PortSet], list[ReachEnd]] = {}
        for connection in found:
            alike.setdefault((connection.ports, connection.always), []).append(connection.src)
        for treated, ends in alike.items():
            blocks.setdefault(_external(ends), []).append((destination.name, _ports(*treated)))
    return blocks


def _block(name: str, rows: list[_Row]) -> Iterator[str]:
    """A source with its destinations, and an empty line."""
    width = max((len(row[0]) for row in rows if len(row[0]) <= _WIDEST), default=0)
    yield bold(name)
    for destination, text in rows:
        yield f"  → {destination:<{width}}  {text}"
    yield ""


def _external(ends: list[ReachEnd]) -> str:
    known = [addresses for end in ends if (addresses := addresses_of(end)) is not None]
    if len(known) != len(ends):
        return ", ".join(end.name for end in ends)
    return describe(AddressSet.of(interval for addresses in known for interval in addresses))


def _ports(some: PortSet, always: PortSet) -> str:
    if some == always:
        return ports(some)
    partly = f"{careful('some replicas only')}: {ports(some - always)}"
    return f"{ports(always)}; {partly}" if always else partly


def summary(value: ReachSummary) -> Iterator[str]:
    """The counts, over all pairs of pods whatever the filters are."""
    yield (
        f"{count(value.pods, 'pod')} of {count(value.workloads, 'workload')} in {count(value.namespaces, 'namespace')},"
        f" {count(value.policies, 'policy')}."
    )
    rows = (
        ("pairs of pods", value.pairs, ""),
        ("  every port allowed", value.full, _share(value.full, value.pairs)),
        ("  some ports allowed", value.partial, _share(value.partial, value.pairs)),
        ("  nothing allowed", value.denied, _share(value.denied, value.pairs)),
        (
            "pods that policies isolate, ingress",
            value.isolated_ingress,
            _share(value.isolated_ingress, value.pods),
        ),
        ("pods that policies isolate, egress", value.isolated_egress, _share(value.isolated_egress, value.pods)),
        ("pods that may connect out of the cluster", value.to_external, _share(value.to_external, value.pods)),
        ("pods that accept connections from outside", value.from_external, _share(value.from_external, value.pods)),
        ("pods on the network of their node", value.host_network_pods, ""),
    )
    name_width = max(len(row[0]) for row in rows)
    number_width = max(len(f"{row[1]:,}") for row in rows)
    for name, number, share in rows:
        yield f"  {name:<{name_width}}  {number:>{number_width},}{share}"


def _share(part: int, whole: int) -> str:
    """``   12.5 %``; never 100 % or 0 % where it is not exactly that."""
    if not whole:
        return ""
    percent = 100 * part / whole
    if 0 < part < whole:
        percent = min(max(percent, 0.1), 99.9)
    return f"  {percent:5.1f} %"
