"""What policy evaluation needs to know about a cluster besides its pods: namespaces, accounts and node addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from ringfence.model import derived
from ringfence.model.addresses import AddressSet
from ringfence.model.labels import LabelExpr, Labels
from ringfence.model.mesh import mesh_mode
from ringfence.model.objects import Namespace, Node, Pod, Snapshot
from ringfence.model.verdict import AddressEndpoint, Endpoint


class Facts:
    """Namespaces and nodes, indexed. Immutable in use; :meth:`with_namespace` makes a changed copy."""

    def __init__(
        self,
        namespaces: Mapping[str, Namespace],
        nodes: Iterable[Node],
        accounts: Mapping[tuple[str, str], Labels] | None = None,
    ) -> None:
        self.namespaces = dict(namespaces)
        self.accounts = accounts or {}
        self.nodes = {node.name: node for node in nodes}
        self.node_of_address = {address: node.name for node in self.nodes.values() for address in node.addresses}
        self._selected: dict[LabelExpr, AddressSet] = {}

    @classmethod
    def of(cls, snapshot: Snapshot) -> Facts:
        """The facts of a snapshot."""
        return cls(snapshot.namespaces, snapshot.nodes, snapshot.accounts)

    def with_namespace(self, namespace: Namespace) -> Facts:
        """These facts with one namespace put in or replaced."""
        return Facts({**self.namespaces, namespace.name: namespace}, self.nodes.values(), self.accounts)

    def namespace_labels(self, name: str) -> Labels:
        """The labels of a namespace; none for a namespace that is not known."""
        namespace = self.namespaces.get(name)
        return namespace.labels if namespace is not None else {}

    def derived_label(self, pod: Pod, key: str) -> str | None:
        """The value of a derived label of a pod (:mod:`ringfence.model.derived`); ``None`` where it has none."""
        match key:
            case derived.NAMESPACE:
                return pod.namespace
            case derived.SERVICE_ACCOUNT:
                return pod.service_account
            case derived.MESH:
                return mesh_mode(pod, self.namespace_labels(pod.namespace)) or None
            case derived.PRINCIPAL:
                return self._principal(pod)
            case derived.NODE:
                return pod.node or None
        if key.startswith(derived.NAMESPACE_LABEL):
            return self.namespace_labels(pod.namespace).get(key.removeprefix(derived.NAMESPACE_LABEL))
        account = self.accounts.get((pod.namespace, pod.service_account), {})
        return account.get(key.removeprefix(derived.SERVICE_ACCOUNT_LABEL))

    def _principal(self, pod: Pod) -> str | None:
        """Who the mesh knows the pod as; None outside the mesh."""
        if not mesh_mode(pod, self.namespace_labels(pod.namespace)):
            return None
        return derived.principal(pod.namespace, pod.service_account)

    def labels_for(self, expr: LabelExpr, pod: Pod) -> Labels:
        """The labels of a pod that an expression can ask for: its own, and the derived ones that ``expr`` names."""
        if not derived.asks_derived(expr):
            return pod.labels
        asked = {key: self.derived_label(pod, key) for key in set(expr.keys()) if derived.is_derived(key)}
        return {**pod.labels, **{key: value for key, value in asked.items() if value is not None}}

    @cached_property
    def all_nodes(self) -> AddressSet:
        """The addresses of every node."""
        return AddressSet.of((address, address) for address in self.node_of_address)

    def addresses_of_node(self, name: str) -> AddressSet:
        """The addresses of one node; none for a node that is not known."""
        node = self.nodes.get(name)
        return AddressSet.of((address, address) for address in node.addresses) if node is not None else AddressSet()

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
        return bool(pod.node) and pod.node in self.nodes_of(source)

    def nodes_of(self, source: Endpoint) -> frozenset[str]:
        """The nodes that ``source`` is, or acts as: for a host-network pod also those that its addresses are of."""
        addresses: tuple[int, ...]
        if isinstance(source, AddressEndpoint):
            own, addresses = "", (source.address,)
        elif source.host_network:
            own, addresses = source.node, source.addresses
        else:
            return frozenset()
        return frozenset((own, *(self.node_of_address.get(address, "") for address in addresses))) - {""}
