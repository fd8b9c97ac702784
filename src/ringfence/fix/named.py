"""A destination that was given as a DNS name: rules by the name where an API has them, else by its recorded addresses.

Source: Cilium documentation, "Layer 3 policies", DNS based; Calico Enterprise, "DNS policy" (``domains``, in rules that
allow); network-policy-api NPEP-133 (``domainNames``, in rules that accept).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.fix.shapes import Body, value_at
from ringfence.model.name_patterns import NameSyntax, name_matches
from ringfence.model.names import Names, seen
from ringfence.model.objects import RawObject
from ringfence.survey.dns import DnsServer

if TYPE_CHECKING:
    from ringfence.explain.endpoints import End, Endpoints
    from ringfence.fix.candidate import Case

_CILIUM = "cilium"
_SUFFIX = "cluster.local"
_ENTERPRISE = ("domains", "allowedEgressDomains")
_DEPTH = 12
"""How deep a policy is searched for a field; what people write is not deeper."""


@dataclass(frozen=True, slots=True)
class Named:
    """The name, who answers for it inside the cluster, and what is true of a rule that has its addresses instead."""

    name: str
    servers: tuple[DnsServer, ...]
    frozen: str

    def queries(self, namespace: str) -> list[Body]:
        """What pods of a namespace ask for: the name, and before that the name with each suffix of their search list.

        Source: "DNS for Services and Pods" in the Kubernetes documentation.
        """
        suffixes = ("", f".{namespace}.svc.{_SUFFIX}", f".svc.{_SUFFIX}", f".{_SUFFIX}")
        return [{"matchName": self.name + suffix} for suffix in suffixes]


def named_of(endpoints: Endpoints, destination: End) -> Named | None:
    """What is needed to write a destination by its name; ``None`` where it isn't one."""
    if not destination.dns:
        return None
    return Named(destination.dns, endpoints.dns, _frozen(destination.dns, endpoints.names))


def _frozen(name: str, names: Names) -> str:
    records = names.of(name)
    count = len({record.address for record in records})
    return (
        f"It has {count} recorded address{'es' if count != 1 else ''} of {name}, {seen(records, names.read)}: where "
        "DNS gives another one, the connection is denied again. This API has no names, or shows none in the input."
    )


def by_cilium(case: Case) -> bool:
    """True where the destination can be written by name since the cluster enforces Cilium's policies."""
    return case.named is not None and case.world.base.cni == _CILIUM


def by_domains(case: Case, action: str) -> Body | None:
    """The destination of a rule of Calico's by name; ``None`` where nothing shows that names are understood."""
    if case.named is None or action != "Allow" or not _is_enterprise(case):
        return None
    return {"domains": [case.named.name]}


def _is_enterprise(case: Case) -> bool:
    """True where a policy of the cluster has a field that Calico Enterprise and Cloud alone have."""
    return any(_has_domains(raw) for raw in case.world.base.snapshot.policies)


def _has_domains(raw: RawObject) -> bool:
    return "projectcalico.org/" in raw.ref.api_version and _has_field(raw.body.get("spec"), _DEPTH)


def _has_field(value: object, depth: int) -> bool:
    if isinstance(value, dict) and depth:
        return any(value.get(key) for key in _ENTERPRISE) or any(_has_field(part, depth - 1) for part in value.values())
    return isinstance(value, list) and bool(depth) and any(_has_field(part, depth - 1) for part in value)


def learns(case: Case) -> bool:
    """True where a rule for DNS already sends these pods' question for the name through Cilium's proxy."""
    name = case.named.name if case.named is not None else ""
    for stage in case.verdict.stages:
        for policy in stage.selecting:
            raw = case.world.raw(policy.ref)
            for entry in _dns_entries(raw) if raw is not None and raw.ref.api_version.startswith("cilium.io/") else ():
                pattern = entry.get("matchName") or entry.get("matchPattern") or "*"
                if isinstance(pattern, str) and (
                    pattern in ("*", name) or name_matches(NameSyntax.CILIUM, pattern, name)
                ):
                    return True
    return False


def _dns_entries(raw: RawObject) -> Iterator[Body]:
    specs = raw.body.get("specs")
    for spec in (raw.body.get("spec"), *(specs if isinstance(specs, list) else ())):
        rules = spec.get("egress") if isinstance(spec, dict) else None
        for rule in rules if isinstance(rules, list) else ():
            entries = rule.get("toPorts") if isinstance(rule, dict) else None
            for entry in entries if isinstance(entries, list) else ():
                listed = value_at(entry, ("rules", "dns")) if isinstance(entry, dict) else None
                yield from (one for one in (listed if isinstance(listed, list) else ()) if isinstance(one, dict))
