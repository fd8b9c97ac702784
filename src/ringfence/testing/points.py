"""The pods and nodes of a cluster by number, and which of them a selector, a namespace or a range means."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from ringfence.engine import bits
from ringfence.engine.postings import LabelIndex
from ringfence.model.addresses import AddressSet
from ringfence.model.labels import LabelExpr, Labels
from ringfence.model.objects import Namespace, Pod, Snapshot
from ringfence.model.ports import ContainerPort
from ringfence.model.verdict import AddressEndpoint, Endpoint
from ringfence.testing.ends import Ends


class Points:
    """Pods first, then nodes' addresses, then pods that a suite invents; a set of them is a Python integer."""

    def __init__(self, snapshot: Snapshot, new: Sequence[Pod] = ()) -> None:
        self.snapshot = snapshot
        pods = snapshot.pods
        nodes: dict[int, str] = {}
        for pod in pods:
            if pod.host_network:
                nodes.update(dict.fromkeys(pod.addresses, pod.node))
        for node in snapshot.nodes:
            nodes.update(dict.fromkeys(node.addresses, node.name))
        hosts = [AddressEndpoint(address, name) for address, name in nodes.items()]
        self.endpoints: tuple[Endpoint, ...] = (*pods, *hosts, *new)
        self.pods = (1 << len(pods)) - 1
        self.nodes = ((1 << len(hosts)) - 1) << len(pods)
        self.new = ((1 << len(new)) - 1) << (len(pods) + len(hosts))
        self._addresses = sorted(self._places())
        self._starts = [address for address, _ in self._addresses]
        self._labels = LabelIndex()
        self._known_keys: set[str] = set()
        self._remembered: dict[LabelExpr, int] = {}

    def _places(self) -> Iterable[tuple[int, int]]:
        for number, end in enumerate(self.endpoints):
            if isinstance(end, AddressEndpoint):
                yield end.address, number
            elif not end.host_network:
                yield from ((address, number) for address in end.addresses)

    @cached_property
    def numbers(self) -> dict[int, int]:
        """The number of each pod, by its identity."""
        return {id(end): number for number, end in enumerate(self.endpoints) if isinstance(end, Pod)}

    def of(self, points: int) -> list[Endpoint]:
        """The pods and nodes of a set, in order of number."""
        return [self.endpoints[number] for number in bits.members(points)]

    @cached_property
    def by_namespace(self) -> Mapping[str, int]:
        """The pods of each namespace that has some."""
        found: dict[str, list[int]] = {}
        for number, pod in enumerate(self.snapshot.pods):
            found.setdefault(pod.namespace, []).append(number)
        return {name: bits.of(numbers) for name, numbers in found.items()}

    @cached_property
    def by_ports(self) -> Mapping[tuple[ContainerPort, ...], int]:
        """The pods that declare the same ports."""
        found: dict[tuple[ContainerPort, ...], list[int]] = {}
        for number, end in enumerate(self.endpoints):
            if isinstance(end, Pod):
                found.setdefault(end.ports, []).append(number)
        return {ports: bits.of(numbers) for ports, numbers in found.items()}

    def in_namespaces(self, names: Iterable[str]) -> int:
        """The pods of these namespaces."""
        found = 0
        for name in names:
            found |= self.by_namespace.get(name, 0)
        return found

    def namespaces(self, selector: LabelExpr) -> list[Namespace]:
        """The namespaces whose labels a selector matches."""
        return [each for each in self.snapshot.namespaces.values() if selector.matches(each.labels)]

    def labelled(self, selector: LabelExpr) -> int:
        """The pods whose labels a selector matches, those of the host network among them."""
        found = self._remembered.get(selector)
        if found is None:
            self._index(set(selector.keys()) - self._known_keys)
            found = self._remembered[selector] = self._labels.select(selector, self.pods)
        return found

    def _index(self, keys: set[str]) -> None:
        if not keys:
            return
        self._known_keys |= keys
        values: dict[tuple[str, str], list[int]] = {}
        for number, pod in enumerate(self.snapshot.pods):
            for key in keys & pod.labels.keys():
                values.setdefault((key, pod.labels[key]), []).append(number)
        for (key, value), numbers in values.items():
            labels: Labels = {key: value}
            self._labels.add(bits.of(numbers), labels)

    def at(self, addresses: AddressSet) -> Ends:
        """What a range means: the pods and nodes that have an address in it, and its other addresses."""
        found = []
        for low, high in addresses:
            span = self._addresses[bisect_left(self._starts, low) : bisect_right(self._starts, high)]
            found += [number for _, number in span]
        return Ends(bits.of(set(found)) if found else 0, addresses)

    def all_known(self, low: int, high: int) -> bool:
        """True where each address from ``low`` to ``high`` is a pod's or a node's."""
        start, end = bisect_left(self._starts, low), bisect_right(self._starts, high)
        return end - start > high - low and len(set(self._starts[start:end])) == high - low + 1

    def first_unknown(self, addresses: AddressSet) -> int | None:
        """The first address of a set that is no pod's and no node's."""
        for low, high in addresses:
            place = bisect_left(self._starts, low)
            while low <= high:
                if place >= len(self._starts) or self._starts[place] > low:
                    return low
                while place < len(self._starts) and self._starts[place] == low:
                    place += 1
                low += 1
        return None
