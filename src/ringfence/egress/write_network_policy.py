"""A request as a NetworkPolicy: names stand in it as the addresses that were on record on a date."""

from __future__ import annotations

from typing import Any

from ringfence.dialects.writing.blocks import cidrs
from ringfence.egress.choices import recorded
from ringfence.egress.metadata import addresses_of, latest, metadata
from ringfence.egress.plan import Grant, Plan
from ringfence.generate.manifest import Manifest
from ringfence.generate.request import Given
from ringfence.generate.targets import cidr, namespace_selector, pod_selector, rule
from ringfence.model.addresses import parse_address
from ringfence.model.ports import PortRange

Json = dict[str, Any]


def write_network_policy(given: Given, plan: Plan) -> tuple[Manifest, ...]:
    """One NetworkPolicy with DNS, the ranges, the Services and the recorded addresses of the names."""
    recorded(plan, "networkpolicy")
    return (policy(given, plan, plan.grants, frozen=True),)


def policy(
    given: Given, plan: Plan, grants: tuple[Grant, ...], *, frozen: bool = False, extra: tuple[Json, ...] = ()
) -> Manifest:
    """The NetworkPolicy for DNS and some of the grants; ``extra`` are further egress rules."""
    rules: list[Json] = []
    notes: dict[tuple[str | int, ...], str] = {}
    if plan.named or any(grant.service for grant in grants):
        for target in plan.dns.targets:
            notes["spec", "egress", len(rules)] = target.note or "DNS: whoever calls by name has to ask for it first."
            rules.append(rule(target))
    for grant in grants:
        note = grant.text + (f": {grant.entry.reason}" if grant.entry.reason else "")
        if grant.name is not None and grant.records:
            note += f". Addresses as recorded until {latest(grant):%Y-%m-%d}."
        notes["spec", "egress", len(rules)] = note
        rules.append(_rule(grant))
    rules.extend(extra)
    body = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(given, plan, "NetworkPolicy", f"egress-{plan.request.name}", frozen=frozen),
        "spec": {"podSelector": pod_selector(plan.labels), "policyTypes": ["Egress"], "egress": rules},
    }
    return Manifest(body, _head(plan, frozen=frozen), notes)


def _head(plan: Plan, *, frozen: bool) -> tuple[str, ...]:
    if not (frozen and plan.named):
        return ()
    return (
        (
            "Names stand here as recorded addresses, which don't follow DNS. Compare them with newer records: "
            "ringfence generate egress --refresh FILE --resolve names.jsonl."
        ),
    )


def _rule(grant: Grant) -> Json:
    if grant.pods is not None:
        peer: Json = {"namespaceSelector": namespace_selector(grant.pods.namespace)}
        if grant.pods.labels:
            peer["podSelector"] = pod_selector(grant.pods.labels)
        return {"to": [peer], "ports": port_entries(grant.ports)}
    return {"to": [{"ipBlock": {"cidr": text}} for text in ranges_of(grant)], "ports": port_entries(grant.ports)}


def ranges_of(grant: Grant) -> list[str]:
    """The ranges that a grant means: its own, or the recorded addresses of its name."""
    if grant.ranges is not None:
        return cidrs(grant.ranges)
    return [cidr(parse_address(text)) for text in addresses_of(grant)]


def port_entries(ports: tuple[PortRange, ...]) -> list[Json]:
    """``ports`` of a NetworkPolicy's rule."""
    return [
        {"protocol": str(each.protocol), "port": each.lo, **({"endPort": each.hi} if each.hi > each.lo else {})}
        for each in ports
    ]
