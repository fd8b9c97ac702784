"""Protocols and ports in Calico's rules.

Source: Calico reference, "Rule", "EntityRule" and "Ports": a number, a range ``lo:hi``, or the name of a port.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ringfence.dialects.calico.icmp import read_icmp
from ringfence.dialects.fields import Field, describe
from ringfence.model.codes import BAD_PORT
from ringfence.model.policy import Condition
from ringfence.model.ports import (
    MAX_PORT,
    MIN_PORT,
    AnyProtocol,
    Icmp,
    NamedPort,
    PortMatch,
    PortRange,
    PortSet,
    Protocol,
)

_NUMBERS: dict[int, AnyProtocol] = {
    1: Icmp.ICMP,
    6: Protocol.TCP,
    17: Protocol.UDP,
    58: Icmp.ICMPV6,
    132: Protocol.SCTP,
}
_NAMES: dict[str, AnyProtocol] = {each.name: each for each in _NUMBERS.values()}
_UNKNOWN = ("UDPLITE",)  # of the language, and of nothing that answers are about
_MAX_NUMBER = 255


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of a rule; ``None`` for every one of every protocol. ``conditions`` are what can't be judged."""

    ports: tuple[PortMatch, ...] | None = None
    conditions: tuple[Condition, ...] = ()

    def of_service(self, listed: tuple[PortMatch, ...]) -> tuple[PortMatch, ...]:
        """The ports of a Service that are of the rule's protocol, too."""
        if self.ports is None:
            return listed
        protocols = {port.protocol for port in self.ports}
        return tuple(port for port in listed if port.protocol in protocols)


def read_ports(rule: Field, destination: Field | None, source: Field | None) -> Ports | None:
    """The protocol and ports that a rule is for; None, with findings, where one is invalid."""
    lines = _read_protocols(rule)
    if lines is None:
        return None
    protocols = tuple(line for line in lines if isinstance(line, Protocol))
    if not _may_have_ports(rule, protocols) and any(
        end is not None and end.present((name,)) and end.at(name).value
        for end in (source, destination)
        for name in ("ports", "notPorts")
    ):
        rule.report(
            BAD_PORT,
            f"{rule} has ports and {'a protocol without any' if rule.present(('protocol',)) else 'no protocol'}.",
            why="Calico refuses the policy.",
            hint="Write protocol: TCP, UDP or SCTP.",
        )
        return None
    conditions: list[Condition] = []
    for name, word in (("ports", "is one of"), ("notPorts", "is none of")):
        listed = source.get(name) if source is not None else None
        if listed is not None and listed.value:
            if _read_list(listed, tuple(Protocol)) is None:
                return None
            conditions.append(Condition(f"the source port {word} {', '.join(map(str, listed.value))}"))
    chosen = destination.get("ports") if destination is not None else None
    excluded = destination.get("notPorts") if destination is not None else None
    if (chosen is None or not chosen.value) and (excluded is None or not excluded.value):
        messages = read_icmp(rule, [line for line in lines if isinstance(line, Icmp)])
        if messages is None:
            return None
        if rule.present(("icmp",)) or rule.present(("notICMP",)):
            return Ports(messages, tuple(conditions))
        whole = len(lines) == len(_NUMBERS)
        return Ports(None if whole else (*map(PortRange, protocols), *messages), tuple(conditions))
    ports = _read_list(chosen, protocols) if chosen is not None and chosen.value else tuple(map(PortRange, protocols))
    unwanted = _read_list(excluded, protocols) if excluded is not None and excluded.value else ()
    if ports is None or unwanted is None:
        return None
    names = [port.name for port in unwanted if isinstance(port, NamedPort)]
    conditions.extend(Condition(f"the port is not the one named {name}") for name in dict.fromkeys(names))
    return Ports(_without(ports, unwanted), tuple(conditions))


def _may_have_ports(rule: Field, protocols: tuple[Protocol, ...]) -> bool:
    return bool(rule.present(("protocol",))) and (bool(protocols) or bool(rule.present(("notProtocol",))))


def _without(ports: Iterable[PortMatch], unwanted: Iterable[PortMatch]) -> tuple[PortMatch, ...]:
    """Ports without those that are excluded by number; names can't be taken from names here, see the conditions."""
    hole = PortSet.of(
        span
        for port in unwanted
        if isinstance(port, PortRange)
        for span in PortSet.range(port.protocol, port.lo, port.hi)
    )
    found: list[PortMatch] = []
    for port in ports:
        if not isinstance(port, PortRange):
            found.append(port)
            continue
        rest = PortSet.range(port.protocol, port.lo, port.hi) - hole
        found.extend(PortRange(port.protocol, lo, hi, port.origin) for lo, hi in rest.of_protocol(port.protocol))
    return tuple(found)


def _read_protocols(rule: Field) -> tuple[AnyProtocol, ...] | None:
    """The protocols that a rule is for; an empty tuple where it is for none that answers are about."""
    chosen = _read_protocol(rule.get("protocol"))
    excluded = _read_protocol(rule.get("notProtocol"))
    if chosen is None or excluded is None:
        return None
    wanted = chosen if rule.present(("protocol",)) else tuple(_NUMBERS.values())
    return tuple(protocol for protocol in wanted if not (rule.present(("notProtocol",)) and protocol in excluded))


def _read_protocol(field: Field | None) -> tuple[AnyProtocol, ...] | None:
    if field is None:
        return ()
    value = field.value
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MAX_NUMBER:
        return (_NUMBERS[value],) if value in _NUMBERS else ()
    name = value.upper() if isinstance(value, str) else ""
    if name in _NAMES:
        return (_NAMES[name],)
    if name in _UNKNOWN:
        return ()
    known = "TCP, UDP, SCTP, ICMP, ICMPv6, UDPLite, or a number from 1 to 255"
    field.report(BAD_PORT, f"{field} is {describe(value)}, which is no protocol.", hint=f"Known: {known}.")
    return None


def _read_list(field: Field, protocols: tuple[Protocol, ...]) -> tuple[PortMatch, ...] | None:
    items = field.items()
    if items is None:
        return None
    found: list[PortMatch] = []
    for item in items:
        read = _read_port(item, protocols)
        if read is None:
            return None
        found.extend(read)
    return tuple(found)


def _read_port(item: Field, protocols: tuple[Protocol, ...]) -> tuple[PortMatch, ...] | None:
    text = (
        str(item.value)
        if isinstance(item.value, int) and not isinstance(item.value, bool)
        else item.text(code=BAD_PORT)
    )
    if text is None:
        return None
    first, colon, last = text.partition(":")
    if first.isdecimal() and (not colon or last.isdecimal()):
        lo, hi = int(first), int(last or first)
        # Port 0 is of the language and of no connection.
        if not lo <= hi <= MAX_PORT:
            item.report(BAD_PORT, f"{item} is {text}; ports are from {MIN_PORT} to {MAX_PORT}, the lower first.")
            return None
        return tuple(
            PortRange(protocol, max(lo, MIN_PORT), hi, item.origin) for protocol in protocols if hi >= MIN_PORT
        )
    if not text or not all(character.isalnum() or character in "-_." for character in text):
        item.report(BAD_PORT, f"{item} is {text!r}, which is neither a port, a range lo:hi, nor the name of a port.")
        return None
    return tuple(NamedPort(text, protocol, item.origin) for protocol in protocols)
