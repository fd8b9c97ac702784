"""Which policy an ACL of OVN-Kubernetes is from, by the ACL's name.

``GetACLName`` of https://github.com/ovn-kubernetes/ovn-kubernetes/blob/master/go-controller/pkg/libovsdb/util/acl.go
writes ``NP:<namespace>:<policy>:<direction>:<index>``, ``NP:<namespace>:<direction>`` for a namespace's default deny,
``ANP:`` and ``BANP:<policy>:<direction>:<index>``, ``EF:<namespace>:<index>``, and cuts all of it to 63 characters.
Releases before (OpenShift 4.9) joined namespace, policy and rule by ``_``.
"""

from __future__ import annotations

import re

from ringfence.model.flow import Direction, RecordedRule

_CUT = 63
_DIRECTIONS = {"Ingress": Direction.INGRESS, "Egress": Direction.EGRESS}
_CLUSTER = {"ANP": "AdminNetworkPolicy", "BANP": "BaselineAdminNetworkPolicy"}
_HASHED = re.compile(r"a\d{15,20}")  # older releases name the namespaces of default denies by their hash


def policy_of(name: str, verdict: str) -> tuple[RecordedRule | None, Direction | None]:
    """The policy that an ACL's name tells, and whose direction it is; None where the name tells none.

    ``verdict`` is OVN's word for what the ACL did.
    """
    if not name or name == "<unnamed>":
        return None, None
    cropped = len(name) >= _CUT
    kind, *parts = name.split(":")
    if kind == "NP" and parts:
        return _network_policy(parts, verdict, cropped=cropped)
    if kind in _CLUSTER and parts:
        direction = _DIRECTIONS.get(parts[1]) if len(parts) > 1 else None
        rule = ":".join(parts[2:])
        return RecordedRule(parts[0], "", _CLUSTER[kind], rule=rule, action=verdict, cropped=cropped), direction
    if kind == "EF" and parts:
        rule = ":".join(parts[1:])
        # A namespace has one egress firewall, and its name must be "default".
        found = RecordedRule("default", parts[0], "EgressFirewall", rule=rule, action=verdict, cropped=cropped)
        return found, Direction.EGRESS
    if not parts and "_" in kind:
        return _old(kind.split("_"), verdict, cropped=cropped)
    return RecordedRule(name, action=verdict, cropped=cropped), None


def _network_policy(parts: list[str], verdict: str, *, cropped: bool) -> tuple[RecordedRule, Direction | None]:
    namespace, *rest = parts
    # Policies have no capitals in their names, so what begins with one is a direction, though it may be cut.
    default = bool(rest) and rest[0][:1].isupper()
    policy = "" if default or not rest else rest[0]
    after = rest if default else rest[1:]
    direction = _DIRECTIONS.get(after[0]) if after else None
    rule = ":".join(after[1:])
    found = RecordedRule(policy, namespace, "NetworkPolicy", rule=rule, action=verdict, cropped=cropped)
    return found, direction


def _old(parts: list[str], verdict: str, *, cropped: bool) -> tuple[RecordedRule, Direction | None]:
    namespace = "" if _HASHED.fullmatch(parts[0]) else parts[0]
    default = "DefaultDeny" in parts[1]
    direction = None
    if default:
        direction = Direction.EGRESS if parts[1].startswith("egress") else Direction.INGRESS
    policy = "" if default else parts[1]
    rule = "_".join(parts[2:])
    found = RecordedRule(policy, namespace, "NetworkPolicy", rule=rule, action=verdict, cropped=cropped)
    return found, direction
