"""What the panel beside the map says of a box and of a line, in words."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ringfence.model.addresses import format_address
from ringfence.model.errors import QueryError
from ringfence.model.objects import Pod
from ringfence.render.lines import ports
from ringfence.server.map_edge import PortAnswer
from ringfence.server.map_edges import Edge
from ringfence.server.map_look import Looked
from ringfence.server.map_table import said, share
from ringfence.server.map_wanted import Wanted
from ringfence.server.maps import Maps

MOST: Final = 60
"""Pods, workloads and lines that a panel lists of each."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Up to :data:`MOST` of something, and how many more there are."""

    shown: tuple[object, ...]
    more: int

    @classmethod
    def of(cls, items: Iterable[object]) -> Listed:
        """The first of them."""
        every = tuple(items)
        return cls(every[:MOST], max(0, len(every) - MOST))


@dataclass(frozen=True, slots=True)
class NodePanel:
    """A box: what it is, whether it is isolated and by which policies, its pods, and its lines."""

    name: str
    kind: str
    title: str
    namespace: str
    said: str
    ingress: str
    egress: str
    policies: Listed
    workloads: Listed
    pods: Listed
    labels: tuple[str, ...]
    outgoing: Listed
    incoming: Listed


@dataclass(frozen=True, slots=True)
class EdgePanel:
    """A line, the titles of its ends, and its ports, those that are decided alike together."""

    looked: Looked
    ports: tuple[tuple[str, PortAnswer], ...]
    source: str
    target: str
    said: str
    allowed: str


def node_panel(maps: Maps, name: str) -> NodePanel:
    """What there is to say of a namespace, a workload, a pod's workload, or a place outside.

    Raises:
        QueryError: the name is none of the map's.
    """
    outside = next((each for each in maps.pairs().outside if each.name == name), None)
    members = () if outside is not None else maps.members(name)
    if outside is None and not members:
        raise QueryError(f"There is no namespace, workload or pod {name!r} on the map.")
    single = members[0] if len(members) == 1 and members[0].ref.namespace != name else None
    whole = single.name if single is not None else name
    edges = _lines(maps, whole, single.ref.namespace if single is not None else "")
    pods = [pod for member in members for pod in member.pods]
    isolated = (sum(each.isolated_ingress for each in members), sum(each.isolated_egress for each in members))
    return NodePanel(
        whole,
        "outside" if outside is not None else "workload" if single is not None else "namespace",
        outside.title if outside is not None else single.ref.name if single is not None else name,
        members[0].ref.namespace if members else "",
        outside.said if outside is not None else single.ref.kind if single is not None else "Namespace",
        share(isolated[0], len(pods)),
        share(isolated[1], len(pods)),
        Listed.of(maps.policies(single.name) if single is not None else ()),
        Listed.of(each for each in members if single is None),
        Listed.of(_pod(pod) for pod in pods) if single is not None else Listed((), 0),
        tuple(sorted({f"{key}={value}" for pod in pods for key, value in pod.labels.items()})) if single else (),
        Listed.of((edge.target, said(edge), edge.denied) for edge in edges if edge.source == whole),
        Listed.of((edge.source, said(edge), edge.denied) for edge in edges if edge.target == whole),
    )


def edge_panel(maps: Maps, source: str, target: str) -> EdgePanel:
    """What there is to say of a line.

    Raises:
        QueryError: as :meth:`Maps.look`.
    """
    looked = maps.look(source, target)
    titles = {each.name: each.title for each in maps.pairs().outside}
    shown = said(looked.edge)
    return EdgePanel(
        looked,
        tuple(_alike(looked.ports)),
        titles.get(source, source),
        titles.get(target, target),
        shown,
        ports(looked.edge.ports) if looked.edge.pairs else "",
    )


def _alike(answers: Iterable[PortAnswer]) -> Iterator[tuple[str, PortAnswer]]:
    """By the rules that decide; their words, which name the port, may differ."""
    groups: dict[Hashable, list[PortAnswer]] = {}
    for answer in answers:
        sides = tuple((s.allowed, s.said, tuple((r.policy, r.action, r.origin) for r in s.rules)) for s in answer.sides)
        groups.setdefault((answer.allowed, sides), []).append(answer)
    for group in groups.values():
        yield ", ".join(each.text for each in group), group[0]


def _lines(maps: Maps, name: str, namespace: str) -> list[Edge]:
    """The lines of a box: to and from namespaces, of a workload to and from its own namespace's workloads, too."""
    wanted = Wanted(unfolded=frozenset([namespace] if namespace else []))
    edges = maps.draw(wanted).view.edges
    found = [edge for edge in edges if name in (edge.source, edge.target)]
    return sorted(found, key=lambda edge: (-edge.denied, edge.source, edge.target))


def _pod(pod: Pod) -> tuple[str, str]:
    """A pod's name, and where it is."""
    addresses = ", ".join(map(format_address, pod.addresses))
    where = f" on {pod.node}" if pod.node else ""
    host = ", on the network of its node" if pod.host_network else ""
    return pod.name if not pod.planned else "planned by its workload", f"{addresses or 'no address yet'}{where}{host}"
