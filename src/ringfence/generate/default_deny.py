"""``default-deny``: a namespace in which nothing is allowed but names, so that the deny by itself cuts no DNS."""

from __future__ import annotations

from ringfence.generate.dns import DnsAccess, dns_access, serving_dns
from ringfence.generate.manifest import Manifest
from ringfence.generate.request import Draft, Given, Request, network_policy, one_namespace
from ringfence.generate.targets import rule


def default_deny(given: Given, request: Request) -> Draft:
    """A default deny of both directions, and before it the policy that keeps DNS."""
    namespace = one_namespace(request, "default-deny")
    access = dns_access(given)
    manifests = [dns_policy(given, namespace, access)]
    serving = serving_dns(given, namespace)
    if serving is not None:
        manifests.append(serving)
    deny = network_policy(
        given.free_name("NetworkPolicy", "default-deny", namespace),
        namespace,
        {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
    )
    manifests.append(
        Manifest(
            deny,
            (f"Default deny: pods of {namespace} neither accept nor open connections but those that policies allow.",),
        )
    )
    return Draft(tuple(manifests), access.notes, keeps_dns=() if access.assumed else (namespace,))


def dns_policy(given: Given, namespace: str, access: DnsAccess) -> Manifest:
    """A NetworkPolicy that lets every pod of a namespace ask for names, and isolates egress."""
    body = network_policy(
        given.free_name("NetworkPolicy", "allow-dns", namespace),
        namespace,
        {"podSelector": {}, "policyTypes": ["Egress"], "egress": [rule(target) for target in access.targets]},
    )
    notes = {("spec", "egress", n): target.note for n, target in enumerate(access.targets) if target.note}
    head = (
        f"DNS for the pods of {namespace}, on the ports that the DNS pods listen on: a Service's address is translated"
    )
    return Manifest(body, (f"{head} before policy is judged.",), notes)
