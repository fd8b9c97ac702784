"""Which rules of layer 7 the agent refuses beside which ports.

Source: the checks of PortRule and L7Rules in ``pkg/policy/api/rule_validation.go`` of Cilium; "Layer 7 policies".
"""

from __future__ import annotations

from ringfence.dialects.fields import Field
from ringfence.model.codes import BAD_FIELD, BAD_PORT
from ringfence.model.policy import Direction

_KINDS = ("http", "kafka", "dns", "l7proto")


def is_taken(entry: Field, rules: Field, direction: Direction) -> bool:
    """True where the agent takes the rules of an entry of ``toPorts``; else a finding says why it doesn't."""
    kinds = rules.present(_KINDS)
    if len(kinds) > 1:
        what = f"{rules} has both {kinds[0]} and {kinds[1]}; one entry of toPorts has rules of one protocol."
        rules.report(BAD_FIELD, what, why="Cilium refuses the policy.")
        return False
    if rules.present(("l7",)) and not rules.value.get("l7proto"):
        rules.report(BAD_FIELD, f"{rules} has l7 and no l7proto.", why="Cilium refuses the policy.")
        return False
    if not any(rules.value.get(kind) for kind in kinds):
        return True
    if kinds == ["dns"] and direction is Direction.INGRESS:
        rules.report(BAD_FIELD, f"{rules} has dns in an ingress rule.", why="Cilium takes DNS rules for egress only.")
        return False
    if entry.present(("listener",)):
        rules.report(BAD_FIELD, f"{entry} has both a listener and rules.", why="Cilium refuses the policy.")
        return False
    if entry.value.get("serverNames") and not entry.present(("terminatingTLS",)):
        what = f"{entry} has both serverNames and rules, and no terminatingTLS."
        rules.report(BAD_FIELD, what, why="Cilium refuses the policy: it can't look into what it doesn't decrypt.")
        return False
    return _ports_fit(entry, kinds[0])


def _ports_fit(entry: Field, kind: str) -> bool:
    ports = entry.get("ports")
    items = (ports.items() if ports is not None else ()) or ()
    if kind == "dns" and not items:
        entry.report(BAD_PORT, f"{entry} has DNS rules and no port.", hint='Write port: "53".')
        return False
    fits = [_port_fits(item, kind) for item in items if isinstance(item.value, dict)]
    return all(fits)


def _port_fits(item: Field, kind: str) -> bool:
    """Both faults of a port are told at once, so that its author mends them at once."""
    fits = True
    protocol = item.value.get("protocol")
    if kind != "dns" and (not isinstance(protocol, str) or protocol.upper() != "TCP"):
        said = "no protocol" if protocol in (None, "") else f"the protocol {protocol}"
        why = "Cilium refuses the policy: rules of layer 7, other than DNS, are for TCP."
        item.report(BAD_PORT, f"{item} has {said} beside {kind} rules.", why=why, hint="Write protocol: TCP.")
        fits = False
    if item.value.get("port") == "0":
        item.report(BAD_PORT, f"{item} is every port beside {kind} rules.", why="Cilium refuses the policy.")
        fits = False
    if kind == "dns" and item.value.get("endPort"):
        item.report(BAD_PORT, f"{item} is a range of ports beside DNS rules.", why="Cilium refuses the policy.")
        fits = False
    return fits
