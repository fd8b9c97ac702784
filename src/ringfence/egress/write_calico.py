"""A request as Calico NetworkPolicies: what is needed, and a policy at the tier's end that logs the rest.

Open-source Calico knows no names and takes recorded addresses; Enterprise and Cloud have ``domains``.

Source: Calico reference, "NetworkPolicy" (rules, Log) and "Tier" (what happens at its end); Calico Enterprise, "DNS
policy".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ringfence.egress.choices import recorded
from ringfence.egress.metadata import latest, metadata
from ringfence.egress.names import spelt
from ringfence.egress.plan import Grant, Plan
from ringfence.egress.write_network_policy import ranges_of
from ringfence.generate.manifest import Manifest
from ringfence.generate.request import Given
from ringfence.generate.targets import Target, cidr
from ringfence.model.name_patterns import NameSyntax
from ringfence.model.ports import PortRange, Protocol

Json = dict[str, Any]

_FIRST, _LAST = 500, 100_000
"""NetworkPolicies stand at 1000 in tier default, so the log comes after all of them."""


def write_calico(given: Given, plan: Plan) -> tuple[Manifest, ...]:
    """Policies for open-source Calico."""
    recorded(plan, "calico")
    return _write(given, plan, enterprise=False)


def write_calico_enterprise(given: Given, plan: Plan) -> tuple[Manifest, ...]:
    """Policies for Calico Enterprise and Calico Cloud."""
    return _write(given, plan, enterprise=True)


def _write(given: Given, plan: Plan, *, enterprise: bool) -> tuple[Manifest, ...]:
    rules: list[Json] = []
    notes: dict[tuple[str | int, ...], str] = {}
    if plan.named or any(grant.service for grant in plan.grants):
        for target in plan.dns.targets:
            notes["spec", "egress", len(rules)] = target.note or "DNS: whoever calls by name has to ask for it first."
            rules.extend(
                _allow(_target(target), tuple(PortRange(kind, port, port) for kind, port in target.ports or ()))
            )
    for grant in plan.grants:
        note = grant.text + (f": {grant.entry.reason}" if grant.entry.reason else "")
        if grant.name is not None and not enterprise:
            note += f". Addresses as recorded until {latest(grant):%Y-%m-%d}."
        notes["spec", "egress", len(rules)] = note
        rules.extend(rule for end in _ends(grant, enterprise=enterprise) for rule in _allow(end, grant.ports))
    head = () if not enterprise else ("Calico Enterprise and Calico Cloud only: open source has no domains in rules.",)
    if not enterprise and plan.named:
        head = (
            (
                "Names stand here as recorded addresses: open-source Calico has no names in rules. Compare them with "
                "newer records: ringfence generate egress --refresh FILE --resolve names.jsonl."
            ),
        )
    allows = _policy(given, plan, f"egress-{plan.request.name}", _FIRST, rules, frozen=not enterprise)
    log = _policy(given, plan, f"egress-{plan.request.name}-log", _LAST, [{"action": "Log"}])
    log_head = (
        (
            "Logs what no other policy of the tier allowed: lines with the prefix calico-packet in the kernel log of "
            "the node. The end of the tier denies it, unless the tier's defaultAction is Pass."
        ),
    )
    return (Manifest(allows, head, notes), Manifest(log, log_head))


def _policy(given: Given, plan: Plan, name: str, order: int, rules: list[Json], *, frozen: bool = False) -> Json:
    return {
        "apiVersion": "projectcalico.org/v3",
        "kind": "NetworkPolicy",
        "metadata": metadata(given, plan, "NetworkPolicy", f"default.{name}", frozen=frozen),
        "spec": {
            "tier": "default",
            "order": order,
            "selector": selector_of(plan.labels.items()),
            "types": ["Egress"],
            "egress": rules,
        },
    }


def selector_of(labels: Iterable[tuple[str, str]]) -> str:
    """The selector of pods with all of these labels."""
    return " && ".join(f"{key} == '{value}'" for key, value in labels) or "all()"


def _target(target: Target) -> Json:
    if target.addresses:
        return {"nets": [cidr(address) for address in target.addresses]}
    return {
        "namespaceSelector": f"projectcalico.org/name == '{target.namespace}'",
        "selector": selector_of((target.labels or {}).items()),
    }


def _ends(grant: Grant, *, enterprise: bool) -> Iterator[Json]:
    """Destinations of rules; IPv4 and IPv6 nets can't stand in one rule."""
    if grant.pods is not None:
        yield _target(grant.pods)
    elif grant.name is not None and enterprise:
        yield {"domains": [spelt(grant.name, NameSyntax.CALICO)]}
    else:
        texts = ranges_of(grant)
        for family in ([text for text in texts if ":" not in text], [text for text in texts if ":" in text]):
            if family:
                yield {"nets": family}


def _allow(end: Json, ports: tuple[PortRange, ...]) -> Iterator[Json]:
    for protocol in Protocol:
        own: list[int | str] = [
            each.lo if each.lo == each.hi else f"{each.lo}:{each.hi}" for each in ports if each.protocol is protocol
        ]
        if own:
            yield {"action": "Allow", "protocol": str(protocol), "destination": {**end, "ports": own}}
