"""What policy evaluation needs to know about a cluster besides its pods: namespace labels and node addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ringfence.model.addresses import AddressSet
from ringfence.model.labels import LabelExpr, Labels
from ringfence.model.objects import Namespace, Node, Pod
from ringfence.model.verdict import AddressEndpoint, Endpoint


class Facts:
    """Namespaces and nodes, indexed. Immutable in use; :meth:`with_namespace` makes a changed copy."""

    def __init__(self, namespaces: Mapping[str, Namespace], nodes: Iterable[Node]) -> None:
        self.namespaces = dict(namespaces)
        self.nodes = {node.name: node for node in nodes}
        self.node_of_address = {address: node.name for node in self.nodes.values() for address in node.addresses}
        self._selected: dict[LabelExpr, AddressSet] = {}

    def with_namespace(self, namespace: Namespace) -> Facts:
        """These facts with one namespace put in or replaced."""
        return Facts({**self.namespaces, namespace.name: namespace}, self.nodes.values())

    def namespace_labels(self, name: str) -> Labels:
        """The labels of a namespace; none for a namespace that is not known."""
        namespace = self.namespaces.get(name)
        return namespace.labels if namespace is not None else {}

    def node_addresses(self, nodes: LabelExpr) -> AddressSet:
        """The addresses of the nodes that ``nodes`` selects."""
        if nodes not in self._selected:
            self._selected[nodes] = AddressSet.of(
                (address, address)
                for node in self.nodes.values()
                if nodes.matches(node.labels)
                for address in node.addresses
            )
        return self._selected[nodes]

    def on_same_node(self, source: Endpoint, pod: Pod) -> bool:
        """True where ``source`` is the node that runs ``pod``, or a host-network pod on it.

        Source: NetworkPolicySpec ``ingress`` in the Kubernetes API reference exempts traffic from the pod's node.
        """
        if not pod.node:
            return False
        if isinstance(source, AddressEndpoint):
            return self.node_of_address.get(source.address) == pod.node
        if not source.host_network:
            return False
        return source.node == pod.node or any(self.node_of_address.get(a) == pod.node for a in source.addresses)
