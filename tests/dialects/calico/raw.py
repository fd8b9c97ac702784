"""Calico's policies judged as its reference words it, straight from their bodies: slow, and sharing no code.

Source: Calico reference, "Tier" (how policy is evaluated), "NetworkPolicy", "Rule", "EntityRule". Selectors come as
pairs of their text and their meaning, so that nothing here reads the selector language.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True)
class Thing:
    """What a selector can match: a pod, or a network set. ``space`` is empty for a set of the cluster."""

    labels: dict[str, str]
    space: str
    space_labels: dict[str, str]
    account: str = ""
    account_labels: dict[str, str] = field(default_factory=dict)
    address: str = ""
    nets: tuple[str, ...] = ()

    def holds(self, address: str) -> bool:
        """True for a set's addresses and a pod's own."""
        if self.address:
            return self.address == address
        return any(ipaddress.ip_address(address) in ipaddress.ip_network(net) for net in self.nets)


Meaning = Callable[[Thing], bool]


@dataclass(frozen=True)
class World:
    """Everything that rules speak of; ``meanings`` are those of the selectors' texts, by field."""

    things: tuple[Thing, ...]
    meanings: dict[str, dict[str, Meaning]]
    tiers: dict[str, Body]
    policies: tuple[Body, ...]

    def allowed(self, source: str, destination: str, protocol: str, port: int) -> bool:
        """May the first address connect to a port of the second?"""
        if source == destination:
            return True
        call = source, destination, protocol, port
        return self._side("egress", source, call) and self._side("ingress", destination, call)

    def _side(self, direction: str, subject: str, call: tuple[str, str, str, int]) -> bool:
        pod = next((thing for thing in self.things if thing.address == subject), None)
        if pod is None:
            return True
        for name in sorted(self.tiers, key=lambda name: (_order(self.tiers[name]), name)):
            applying = [each for each in self.policies if self.applies(each, name, direction, pod)]
            action = self._tier(applying, direction, call)
            if action is None and applying:
                action = self.tiers[name].get("defaultAction", "Deny")
            if action in ("Allow", "Deny"):
                return action == "Allow"
        return True  # the profile of a pod's namespace allows everything

    def _tier(self, policies: list[Body], direction: str, call: tuple[str, str, str, int]) -> str | None:
        for policy in sorted(policies, key=lambda each: (_order(each["spec"]), each["metadata"]["name"])):
            action = self.decides(policy, direction, call)
            if action is not None:
                return action
        return None

    def decides(self, policy: Body, direction: str, call: tuple[str, str, str, int]) -> str | None:
        """The action of the first rule of a policy that matches, Log aside."""
        for rule in policy["spec"].get(direction, ()):
            if rule["action"] != "Log" and self._matches(rule, policy, call):
                return str(rule["action"])
        return None

    def applies(self, policy: Body, tier: str, direction: str, pod: Thing) -> bool:
        """True where a policy of this tier is for a pod."""
        spec, namespace = policy["spec"], policy["metadata"].get("namespace", "")
        written = [name for name in ("ingress", "egress") if spec.get(name)] or ["ingress"]
        types = [each.lower() for each in spec.get("types", ())] or written
        return (
            spec.get("tier", "default") == tier
            and direction in types
            and namespace in ("", pod.space)
            and self._means("selector", spec.get("selector"), pod)
            and self._means("namespaceSelector", spec.get("namespaceSelector"), pod)
            and self._means("account", spec.get("serviceAccountSelector"), pod)
        )

    def _means(self, of: str, text: str | None, thing: Thing) -> bool:
        return not text or self.meanings[of][text](thing)

    def _matches(self, rule: Body, policy: Body, call: tuple[str, str, str, int]) -> bool:
        source, destination, protocol, port = call
        names = {"ICMP": ("ICMP", 1), "ICMPv6": ("ICMPv6", 58)}.get(protocol, (protocol,))
        if rule.get("protocol", protocol) not in names or rule.get("notProtocol") in names:
            return False
        # "Match on a specific ICMP type ... code": what isn't given matches any, and notICMP is the opposite.
        if "icmp" in rule and not _icmp(rule["icmp"], port):
            return False
        if "notICMP" in rule and _icmp(rule["notICMP"], port):
            return False
        namespace = policy["metadata"].get("namespace", "")
        end: Body = rule.get("destination", {})
        if end.get("ports") and not any(lo <= port <= hi for lo, hi in _spans(end["ports"])):
            return False
        if any(lo <= port <= hi for lo, hi in _spans(end.get("notPorts", ()))):
            return False
        return self._end(rule.get("source", {}), namespace, source) and self._end(end, namespace, destination)

    def _end(self, entity: Body, namespace: str, address: str) -> bool:
        point = ipaddress.ip_address(address)
        if entity.get("nets") and not any(point in ipaddress.ip_network(net) for net in entity["nets"]):
            return False
        if any(point in ipaddress.ip_network(net) for net in entity.get("notNets", ())):
            return False
        there = [thing for thing in self.things if thing.holds(address)]
        excluded = entity.get("notSelector")
        if excluded and any(self._means("selector", excluded, thing) for thing in there):
            return False
        accounts: Body = entity.get("serviceAccounts", {})
        positive = entity.get("selector") or entity.get("namespaceSelector") or accounts
        if not positive and not (excluded and namespace):
            return True
        return any(
            self._means("selector", entity.get("selector"), thing)
            and self._in_scope(entity.get("namespaceSelector"), namespace, thing)
            and (not accounts.get("names") or thing.account in accounts["names"])
            and self._means("account", accounts.get("selector"), thing)
            for thing in there
        )

    def _in_scope(self, selector: str | None, namespace: str, thing: Thing) -> bool:
        if selector:
            return self._means("namespaceSelector", selector, thing)
        return not namespace or thing.space == namespace


def _order(spec: Body) -> float:
    return float(spec.get("order", "inf"))


def _icmp(fields: Body, message: int) -> bool:
    kind, code = divmod(message, 256)
    return bool(fields.get("type", kind) == kind and fields.get("code", code) == code)


def _spans(ports: Any) -> Iterator[tuple[int, int]]:
    for each in ports:
        first, _, last = str(each).partition(":")
        yield int(first), int(last or first)
