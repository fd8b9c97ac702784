"""What a rule is about: ``operation`` in ``to``. Ports are judged; hosts, methods and paths are conditions.

Source: Istio reference, "AuthorizationPolicy", Operation.
"""

from __future__ import annotations

from dataclasses import dataclass

from ringfence.dialects.fields import Field, describe
from ringfence.dialects.istio.sources import texts_of
from ringfence.model.codes import BAD_FIELD, BAD_PORT
from ringfence.model.policy import Condition, Peer
from ringfence.model.ports import MAX_PORT, PortSet, Protocol

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
    """The TCP ports that a rule is for, what a request must be, and ``only`` which of the workloads it is for."""

    ports: PortSet = EVERY_PORT
    conditions: tuple[Condition, ...] = ()
    only: tuple[Peer, ...] = ()

    def both(self, other: Operation) -> Operation:
        """What this and the other say together."""
        return Operation(self.ports & other.ports, (*self.conditions, *other.conditions), (*self.only, *other.only))


def read_operation(field: Field) -> Operation | None:
    """One ``operation``; None, with findings, where Istio refuses it."""
    if not field.is_mapping():
        return None
    known = (*_HTTP, "ports", "notPorts")
    field.report_unknown(known, why="Istio ignores the field.")
    if not any(field.value[name] for name in field.present(known)):
        field.report(BAD_FIELD, f"{field} names nothing.", why="Istio refuses an empty operation.")
        return None
    found = Operation()
    for name in field.present(("ports", "notPorts")):
        ports = read_ports(field.at(name))
        if ports is None:
            return None
        if field.value[name]:
            found = found.both(Operation(ports if name == "ports" else EVERY_PORT - ports))
    for name in field.present(_HTTP):
        texts = texts_of(field.at(name))
        if texts is None:
            return None
        if texts:
            found = found.both(Operation(conditions=(Condition(_HTTP[name].format(" or ".join(texts))),)))
    return found


def read_ports(listed: Field) -> PortSet | None:
    """The TCP ports of a list of texts; None, and a finding, where one is no port."""
    items = listed.items()
    if items is None:
        return None
    spans: list[tuple[int, int]] = []
    for item in items:
        text = item.value if isinstance(item.value, str) else ""
        if not (text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) <= MAX_PORT):
            number = isinstance(item.value, int) and not isinstance(item.value, bool)
            hint = "Put it in quotes." if number else "It takes the pod's port as a number, in quotes."
            item.report(
                BAD_PORT, f"{item} is {describe(item.value)}, which is no port.", why="Istio refuses it.", hint=hint
            )
            return None
        if int(text):
            spans.extend(PortSet.point(Protocol.TCP, int(text)))
    return PortSet.of(spans)
