"""``allow-dns``: names may be asked for; with a resolver, of that resolver only."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ringfence.generate.default_deny import dns_policy
from ringfence.generate.dns import DnsAccess, dns_access, resolver_access
from ringfence.generate.manifest import Manifest
from ringfence.generate.only_resolver import only_resolver_calico, only_resolver_cilium, only_resolver_cluster
from ringfence.generate.request import Dialect, Draft, Given, Request, network_policy, one_namespace
from ringfence.generate.targets import RESOLVER_PORTS, ports_except, rule
from ringfence.model.addresses import format_address
from ringfence.model.policy import Direction

_CANNOT = (
    "What NetworkPolicy alone can't do here: log or count a violation; deny explicitly, so that a policy added later "
    "can't allow another resolver again; cover host-network pods, which pod policy never selects; stop DNS over HTTPS, "
    "which looks like HTTPS on port 443. --dialect clusternetworkpolicy denies explicitly, cilium and calico also log."
)

_Writer = Callable[[Given, str, DnsAccess, bool], tuple[Manifest, ...]]

_WRITERS: Mapping[Dialect, _Writer] = {
    Dialect.CLUSTER_NETWORK_POLICY: only_resolver_cluster,
    Dialect.CILIUM: only_resolver_cilium,
    Dialect.CALICO: only_resolver_calico,
}


def allow_dns(given: Given, request: Request) -> Draft:
    """DNS for one namespace, in the dialect asked for."""
    namespace = one_namespace(request, "allow-dns")
    access = dns_access(given) if request.resolver is None else resolver_access(given, request.resolver)
    only = request.resolver is not None
    writer = _WRITERS.get(request.dialect)
    if writer is not None:
        manifests = writer(given, namespace, access, only)
        return Draft(manifests, access.notes, resolvers=access.targets if only else ())
    if not only:
        return Draft((dns_policy(given, namespace, access),), (*access.notes, *_isolates(given, namespace)))
    return _only_by_network_policy(given, namespace, access, format_address(request.resolver or 0))


def _isolates(given: Given, namespace: str) -> tuple[str, ...]:
    """The warning that a NetworkPolicy can't allow without isolating."""
    free = {str(pod.workload) for pod in given.unisolated(namespace, Direction.EGRESS)}
    if not free:
        return ()
    return (
        (
            f"{len(free)} workloads of {namespace} are not isolated for egress: for them this policy is also a default "
            "deny of egress, DNS apart. A NetworkPolicy can't allow without isolating; the other dialects can."
        ),
    )


def _only_by_network_policy(given: Given, namespace: str, access: DnsAccess, resolver: str) -> Draft:
    """Only one resolver, by allow rules: everything else stays as it is where nothing isolated the pods before."""
    free = given.unisolated(namespace, Direction.EGRESS)
    guarded = given.isolated(namespace, Direction.EGRESS)
    rules = [rule(target) for target in access.targets]
    comments: dict[tuple[str | int, ...], str] = {
        ("spec", "egress", n): target.note for n, target in enumerate(access.targets) if target.note
    }
    head = [f"Pods of {namespace} ask {resolver} for names, and no other resolver (53 and 853, TCP and UDP).", _CANNOT]
    notes = list(access.notes)
    if not guarded:
        comments["spec", "egress", len(rules)] = "Every other port, to everyone: only DNS is cut, nothing else."
        own = [port for target in access.others for port in target.ports or ()]
        rules.append({"ports": ports_except({*RESOLVER_PORTS, *own})})
        if set(own) - set(RESOLVER_PORTS):
            comments["spec", "egress", len(rules) - 1] += (
                " The ports of the cluster's own DNS pods are left out as well."
            )
    elif free:
        notes.append(
            f"Some pods of {namespace} are isolated for egress, {len({p.workload for p in free})} workloads are not: "
            "one NetworkPolicy can't serve both. This one cuts all other egress of those that were not isolated; "
            "--dialect clusternetworkpolicy cuts DNS only."
        )
    body = network_policy(
        given.free_name("NetworkPolicy", "allow-dns", namespace),
        namespace,
        {"podSelector": {}, "policyTypes": ["Egress"], "egress": rules},
    )
    return Draft((Manifest(body, tuple(head), comments),), tuple(notes), resolvers=access.targets)
