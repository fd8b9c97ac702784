"""A request as a CiliumNetworkPolicy: names by ``toFQDNs``, which Cilium learns from the DNS answers that pass it.

Source: Cilium documentation, "Layer 3 policies" (DNS based) and "Layer 7 policies" (DNS policy and IP discovery).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ringfence.egress.metadata import metadata
from ringfence.egress.names import spelt
from ringfence.egress.plan import Grant, Plan
from ringfence.egress.request import NameTarget, Wild
from ringfence.egress.write_network_policy import ranges_of
from ringfence.generate.manifest import Manifest
from ringfence.generate.request import Given
from ringfence.generate.targets import PortNumber, Target, cidr
from ringfence.model.name_patterns import NameSyntax
from ringfence.model.ports import PortRange

Json = dict[str, Any]

_NAMESPACE = "k8s:io.kubernetes.pod.namespace"
_DOMAIN = "cluster.local"


def write_cilium(given: Given, plan: Plan) -> tuple[Manifest, ...]:
    """One CiliumNetworkPolicy."""
    rules: list[Json] = []
    notes: dict[tuple[str | int, ...], str] = {}
    asked = list(_queries(plan))
    if asked:
        for target in plan.dns.targets:
            notes["spec", "egress", len(rules)] = target.note or (
                "DNS, of these names only. Cilium learns the addresses of names from the answers that pass here. Those "
                "with the cluster's suffixes are what the search list of a pod asks for first."
            )
            rules.append(_dns(target, asked))
    for grant in plan.grants:
        notes["spec", "egress", len(rules)] = grant.text + (f": {grant.entry.reason}" if grant.entry.reason else "")
        rules.append(_rule(grant))
    body = {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": metadata(given, plan, "CiliumNetworkPolicy", f"egress-{plan.request.name}"),
        "spec": {"endpointSelector": {"matchLabels": dict(plan.labels)}, "egress": rules},
    }
    head = (
        (
            "What is dropped is seen with: hubble observe --namespace "
            f"{plan.request.namespace} --verdict DROPPED, and counted as cilium_drop_count_total, reason Policy denied."
        ),
    )
    return (Manifest(body, head, notes),)


def _queries(plan: Plan) -> Iterable[Json]:
    """The names that pods ask for: as written, and with each suffix of their search list, which is tried first."""
    own = f"{plan.request.namespace}.svc.{_DOMAIN}"
    suffixes = ("", f".{own}", f".svc.{_DOMAIN}", f".{_DOMAIN}")
    seen: dict[str, None] = {}
    for grant in plan.grants:
        if grant.name is not None:
            wild = grant.name.wild
            names = [spelt(NameTarget(grant.name.base + suffix, wild), NameSyntax.CILIUM) for suffix in suffixes]
        elif grant.service is not None:
            short = f"{grant.service.name}.{grant.service.namespace}"
            names = [f"{short}.svc.{_DOMAIN}{suffix}" for suffix in suffixes] + [f"{short}.{own}"]
        else:
            continue
        seen.update(dict.fromkeys(names))
    return [{"matchPattern" if "*" in name else "matchName": name} for name in seen]


def _dns(target: Target, asked: list[Json]) -> Json:
    return {**_peer(target), "toPorts": [{"ports": _numbers(target.ports or ()), "rules": {"dns": list(asked)}}]}


def _peer(target: Target) -> Json:
    if target.addresses:
        return {"toCIDR": [cidr(address) for address in target.addresses]}
    labels: Mapping[str, str] = {
        _NAMESPACE: target.namespace,
        **{f"k8s:{key}": value for key, value in (target.labels or {}).items()},
    }
    return {"toEndpoints": [{"matchLabels": dict(labels)}]}


def _numbers(ports: Iterable[PortNumber]) -> list[Json]:
    return [{"port": str(port), "protocol": str(protocol)} for protocol, port in ports]


def _rule(grant: Grant) -> Json:
    if grant.name is not None:
        kind = "matchName" if grant.name.wild is Wild.NONE else "matchPattern"
        peer: Json = {"toFQDNs": [{kind: spelt(grant.name, NameSyntax.CILIUM)}]}
    elif grant.pods is not None:
        peer = _peer(grant.pods)
    else:
        peer = {"toCIDR": ranges_of(grant)}
    return {**peer, "toPorts": [{"ports": [_port(each) for each in grant.ports]}]}


def _port(port: PortRange) -> Json:
    written: Json = {"port": str(port.lo)}
    if port.hi > port.lo:
        written["endPort"] = port.hi
    written["protocol"] = str(port.protocol)
    return written
