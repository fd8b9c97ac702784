"""External egress that was seen, as documents of kind ``EgressRequest`` for ``ringfence generate egress``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ringfence.dialects.writing.blocks import cidrs
from ringfence.learn.demands import Demands, Port
from ringfence.learn.ends import Address
from ringfence.learn.evidence import Evidence, together
from ringfence.learn.groups import Group
from ringfence.learn.platform import Platform
from ringfence.learn.ranges import merge
from ringfence.learn.writing import seen
from ringfence.model.labels import AllOf, Operator, Requirement
from ringfence.model.policy import Direction
from ringfence.model.ports import Protocol

Json = dict[str, Any]

_LONGEST = 48
_NAME = re.compile(r"[^a-z0-9-]+")


def requests(groups: Iterable[Group], demands: Demands, platform: Platform, budget: int) -> tuple[Json, ...]:
    """One document for each group that was seen calling out, in order of its name."""
    found = []
    taken: set[tuple[str, str]] = set()
    for group in groups:
        entries = list(_entries(group, demands, platform, budget))
        labels = _labels(group)
        if not entries or not labels:
            continue
        name = _name(group.name)
        while (group.namespace, name) in taken:
            name = f"{name[: _LONGEST - 2]}-x"
        taken.add((group.namespace, name))
        found.append(
            {
                "apiVersion": "ringfence.dev/v1",
                "kind": "EgressRequest",
                "metadata": {"name": name, "namespace": group.namespace},
                "spec": {"selector": labels, "reason": f"Learned from flows of {group}.", "egress": entries},
            }
        )
    return tuple(found)


def _name(text: str) -> str:
    return _NAME.sub("-", text.lower())[:_LONGEST].strip("-") or "app"


def _labels(group: Group) -> dict[str, str]:
    """What the selector asks to be there; what it asks not to be there, a request can't say."""
    parts = group.selector.parts if isinstance(group.selector, AllOf) else ()
    return {
        part.key: part.values[0] for part in parts if isinstance(part, Requirement) and part.operator is Operator.IN
    }


def _entries(group: Group, demands: Demands, platform: Platform, budget: int) -> Iterator[Json]:
    named: dict[str, dict[Port, Evidence]] = {}
    alike: dict[tuple[Port, ...], list[tuple[Address, Evidence]]] = {}
    for end, ports in demands.needs(group, Direction.EGRESS).items():
        if not isinstance(end, Address) or end.is_node or end.is_api_server or platform.is_dns(end):
            continue
        ports = {port: evidence for port, evidence in ports.items() if isinstance(port[0], Protocol)}
        if not ports:
            continue  # ICMP alone, which a request has no field for
        if not end.name:
            alike.setdefault(tuple(sorted(ports)), []).append((end, together(ports.values())))
            continue
        known = named.setdefault(end.name, {})
        for port, evidence in ports.items():
            known[port] = known[port] | evidence if port in known else evidence
    for name in sorted(named):
        yield {"to": name, "ports": _ports(named[name]), "reason": f"Seen: {seen(together(named[name].values()))}"}
    for some in sorted(alike):
        merged = merge((end.point for end, _ in alike[some]), budget)
        text = f"Seen: {seen(together(evidence for _, evidence in alike[some]))}"
        if merged.added:
            text += f"; {merged.added:,} of the addresses were not seen"
        ranges = cidrs(merged.addresses)
        yield {"to": ranges[0] if len(ranges) == 1 else ranges, "ports": _ports(some), "reason": text}


def _ports(ports: Iterable[Port]) -> int | str | list[int | str]:
    found: list[int | str] = [number if kind is Protocol.TCP else f"{number}/{kind}" for kind, number in sorted(ports)]
    return found[0] if len(found) == 1 else found
