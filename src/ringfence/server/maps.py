"""Questions about the map, and what is kept of a cluster for them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from ringfence.cluster import Cluster
from ringfence.model.addresses import AddressSet, parse_address
from ringfence.model.errors import QueryError, RingfenceError
from ringfence.model.internet import INTERNET as PUBLIC
from ringfence.model.policy import Direction
from ringfence.render.lines import place as origin_text
from ringfence.server.answers import Answers
from ringfence.server.map_labels import labels_of
from ringfence.server.map_layout import Box, place
from ringfence.server.map_look import Looked, look
from ringfence.server.map_outside import INTERNET, PRIVATE
from ringfence.server.map_pairs import Member, Pairs, pairs_of
from ringfence.server.map_view import MapView, spaces, view
from ringfence.server.map_wanted import Wanted

_KEPT: Final = 16
"""Drawings that are kept."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A map with the places of its boxes. ``policies`` counts those of the whole cluster."""

    view: MapView
    boxes: dict[str, Box]
    policies: int


class Maps:
    """Answers about the map of what is served."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._kept: OrderedDict[tuple[object, ...], Drawn] = OrderedDict()
        self._of: Pairs | None = None
        self._lock = threading.Lock()

    def pairs(self) -> Pairs:
        """The matrix of all workloads.

        Raises:
            QueryError: there are too many.
        """
        return self._answers.made("map pairs", pairs_of)

    def labels(self) -> dict[str, tuple[str, ...]]:
        """The labels that group workloads, and their values."""
        return self._answers.made("map labels", labels_of)

    def spaces(self) -> list[str]:
        """The namespaces that have a workload."""
        return sorted(spaces(self.pairs()))

    def draw(self, wanted: Wanted) -> Drawn:
        """The map.

        Raises:
            QueryError: it can't be drawn so.
        """
        if wanted.denied and self._answers.flows is None:
            raise QueryError("No recorded traffic is served, so nothing is known to be denied.")
        pairs, denied = self.pairs(), self._denied()
        with self._lock:  # a page is drawn twice: as a table, and as a picture
            if self._of is not pairs:
                self._of = pairs
                self._kept.clear()
            key = wanted, denied
            if key not in self._kept:
                found = view(pairs, wanted, denied)
                policies = len({policy.ref for policy in self._answers.cluster().policies.policies()})
                self._kept[key] = Drawn(found, place(found.units), policies)
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]

    def look(self, source: str, target: str) -> Looked:
        """What is on the line from one box to another; each is a workload, a namespace or a place outside.

        Raises:
            QueryError: a name is none of the map's, or both are outside.
        """
        pairs, denied = self.pairs(), self._denied()
        return self._answers.asked(lambda cluster: look(pairs, cluster, source, target, denied))

    def members(self, name: str) -> tuple[Member, ...]:
        """The workload of this name or with a pod of it, or the workloads of a namespace; none where it is neither."""
        members = self.pairs().members
        found = tuple(each for each in members if name in (each.name, each.ref.namespace))
        return found or tuple(each for each in members if any(str(pod) == name for pod in each.pods))

    def policies(self, workload: str) -> list[tuple[str, str]]:
        """The policies that have a say on the pods of a workload, and where they stand.

        Raises:
            EndpointError: the workload isn't there any more.
        """
        return self._answers.asked(lambda cluster: _policies(cluster, workload))

    def _denied(self) -> frozenset[tuple[str, str]]:
        """The pairs that flows show to be denied, an address by the place that it belongs to."""
        flows = self._answers.flows
        return frozenset() if flows is None else frozenset((_box(a), _box(b)) for a, b in flows.denied_pairs())


def prepare(answers: Answers) -> None:
    """Begins to make what the first map would wait for, in a thread of its own."""

    def make() -> None:
        with suppress(RingfenceError):  # whoever asks for the map is told
            Maps(answers).pairs()

    threading.Thread(target=make, name="ringfence-map", daemon=True).start()


def _policies(cluster: Cluster, workload: str) -> list[tuple[str, str]]:
    engine = cluster.engine
    found: dict[str, str] = {}
    for pod in cluster.endpoints.source(workload).endpoints:
        for direction in Direction:
            for number in engine.policies_of(direction, engine.atom(pod)):
                policy = engine.program.compiled[number].policy
                found.setdefault(str(policy.ref), origin_text(policy.origin))
    return sorted(found.items())


def _box(name: str) -> str:
    """The name of an end in the matrix."""
    try:
        address = parse_address(name)
    except ValueError:
        return name
    return INTERNET if AddressSet.point(address) & PUBLIC else PRIVATE
