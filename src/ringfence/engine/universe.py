"""Endpoints that no rule can tell apart are one atom; sets of atoms are bit sets.

There are two kinds. A *pod atom* holds pods with the same namespace, the same values of the label keys that any
selector uses, the same named ports, and addresses in the same address atoms. An *address atom* holds addresses that
are in the same of the address sets that any rule uses.

Atoms are numbered once: a number's meaning only ever narrows, when a new selector or range splits its atom, and the
part split off gets a new number. An atom that loses all pods is dead and its number is not reused. So a set computed
for older atoms stays right for them, and only newer numbers need a look.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ringfence.engine import bits
from ringfence.engine.facts import Facts
from ringfence.engine.postings import Postings
from ringfence.model.addresses import ALL_ADDRESSES, NO_ADDRESSES, AddressSet
from ringfence.model.derived import NODE, is_derived
from ringfence.model.labels import EVERYTHING, Labels
from ringfence.model.objects import Pod
from ringfence.model.policy import (
    AddressPeer,
    AllPeers,
    AnyPeer,
    NamePeer,
    NodePeer,
    NotPeer,
    Peer,
    PodPeer,
    SameNodePeer,
)
from ringfence.model.ports import ContainerPort

PodKey = tuple[str, str]


def pod_key(pod: Pod) -> PodKey:
    """What identifies a pod in a snapshot: its namespace, and its name or, for a planned pod, its workload."""
    return (pod.namespace, f"{pod.workload.kind}/{pod.workload.name}" if pod.planned else pod.name)


@dataclass(frozen=True, slots=True)
class Atom:
    """Pods, or addresses, that no rule can tell apart.

    ``places`` are the numbers of the address atoms that hold an address of the pods.
    """

    pods: tuple[Pod, ...] = ()
    addresses: AddressSet = NO_ADDRESSES
    places: tuple[int, ...] = ()

    @property
    def is_address(self) -> bool:
        """True for an address atom."""
        return bool(self.addresses)

    @property
    def ports(self) -> tuple[ContainerPort, ...]:
        """The container ports; the named ones are the same for every pod of the atom."""
        return self.pods[0].ports if self.pods else ()

    @property
    def guarded(self) -> bool:
        """True where pod policy applies: pods that are not of the host network."""
        return bool(self.pods) and not self.pods[0].host_network


class Universe:
    """The atoms of a cluster under a set of selectors and ranges; see the module's text."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.atoms: list[Atom] = []
        self.atom_of: dict[PodKey, int] = {}
        self.address_atoms: list[int] = []
        self.address_sets: set[AddressSet] = set()
        self.label_keys: set[str] = set()
        self.derived_keys: tuple[str, ...] = ()
        self.postings = Postings()
        self.version = 0
        self._numbers: dict[object, int] = {}
        self._starts: list[int] = []
        self._owners: list[int] = []
        self._members: dict[AddressSet, tuple[int, int]] = {}

    @classmethod
    def build(cls, facts: Facts, pods: Sequence[Pod], label_keys: set[str], address_sets: set[AddressSet]) -> Universe:
        """The atoms of these pods, and of all addresses, as far as the selectors and ranges tell them apart."""
        universe = cls(facts)
        universe._use_keys(label_keys)
        universe.address_sets = set(address_sets)
        universe._sweep()
        groups: dict[object, list[Pod]] = {}
        for pod in pods:
            groups.setdefault(universe._key(pod, universe._places(pod)), []).append(pod)
        for key in sorted(groups, key=lambda key: groups[key][0].namespace):
            universe._append_pods(key, tuple(groups[key]))
        return universe

    def copy(self) -> Universe:
        """An independent universe that can be refined and changed by itself; the atoms, being frozen, are shared."""
        twin = Universe(self.facts)
        twin.atoms = list(self.atoms)
        twin.atom_of = dict(self.atom_of)
        twin.address_atoms = list(self.address_atoms)
        twin.address_sets = set(self.address_sets)
        twin._use_keys(self.label_keys)
        twin.postings = self.postings.copy()
        twin.version = self.version
        twin._numbers = dict(self._numbers)
        twin._starts = self._starts
        twin._owners = self._owners
        twin._members = dict(self._members)
        return twin

    # ---- sets of atoms -------------------------------------------------------------------------------------------

    @property
    def everything(self) -> int:
        """Every number in use, dead atoms included."""
        return (1 << len(self.atoms)) - 1

    def peer_bits(self, peer: Peer, subject: int | None = None) -> int:
        """The atoms that a peer matches, or may match if it is a name. Its keys and ranges must be known.

        See :meth:`refine`. ``subject`` is the atom that the rule guards; :class:`SameNodePeer` matches nothing
        without it.
        """
        match peer:
            case PodPeer():
                return self.pod_bits(peer)
            case AddressPeer():
                found = self._address_bits(peer.addresses, pods=peer.pods)
                return found if peer.nodes else found & ~self._node_bits()
            case NodePeer():
                if peer.nodes == EVERYTHING:
                    return self._node_bits()
                return self._address_bits(self.facts.node_addresses(peer.nodes), pods=False)
            case SameNodePeer():
                own = self._own_node_bits(subject)
                return own if peer.same else self._node_bits() & ~own
            case NamePeer():
                outside = bits.of(self.address_atoms) & ~self._node_bits()
                return outside if peer.addresses is None else outside & self._address_bits(peer.addresses, pods=False)
            case AllPeers(parts):
                found = self.everything
                for part in parts:
                    found &= self.peer_bits(part, subject)
                return found
            case AnyPeer(parts):
                return bits.union(self.peer_bits(part, subject) for part in parts)
            case NotPeer(part):
                return self.everything & ~self.peer_bits(part, subject)

    def _node_bits(self) -> int:
        """Node addresses and host-network pods."""
        return self._address_bits(self.facts.all_nodes, pods=False) | self.postings.hosts

    def _own_node_bits(self, subject: int | None) -> int:
        """The addresses and host-network pods of the node that runs the pods of an atom."""
        node = "" if subject is None else self.atoms[subject].pods[0].node
        if not node:
            return 0
        named = bits.of(
            number for number in bits.members(self.postings.hosts) if self.atoms[number].pods[0].node == node
        )
        return named | self._address_bits(self.facts.addresses_of_node(node), pods=False)

    def pod_bits(self, peer: PodPeer) -> int:
        """The atoms whose pods the peer selects."""
        if peer.namespace is not None:
            scope = self.postings.namespace(peer.namespace)
        else:
            scope = self.postings.namespaces(peer.namespaces)
        return scope & self.postings.labels(peer.pods) if scope else 0

    def _address_bits(self, addresses: AddressSet, *, pods: bool) -> int:
        numbers, version = self._members.get(addresses, (0, -1))
        if version != len(self.address_atoms):
            inside: set[int] = set()
            for lo, hi in addresses:
                inside.update(self._owners[bisect_left(self._starts, lo) : bisect_right(self._starts, hi)])
            numbers = bits.of(inside)
            self._members[addresses] = (numbers, len(self.address_atoms))
        return numbers | self.postings.pods_at(numbers, pods=pods)

    def atom_of_address(self, address: int) -> int:
        """The number of the atom that holds an address."""
        return self._owners[bisect_right(self._starts, address) - 1]

    # ---- refinement ----------------------------------------------------------------------------------------------

    def refine(self, label_keys: Iterable[str], address_sets: Iterable[AddressSet]) -> None:
        """Split atoms so that selectors on these keys, and rules on these ranges, can tell their parts apart."""
        new_keys = set(label_keys) - self.label_keys
        new_sets = set(address_sets) - self.address_sets
        if not new_keys and not new_sets:
            return
        self.version += 1
        self.address_sets |= new_sets
        derived = any(map(is_derived, new_keys))
        cut, moved = self._cut(new_sets)
        affected = [
            number
            for number, atom in enumerate(self.atoms)
            if atom.pods
            and (
                derived  # Most pods stay in the part that keeps its number, and so do their keys.
                or (not cut.isdisjoint(atom.places) and any(a in moved for pod in atom.pods for a in pod.addresses))
                or any(key in pod.labels for key in new_keys for pod in atom.pods)
            )
        ]
        for number in affected:
            self._numbers.pop(self._key(self.atoms[number].pods[0], self.atoms[number].places), None)
        self._use_keys(self.label_keys | new_keys)
        for number in affected:
            self._regroup(number)

    def _cut(self, new_sets: set[AddressSet]) -> tuple[set[int], AddressSet]:
        """Split address atoms by new sets; the numbers of those that were split, and the addresses split off."""
        cut: set[int] = set()
        moved = NO_ADDRESSES
        for addresses in new_sets:
            for number in list(self.address_atoms):
                whole = self.atoms[number].addresses
                inside = whole & addresses
                if not inside or inside == whole:
                    continue
                cut.add(number)
                moved |= inside
                self.atoms[number] = Atom(addresses=whole - inside)
                self.address_atoms.append(len(self.atoms))
                self.atoms.append(Atom(addresses=inside))
        if cut:
            self._index_addresses()
        return cut, moved

    def _use_keys(self, keys: Iterable[str]) -> None:
        self.label_keys = set(keys)
        self.derived_keys = tuple(sorted(filter(is_derived, self.label_keys)))

    def _regroup(self, number: int) -> None:
        """Split a pod atom whose pods now have different keys; the first group keeps the number."""
        groups: dict[object, list[Pod]] = {}
        for pod in self.atoms[number].pods:
            groups.setdefault(self._key(pod, self._places(pod)), []).append(pod)
        self.postings.remove(number, self.atoms[number])
        (first_key, first), *others = groups.items()
        self.atoms[number] = Atom(tuple(first), places=self._places(first[0]))
        self._index(first_key, number)
        for key, group in others:
            self._append_pods(key, tuple(group))

    # ---- pods come and go ----------------------------------------------------------------------------------------

    def remove_pod(self, key: PodKey) -> int:
        """Take a pod out; the number of its atom.

        Raises:
            KeyError: there is no such pod.
        """
        number = self.atom_of.pop(key)
        atom = self.atoms[number]
        rest = tuple(pod for pod in atom.pods if pod_key(pod) != key)
        if not rest:
            self._numbers.pop(self._key(atom.pods[0], atom.places), None)
            self.postings.remove(number, atom)
        self.atoms[number] = replace(atom, pods=rest)
        self.version += 1
        return number

    def add_pod(self, pod: Pod) -> int:
        """Put a pod in; the number of its atom, a new one where no other pod is like it."""
        self.version += 1
        key = self._key(pod, self._places(pod))
        number = self._numbers.get(key)
        if number is None:
            return self._append_pods(key, (pod,))
        atom = self.atoms[number]
        self.atoms[number] = replace(atom, pods=(*atom.pods, pod))
        self.atom_of[pod_key(pod)] = number
        return number

    # ---- keys ----------------------------------------------------------------------------------------------------

    def _key(self, pod: Pod, places: tuple[int, ...]) -> object:
        """What tells atoms apart. Only labels that a pod has are in it, so a new label key changes no other key."""
        used = self.label_keys
        if pod.host_network:
            return (pod.namespace, True, places, pod.node if NODE in used else "")
        labels = tuple(sorted(item for item in pod.labels.items() if item[0] in used))
        return (pod.namespace, False, places, _named(pod.ports), labels, self._derived(pod))

    def _derived(self, pod: Pod) -> tuple[tuple[str, str], ...]:
        """The derived labels of a pod that are in use."""
        values = ((key, self.facts.derived_label(pod, key)) for key in self.derived_keys)
        return tuple((key, value) for key, value in values if value is not None)

    def _places(self, pod: Pod) -> tuple[int, ...]:
        if len(pod.addresses) == 1:
            return (self._owners[bisect_right(self._starts, pod.addresses[0]) - 1],)
        return tuple(sorted({self.atom_of_address(address) for address in pod.addresses}))

    def _append_pods(self, key: object, pods: tuple[Pod, ...]) -> int:
        number = len(self.atoms)
        self.atoms.append(Atom(pods, places=self._places(pods[0])))
        self._index(key, number)
        return number

    def _index(self, key: object, number: int) -> None:
        atom = self.atoms[number]
        self._numbers[key] = number
        for pod in atom.pods:
            self.atom_of[pod_key(pod)] = number
        namespace = self.facts.namespace_labels(atom.pods[0].namespace)
        self.postings.add(number, atom, self._labels(atom), namespace)

    def _labels(self, atom: Atom) -> Labels:
        pod = atom.pods[0]
        own = {key: value for key, value in pod.labels.items() if key in self.label_keys}
        return {**own, **dict(self._derived(pod))}

    # ---- addresses -----------------------------------------------------------------------------------------------

    def _sweep(self) -> None:
        """Make the address atoms: walk the line over the ends of all sets, and merge what is in the same sets."""
        ordered = sorted(self.address_sets, key=lambda addresses: addresses.intervals)
        turns: dict[int, int] = {0: 0}
        for index, addresses in enumerate(ordered):
            for lo, hi in addresses:
                turns[lo] = turns.get(lo, 0) ^ (1 << index)
                turns[hi + 1] = turns.get(hi + 1, 0) ^ (1 << index)
        spans: dict[int, list[tuple[int, int]]] = {}
        points = sorted(turns)
        inside = 0
        for position, start in enumerate(points):
            inside ^= turns[start]
            end = points[position + 1] - 1 if position + 1 < len(points) else ALL_ADDRESSES.intervals[-1][1]
            if start <= end:
                spans.setdefault(inside, []).append((start, end))
        found: list[list[int]] = [[] for _ in ordered]
        for inside, intervals in spans.items():
            addresses = AddressSet.of(intervals) & ALL_ADDRESSES
            if not addresses:
                continue
            number = len(self.atoms)
            self.atoms.append(Atom(addresses=addresses))
            self.address_atoms.append(number)
            for index in bits.members(inside):
                found[index].append(number)
        for addresses, numbers in zip(ordered, found, strict=True):
            self._members[addresses] = (bits.of(numbers), len(self.address_atoms))
        self._index_addresses()

    def _index_addresses(self) -> None:
        owned = sorted((lo, number) for number in self.address_atoms for lo, _ in self.atoms[number].addresses)
        self._starts = [lo for lo, _ in owned]
        self._owners = [number for _, number in owned]


def _named(ports: tuple[ContainerPort, ...]) -> tuple[tuple[str, int, int], ...]:
    return tuple(sorted({(port.name, port.protocol.value, port.number) for port in ports if port.name}))
