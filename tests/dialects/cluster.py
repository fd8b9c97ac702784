"""A cluster from manifests in a test, and what its pods may reach; rows and the point verdict must agree."""

from __future__ import annotations

import io

from ringfence.cluster import Cluster
from ringfence.model.addresses import parse_address
from ringfence.model.ports import AnyProtocol, Protocol
from ringfence.model.verdict import AddressEndpoint, Endpoint, Verdict
from ringfence.sources import load_snapshot


class World:
    """A cluster of manifests, asked by ``namespace/pod`` or address."""

    def __init__(self, manifests: str, *, cni: str = "generic") -> None:
        self.cluster = Cluster(load_snapshot(["-"], stdin=io.BytesIO(manifests.encode())), cni=cni)
        self._pods = {f"{pod.namespace}/{pod.name}": pod for pod in self.cluster.snapshot.pods}
        self._nodes = {address: node.name for node in self.cluster.snapshot.nodes for address in node.addresses}

    def end(self, text: str) -> Endpoint:
        """The pod of this name, or the address."""
        if text in self._pods:
            return self._pods[text]
        address = parse_address(text)
        return AddressEndpoint(address, self._nodes.get(address, ""))

    def verdict(self, source: str, destination: str, port: int, protocol: AnyProtocol = Protocol.TCP) -> Verdict:
        """The point verdict."""
        ends = self.end(source), self.end(destination)
        verdict = self.cluster.engine.verdict(*ends, protocol, port)
        engine = self.cluster.engine if isinstance(protocol, Protocol) else self.cluster.engine_with_icmp
        assert engine.allowed(*ends).has(protocol, port) is verdict.allowed
        return verdict

    def allowed(self, source: str, destination: str, port: int, protocol: AnyProtocol = Protocol.TCP) -> bool:
        """True where the connection is surely allowed."""
        return self.verdict(source, destination, port, protocol).allowed
