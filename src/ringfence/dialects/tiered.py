"""What ClusterNetworkPolicy and (Baseline)AdminNetworkPolicy share: subjects, peers, and rules that fail closed.

Source: network-policy-api, apis/v1alpha1 and v1alpha2. A consumer that finds no known field in a peer fails closed:
an Accept rule then matches no traffic, a Deny or Pass rule is treated as "deny all". Ringfence reads every other part
of a rule that the API server would refuse (a bad selector, port or range, no peers) by the same rule, and an unknown
action as Deny.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ringfence.dialects.fields import Field, describe
from ringfence.dialects.tiered_peers import PEER_LISTS, read_peers, read_pods
from ringfence.model.codes import BAD_FIELD, BAD_PORT, RULE_FAILS_CLOSED, TOO_MANY_RULES
from ringfence.model.policy import Action, AddressPeer, Direction, NamePeer, NodePeer, Peer, PodPeer, Rule
from ringfence.model.ports import NamedPort, PortMatch

PRIORITY_MIN, PRIORITY_MAX = 0, 1000
UNKNOWN_PRIORITY = float(PRIORITY_MAX + 1)
"""For a policy whose priority is missing: after all others of its tier."""

_WITHOUT_NAMED_PORTS = (AddressPeer, NodePeer, NamePeer)


@dataclass(frozen=True, slots=True)
class Shape:
    """How one API spells its rules.

    ``port_list`` names the field with the port entries, and ``read_port`` reads one; ``most`` is the greatest number
    of rules, and of peers or ports in a rule.
    """

    actions: Mapping[str, Action]
    port_list: str
    read_port: Callable[[Field], PortMatch | None]
    most: int


def read_priority(spec: Field) -> float:
    """The priority; one out of bounds is reported and kept, a missing one comes last."""
    field = spec.get("priority")
    if field is None:
        spec.report(BAD_FIELD, f"{spec} has no priority, so the policy is judged last in its tier.")
        return UNKNOWN_PRIORITY
    priority = field.integer()
    if priority is None:
        return UNKNOWN_PRIORITY
    if not PRIORITY_MIN <= priority <= PRIORITY_MAX:
        field.report(BAD_FIELD, f"{field} is {priority}; a priority is from {PRIORITY_MIN} to {PRIORITY_MAX}.")
    return float(priority)


def read_subject(spec: Field) -> PodPeer | None:
    """The subject; None, and a finding, where it does not say clearly which pods are meant."""
    subject = spec.get("subject")
    if subject is None:
        spec.report(BAD_FIELD, f"{spec} has no subject, so no pod is selected.")
        return None
    if not subject.is_mapping():
        return None
    known = ("namespaces", "pods")
    subject.report_unknown(known)
    if len(subject.present(known)) != 1:
        count = "both namespaces and pods" if subject.present(known) else "neither namespaces nor pods"
        subject.report(BAD_FIELD, f"{subject} has {count}; exactly one must be set.")
        return None
    return read_pods(subject)


def read_rules(spec: Field, direction: Direction, shape: Shape) -> tuple[Rule, ...]:
    """The rules of one direction in the order written."""
    field = spec.get(direction.value)
    items = (field.items() if field is not None else None) or ()
    if field is not None and len(items) > shape.most:
        field.report(TOO_MANY_RULES, f"{field} has {len(items)} rules; the API allows {shape.most}.")
    return tuple(_read_rule(item, direction, shape) for item in items)


def _read_rule(rule: Field, direction: Direction, shape: Shape) -> Rule:
    if not rule.is_mapping():
        return _fail_closed(Action.DENY, "", rule)
    rule.report_unknown(("name", "action", PEER_LISTS[direction], shape.port_list))
    title = rule.get("name")
    name = (title.text() or "") if title is not None else ""
    action = _read_action(rule, shape)
    peers = read_peers(rule, direction, action, shape.most)
    understood, ports = _read_ports(rule, shape)
    if peers is None or not understood:
        return _fail_closed(action, name, rule)
    if ports is not None:
        _check_named_ports(rule, peers, ports)
    return Rule(action, peers, ports, name=name, origin=rule.origin)


def _fail_closed(action: Action, name: str, rule: Field) -> Rule:
    """The reading of a rule with a part that is not understood; see the module's text."""
    effect = "matches nothing" if action is Action.ALLOW else "denies everything"
    rule.report(RULE_FAILS_CLOSED, f"{rule} has a part that is not understood, so it fails closed: it {effect}.")
    if action is Action.ALLOW:
        return Rule(Action.ALLOW, peers=(), name=name, origin=rule.origin)
    return Rule(Action.DENY, peers=None, name=name, origin=rule.origin)


def _read_action(rule: Field, shape: Shape) -> Action:
    field = rule.get("action")
    known = ", ".join(shape.actions)
    if field is None:
        rule.report(BAD_FIELD, f"{rule} has no action, and is read as Deny.", hint=f"Known: {known}.")
        return Action.DENY
    action = shape.actions.get(field.value) if isinstance(field.value, str) else None
    if action is None:
        what = f"{field} is {describe(field.value)}, which is no action here, and is read as Deny."
        field.report(BAD_FIELD, what, hint=f"Known: {known}.")
        return Action.DENY
    return action


def _read_ports(rule: Field, shape: Shape) -> tuple[bool, tuple[PortMatch, ...] | None]:
    """Whether every port entry is understood, and the entries; None for every port."""
    field = rule.get(shape.port_list)
    if field is None:
        return True, None
    items = field.items()
    if items is None:
        return False, None
    if len(items) > shape.most:
        field.report(TOO_MANY_RULES, f"{field} has {len(items)} entries; the API allows {shape.most}.")
    entries = tuple(port for item in items if (port := shape.read_port(item)) is not None)
    return len(entries) == len(items), entries or None


def _check_named_ports(rule: Field, peers: tuple[Peer, ...], ports: tuple[PortMatch, ...]) -> None:
    named = any(isinstance(port, NamedPort) for port in ports)
    if named and any(isinstance(peer, _WITHOUT_NAMED_PORTS) for peer in peers):
        rule.report(
            BAD_PORT,
            f"{rule} has a named port beside nodes, networks or domainNames.",
            why="Only pods have named ports, so the name matches nothing there; the API server refuses it.",
        )
