"""What a rule is about: ``operation`` in ``to``. Ports are judged; hosts, methods and paths are conditions.

Source: Istio reference, "AuthorizationPolicy", Operation.
"""

from __future__ import annotations

from dataclasses import dataclass

from ringfence.dialects.fields import Field, describe
from ringfence.model.codes import BAD_PORT
from ringfence.model.policy import Condition
from ringfence.model.ports import MAX_PORT, MIN_PORT, PortSet, Protocol

EVERY_PORT = PortSet.range(Protocol.TCP)
_HTTP = {
    "hosts": "HTTP host {}",
    "notHosts": "HTTP host not {}",
    "methods": "HTTP {}",
    "notMethods": "HTTP method not {}",
    "paths": "HTTP path {}",
    "notPaths": "HTTP path not {}",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """The TCP ports that a rule is for, and what a request must be."""

    ports: PortSet = EVERY_PORT
    conditions: tuple[Condition, ...] = ()

    def both(self, other: Operation) -> Operation:
        """What this and the other say together."""
        return Operation(self.ports & other.ports, (*self.conditions, *other.conditions))


def read_operation(field: Field) -> Operation | None:
    """One ``operation``; None, with findings, where a part of it is invalid."""
    if not field.is_mapping():
        return None
    field.report_unknown((*_HTTP, "ports", "notPorts"), why="Istio ignores the field.")
    found = Operation()
    for name in ("ports", "notPorts"):
        listed = field.get(name)
        if listed is None or not listed.value:
            continue
        ports = read_ports(listed)
        if ports is None:
            return None
        found = found.both(Operation(ports if name == "ports" else EVERY_PORT - ports))
    conditions = []
    for name, words in _HTTP.items():
        listed = field.get(name)
        values = listed.value if listed is not None and isinstance(listed.value, list) else []
        if values and values != ["*"]:
            conditions.append(Condition(words.format(" or ".join(map(str, values)))))
    return found.both(Operation(conditions=tuple(conditions)))


def read_ports(listed: Field) -> PortSet | None:
    """The TCP ports of a list of texts; None, and a finding, where one is no port."""
    items = listed.items()
    if items is None:
        return None
    spans: list[tuple[int, int]] = []
    for item in items:
        text = str(item.value) if isinstance(item.value, int | str) and not isinstance(item.value, bool) else ""
        if not text.isdecimal() or not MIN_PORT <= int(text) <= MAX_PORT:
            item.report(BAD_PORT, f"{item} is {describe(item.value)}, which is no port.", why="Istio refuses it.")
            return None
        spans.extend(PortSet.point(Protocol.TCP, int(text)))
    return PortSet.of(spans)
