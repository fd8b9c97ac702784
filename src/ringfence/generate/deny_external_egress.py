"""``deny-external-egress``: pods keep the cluster and lose the Internet, by selectors and never by guessed ranges."""

from __future__ import annotations

from ringfence.generate.dns import node_local_addresses
from ringfence.generate.manifest import Manifest
from ringfence.generate.request import Dialect, Draft, Given, Request, cluster_network_policy, network_policy
from ringfence.generate.targets import cidr, namespace_selector
from ringfence.model.errors import QueryError
from ringfence.model.policy import Direction

_MOST_NODES = 100
_EVERYWHERE = ["0.0.0.0/0", "::/0"]


def deny_external_egress(given: Given, request: Request) -> Draft:
    """A NetworkPolicy a namespace, or one ClusterNetworkPolicy for all of them.

    Raises:
        QueryError: pods are isolated already, so that a NetworkPolicy could only open; or the dialect is another.
    """
    if not request.namespaces:
        raise QueryError(
            "deny-external-egress is for a namespace or a tenant: give -n NAMESPACE or --tenant KEY=VALUE."
        )
    if request.dialect is Dialect.CLUSTER_NETWORK_POLICY:
        return _by_cluster_policy(given, request)
    if request.dialect is not Dialect.NETWORK_POLICY:
        raise QueryError("deny-external-egress is written as networkpolicy or clusternetworkpolicy.")
    for namespace in request.namespaces:
        isolated = {str(pod.workload) for pod in given.isolated(namespace, Direction.EGRESS)}
        if isolated:
            raise QueryError(
                f"{len(isolated)} workloads of {namespace} are isolated for egress already: a NetworkPolicy can only "
                "add to what they may do, and never deny. Use --dialect clusternetworkpolicy, or take the rules for "
                "outside addresses out of their policies."
            )
    manifests = tuple(_policy(given, namespace) for namespace in request.namespaces)
    notes = (
        "NetworkPolicy only adds: a later one may open the outside. --dialect clusternetworkpolicy has the last word.",
    )
    return Draft(manifests, notes, closes_only=True, outside=request.namespaces)


def _policy(given: Given, namespace: str) -> Manifest:
    rules: list[dict[str, object]] = [{"to": [{"namespaceSelector": {}}]}]
    comments: dict[tuple[str | int, ...], str] = {
        ("spec", "egress", 0): "Every pod of every namespace, whatever addresses pods have."
    }
    nodes = _node_addresses(given)
    if nodes:
        comments["spec", "egress", 1] = (
            "Nodes, host-network pods on them, the API server and node-local DNS: no selector matches these, so they "
            "are listed as the input gives them. Add new nodes here."
        )
        rules.append({"to": [{"ipBlock": {"cidr": cidr(address)}} for address in nodes]})
    body = network_policy(
        given.free_name("NetworkPolicy", "deny-external-egress", namespace),
        namespace,
        {"podSelector": {}, "policyTypes": ["Egress"], "egress": rules},
    )
    head = [f"Pods of {namespace} reach the cluster and nothing outside it."]
    if not nodes:
        head.append(
            "The input has no nodes: pods lose their nodes, host-network pods and the API server too. Give the nodes "
            "as input (kubectl get nodes -o yaml) to keep them."
        )
    head.append("Host-network pods are not covered: no NetworkPolicy selects them.")
    return Manifest(body, tuple(head), comments)


def _node_addresses(given: Given) -> list[int]:
    addresses = {address for node in given.snapshot.nodes[:_MOST_NODES] for address in node.addresses}
    addresses.update(node_local_addresses(given))
    for service in given.snapshot.services:
        if (service.namespace, service.name) == ("default", "kubernetes"):
            addresses.update(address for address, _ in service.endpoints)
    return sorted(addresses)


def _by_cluster_policy(given: Given, request: Request) -> Draft:
    if request.tenant is not None:
        key, value = request.tenant
        subject: dict[str, object] = {"matchLabels": {key: value}}
        name, whom = f"deny-external-egress-{value}".lower(), f"namespaces with {key}={value}, new ones included"
    else:
        subject = namespace_selector(request.namespaces[0])
        name, whom = f"deny-external-egress-{request.namespaces[0]}", request.namespaces[0]
    keep: list[dict[str, object]] = [{"namespaces": {}}, {"nodes": {}}]
    local = node_local_addresses(given)
    if local:
        keep.append({"networks": [cidr(address) for address in local]})
    body = cluster_network_policy(
        given.free_name("ClusterNetworkPolicy", name),
        {
            "tier": "Admin",
            "priority": given.free_priority("admin", 200),
            "subject": {"namespaces": subject},
            "egress": [
                {"name": "cluster", "action": "Pass", "to": keep},
                {"name": "outside", "action": "Deny", "to": [{"networks": _EVERYWHERE}]},
            ],
        },
    )
    comments: dict[tuple[str | int, ...], str] = {
        (
            "spec",
            "egress",
            0,
        ): "Pods and nodes are left to the other policies. This rule must come first: networks match pods too.",
    }
    head = (
        f"Pods of {whom} reach nothing outside the cluster, whatever NetworkPolicies allow.",
        "Host-network pods are not covered: no pod policy selects them.",
    )
    return Draft((Manifest(body, head, comments),), closes_only=True, outside=request.namespaces)
