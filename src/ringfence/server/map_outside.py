"""The places outside the cluster's pods that a map names: the Internet, private networks, nodes, the API server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Final

from ringfence.cluster import Cluster
from ringfence.model.addresses import AddressSet, format_address
from ringfence.model.internet import INTERNET as PUBLIC
from ringfence.model.verdict import AddressEndpoint
from ringfence.reach.external import ExternalSpace

INTERNET: Final = "outside:internet"
PRIVATE: Final = "outside:private"
NODES: Final = "outside:nodes"
API_SERVER: Final = "outside:api-server"

_PRIVATE: Final = reduce(
    or_, map(AddressSet.cidr, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)
"""Networks of one's own (RFC 1918, RFC 6598, RFC 4193)."""

_API_SERVICE: Final = ("default", "kubernetes")
"""The Service that the API server keeps for itself."""


@dataclass(frozen=True, slots=True)
class Outside:
    """A place outside: its id, what it is called, and its addresses, as atoms of an engine with an address of each."""

    name: str
    title: str
    said: str
    atoms: tuple[int, ...]
    addresses: tuple[str, ...]


def places(cluster: Cluster) -> tuple[Outside, ...]:
    """The places of a cluster. Nodes and the API server are there only where the input gives their addresses."""
    engine = cluster.engine
    spaces: dict[str, dict[int, str]] = {INTERNET: {}, PRIVATE: {}}
    for number in ExternalSpace(engine).atoms:
        addresses = engine.universe.atoms[number].addresses
        for name, part in ((INTERNET, addresses & PUBLIC), (PRIVATE, addresses & _PRIVATE)):
            if part:
                spaces[name][number] = _example(part)
    found = [
        _place(INTERNET, "Internet", "public addresses", spaces[INTERNET]),
        _place(PRIVATE, "Private networks", "private addresses that are no known pod's or node's", spaces[PRIVATE]),
    ]
    nodes = _known(cluster, engine.facts.node_of_address)
    if nodes:
        found.append(_place(NODES, "Nodes", f"the {len(engine.facts.nodes)} nodes' own addresses", nodes))
    services = [each for each in cluster.snapshot.services if (each.namespace, each.name) == _API_SERVICE]
    at = _known(cluster, (address for service in services for address, _ in service.endpoints))
    if at:
        found.append(_place(API_SERVER, "API server", "the API server's addresses", at))
    return tuple(found)


def _place(name: str, title: str, said: str, atoms: dict[int, str]) -> Outside:
    return Outside(name, title, said, tuple(atoms), tuple(atoms.values()))


def _known(cluster: Cluster, addresses: Iterable[int]) -> dict[int, str]:
    engine = cluster.engine
    found: dict[int, str] = {}
    for address in sorted(addresses):
        found.setdefault(engine.atom(AddressEndpoint(address)), format_address(address))
    return found


def _example(addresses: AddressSet) -> str:
    """An address that people take for one: the middle of the widest IPv4 range, else of the widest of IPv6."""
    low, high = max(addresses, key=lambda span: (span[1] < 1 << 32, span[1] - span[0]))
    return format_address((low + high) // 2)
