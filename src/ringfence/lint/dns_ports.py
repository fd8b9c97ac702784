"""Corrections of the ports of a rule for DNS, in each API that is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ringfence.lint.blame import Blame
from ringfence.lint.context import LintContext
from ringfence.lint.proposals import edited, path_of, port_path, value_at
from ringfence.lint.resolving import DNS
from ringfence.model.patch import Edit, EditOp, Patch, Path
from ringfence.model.ports import PortSet, Protocol

_LISTS = ("ports", "protocols")


def by_tcp(context: LintContext, cause: Blame) -> Iterator[Patch]:
    """The rule with each of its UDP ports that is one of DNS for TCP as well."""
    ports = {port for server in context.survey.dns for port, _ in server.ports.of_protocol(Protocol.UDP)} | {DNS}
    for body, path in _entries(context, cause):
        entries = value_at(body, path)
        missing = [
            twin
            for index, entry in enumerate(entries)
            if any(port_path(body, (*path, index), port) for port in ports)
            if (twin := _for_tcp(entry)) is not None and twin not in entries
        ]
        edits = [Edit(EditOp.ADD, (*path, len(entries) + number), twin) for number, twin in enumerate(missing)]
        if edits:
            yield edited("Add the port for TCP", cause.ref, cause.origin, *edits)


def on_ports(context: LintContext, cause: Blame, ports: PortSet) -> Iterator[Patch]:
    """The rule with the ports of the DNS pods where it says 53."""
    for body, path in _entries(context, cause):
        edits = []
        for index, entry in enumerate(value_at(body, path)):
            found = port_path(body, (*path, index), DNS)
            own = {lo for lo, _ in ports.of_protocol(_protocol(entry))}
            if found is not None and len(own) == 1:
                edits.append(Edit(EditOp.REPLACE, found, own.pop()))
        if edits:
            yield edited(f"Write the port of the DNS pods for {DNS}", cause.ref, cause.origin, *edits)


def _entries(context: LintContext, cause: Blame) -> Iterator[tuple[Mapping[str, Any], Path]]:
    """The path to the ports of the rule that is to blame; nothing where no rule is."""
    raw, path = context.raw(cause.ref), path_of(cause.origin.path)
    if raw is None or cause.rule is None:
        return
    for name in _LISTS:
        if isinstance(value_at(raw.body, (*path, name)), list):
            yield raw.body, (*path, name)


def _protocol(entry: Mapping[str, Any]) -> Protocol:
    """The protocol of an entry: a field of NetworkPolicy and AdminNetworkPolicy, the key of ClusterNetworkPolicy."""
    for key, value in entry.items():
        if key.upper() in Protocol.__members__:
            return Protocol[key.upper()]
        inner = value.get("protocol") if isinstance(value, dict) else value if key == "protocol" else None
        if isinstance(inner, str) and inner in Protocol.__members__:
            return Protocol[inner]
    return Protocol.TCP


def _for_tcp(entry: Any) -> dict[str, Any] | None:
    """The entry for TCP; ``None`` where it isn't one for UDP."""
    if not isinstance(entry, dict) or _protocol(entry) is not Protocol.UDP:
        return None
    twin: dict[str, Any] = {}
    for key, value in entry.items():
        if key == "udp":
            twin["tcp"] = value
        elif key == "protocol":
            twin[key] = "TCP"
        else:
            twin[key] = {**value, "protocol": "TCP"} if isinstance(value, dict) else value
    return twin
