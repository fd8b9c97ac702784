"""``toPorts``: ports of a transport protocol, each list with what layer 7 must be besides.

Source: Cilium documentation, "Layer 4 policies" and "Layer 7 policies"; PortRule in the API reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ringfence.dialects.cilium.layer7 import KNOWN_RULES, read_conditions
from ringfence.dialects.cilium.layer7_limits import is_taken
from ringfence.dialects.fields import Field, describe
from ringfence.model.codes import BAD_FIELD, BAD_PORT, TOO_MANY_RULES
from ringfence.model.policy import Condition, Direction
from ringfence.model.ports import MAX_PORT, NamedPort, PortMatch, PortRange, Protocol

MOST_PORTS = 40
_SERVICE_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
_MAX_NAME = 15
_FIELDS = ("ports", "rules", "serverNames", "listener", "originatingTLS", "terminatingTLS")
# Protocols of layer 4 that answers are not about. ICMP is matched by ``icmps`` alone ("Layer 4 policies": "Matching on
# ICMP is not supported"), and ``ANY`` doesn't mean it.
_WITHOUT_PORTS = ("ICMP", "ICMPV6", "VRRP", "IGMP", "GRE", "IPIP")


@dataclass(frozen=True, slots=True)
class PortList:
    """The ports of one entry of ``toPorts``; ``None`` for every one. All ``conditions`` must hold."""

    ports: tuple[PortMatch, ...] | None = None
    conditions: tuple[Condition, ...] = ()


def read_port_lists(rule: Field, direction: Direction, *, deny: bool) -> tuple[PortList, ...] | None:
    """The entries of ``toPorts``; None, with findings, where one is refused. Without the field: every port."""
    field = rule.get("toPorts")
    if field is None or field.value == []:
        return (PortList(),)
    items = field.items()
    if items is None:
        return None
    lists = [_read_list(item, direction, deny=deny) for item in items]
    return None if any(entry is None for entry in lists) else tuple(entry for entry in lists if entry is not None)


def _read_list(entry: Field, direction: Direction, *, deny: bool) -> PortList | None:
    if not entry.is_mapping(code=BAD_PORT):
        return None
    entry.report_unknown(("ports",) if deny else _FIELDS)
    field = entry.get("ports")
    items = field.items() if field is not None else ()
    if items is None:
        return None
    if len(items) > MOST_PORTS:
        entry.report(TOO_MANY_RULES, f"{field} has {len(items)} ports; the API allows {MOST_PORTS}.")
    if not items:
        what = f"{entry} has no ports: it matches no connection."
        entry.report(BAD_PORT, what, hint='Leave toPorts out for every port, or write port: "0".')
    read = [_read_port(item) for item in items]
    conditions = () if deny else _conditions(entry, direction)
    if any(part is None for part in read) or conditions is None:
        return None
    ports = tuple(port for part in read for port in part or ())
    return PortList(ports, conditions)


def _conditions(entry: Field, direction: Direction) -> tuple[Condition, ...] | None:
    conditions: list[Condition] = []
    names = entry.get("serverNames")
    if names is not None and names.items() is None:
        return None
    if names is not None and names.value:
        conditions.append(Condition(f"TLS server name {' or '.join(map(str, names.value))}"))
    listener = entry.get("listener")
    if listener is not None:
        if direction is Direction.INGRESS:
            listener.report(BAD_FIELD, f"{listener} is in an ingress rule.", why="Cilium takes it for egress only.")
            return None
        conditions.append(Condition("the Envoy listener lets it pass"))
    rules = entry.get("rules")
    if rules is None:
        return tuple(conditions)
    if not rules.is_mapping():
        return None
    rules.report_unknown(KNOWN_RULES)
    if not is_taken(entry, rules, direction):
        return None
    asked = read_conditions(rules)
    return None if asked is None else (*conditions, *asked)


def _read_port(item: Field) -> tuple[PortMatch, ...] | None:
    """One port of a list, for each of the protocols that it stands for."""
    if not item.is_mapping(code=BAD_PORT):
        return None
    item.report_unknown(("port", "endPort", "protocol"))
    protocols = _read_protocols(item.get("protocol"))
    port = item.get("port")
    if protocols is None:
        return None
    if not protocols:
        return ()
    if port is None:
        item.report(BAD_PORT, f"{item} has no port.", hint='For every port write port: "0".')
        return None
    # The API takes a string; a number reaches it only through clients that don't check.
    text = str(port.value) if isinstance(port.value, int) and not isinstance(port.value, bool) else port.text()
    if text is None:
        return None
    if not isinstance(port.value, str):
        port.report(BAD_PORT, f"{port} is the number {text}, and must be a string.", hint=f'Write port: "{text}".')
        return None
    if not text.isdecimal():
        return _named(port, text, protocols)
    return _numbered(item, port, int(text), protocols)


def _numbered(item: Field, port: Field, lo: int, protocols: tuple[Protocol, ...]) -> tuple[PortMatch, ...] | None:
    end = item.get("endPort")
    hi = lo if end is None else end.integer(code=BAD_PORT)
    if lo > MAX_PORT or hi is None:
        if lo > MAX_PORT:
            port.report(BAD_PORT, f"{port} is {lo}; a port is from 0 to {MAX_PORT}.")
        return None
    if lo == 0:
        return tuple(PortRange(protocol, origin=item.origin) for protocol in protocols)
    if end is not None and hi != 0 and not lo <= hi <= MAX_PORT:
        end.report(BAD_PORT, f"{end} is {hi}; a range from {lo} ends at {lo} to {MAX_PORT}.")
        return None
    return tuple(PortRange(protocol, lo, hi or lo, item.origin) for protocol in protocols)


def _named(port: Field, text: str, protocols: tuple[Protocol, ...]) -> tuple[PortMatch, ...] | None:
    if len(text) > _MAX_NAME or not _SERVICE_NAME.fullmatch(text):
        port.report(BAD_PORT, f"{port} is {text!r}, which is neither a port nor the name of one.")
        return None
    name = text.lower()
    if len(protocols) == len(Protocol):
        return (NamedPort(name, None, port.origin),)
    return tuple(NamedPort(name, protocol, port.origin) for protocol in protocols)


def _read_protocols(field: Field | None) -> tuple[Protocol, ...] | None:
    """The protocols that an entry stands for: every one where it names none, or ``ANY``."""
    if field is None or field.value == "":
        return tuple(Protocol)
    name = field.value.upper() if isinstance(field.value, str) else ""
    if name == "ANY":
        return tuple(Protocol)
    if name in Protocol.__members__:
        return (Protocol[name],)
    if name in _WITHOUT_PORTS:
        return ()
    known = ", ".join((*Protocol.__members__, "ANY"))
    field.report(BAD_PORT, f"{field} is {describe(field.value)}, which is no protocol.", hint=f"Known: {known}.")
    return None
