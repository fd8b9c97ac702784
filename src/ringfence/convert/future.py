"""Pods that could be made: one for each way in which the selectors and ranges of two policy sets can tell pods apart.

Selectors are taken apart into terms. A namespace counts by which terms it leaves possible: of those of the cluster
that are alike in that, one stands for all; beside them stands a new one for each way in which labels could make it
different. In each of these, label by label, the values that terms ask for are tried, a value that none asks for, and
no label; sets of labels that leave the same terms possible are the same.

Each such pod is tried without an address and with one in each of the ranges that rules tell apart, and has every port
name that rules use. Where there would be more pods than :data:`MOST_PODS`, the proof says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ringfence.dialects.writing.regions import UNASSIGNED
from ringfence.dialects.writing.terms import Literal, Term, TooManyTermsError, terms_of
from ringfence.model import derived
from ringfence.model.addresses import ALL_ADDRESSES, AddressSet, format_address
from ringfence.model.labels import Operator
from ringfence.model.objects import NAMESPACE_NAME_LABEL, Namespace, Node, Pod, Snapshot, WorkloadRef
from ringfence.model.policy import AddressPeer, NamePeer, Peer, PodPeer, PolicySet, leaves
from ringfence.model.ports import ContainerPort, NamedPort, Protocol

MOST_PODS = 1500
MOST_SHAPES = 400
KIND = "NewPod"
"""How such a pod is called in answers: ``shop/NewPod/app=web``."""

_OTHER = "other"
_FIRST_PORT = 41000
_PARTIAL = (Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH)
_UNTRIED = {
    derived.MESH: "membership in the mesh",
    derived.PRINCIPAL: "identities in the mesh",
    derived.NODE: "the nodes that pods run on",
}


@dataclass(frozen=True, slots=True)
class Future:
    """Pods, namespaces and nodes that could be; ``limits`` say what was not tried."""

    pods: tuple[Pod, ...]
    namespaces: tuple[Namespace, ...]
    nodes: tuple[Node, ...]
    limits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    """A namespace, and what the terms still ask of a pod in it."""

    namespace: Namespace
    residue: tuple[Term, ...]
    new: bool = False


def future_of(snapshot: Snapshot, *policy_sets: PolicySet) -> Future:
    """The pods that could be made that the policies can tell apart."""
    limits: list[str] = []
    terms = _terms(policy_sets, limits)
    places = _places(snapshot, terms, limits)
    ranges = _ranges(policy_sets)
    ports = _ports(policy_sets)
    pods: list[Pod] = []
    shapes = [(place, labels) for place in places for labels in _shapes(place.residue, _is_pod_key, limits)]
    for place, labels in shapes:
        pods.append(_pod(place, labels, ports, None))
    theirs = [part - UNASSIGNED for part in ranges if part - UNASSIGNED]
    addressed = [(place, labels, part) for part in theirs for place, labels in shapes]
    for place, labels, part in addressed[: max(0, MOST_PODS - len(pods))]:
        pods.append(_pod(place, labels, ports, part.intervals[0][0]))
    if len(addressed) > MOST_PODS - len(shapes):
        limits.append(f"Of pods by label and address together, {MOST_PODS} were tried, not all.")
    nodes = tuple(
        Node(f"new-node-{number}", {}, (part.intervals[-1][1],))
        for number, part in enumerate(theirs, start=1)
        if part.size > 1  # where a rule speaks of one address, that stays outside
    )
    return Future(
        tuple(pods), tuple(place.namespace for place in places if place.new), nodes, tuple(dict.fromkeys(limits))
    )


# ---- what the policies ask for -------------------------------------------------------------------------------------


def _peers(policy_sets: Iterable[PolicySet]) -> Iterator[Peer]:
    for policy_set in policy_sets:
        for policy in policy_set.policies():
            yield policy.subject
            for rule in (*policy.egress, *policy.ingress):
                yield from rule.peers or ()
                if rule.only is not None:
                    yield rule.only


def _terms(policy_sets: Sequence[PolicySet], limits: list[str]) -> list[Term]:
    found: dict[Term, None] = {}
    for peer in leaves(_peers(policy_sets)):
        if isinstance(peer, PodPeer):
            try:
                found.update(dict.fromkeys(terms_of(peer)))
            except TooManyTermsError:
                limits.append(f"A selector has too many alternatives to be taken apart: {peer}.")
    for term in found:
        for literal in term.literals:
            key = literal.requirement.key
            if key in _UNTRIED or key.startswith(derived.SERVICE_ACCOUNT_LABEL):
                what = _UNTRIED.get(key, "labels of service accounts")
                limits.append(f"{what[0].upper()}{what[1:]} were tried only as the input has them.")
            elif literal.requirement.operator in _PARTIAL:
                limits.append("Of labels that are matched by a part of their value, some values were tried.")
    return list(found)


def _ranges(policy_sets: Iterable[PolicySet]) -> list[AddressSet]:
    """The ranges that rules tell apart, one address of each to be tried; the first is what none speaks of."""
    cuts: list[AddressSet] = []
    for peer in leaves(_peers(policy_sets)):
        if isinstance(peer, AddressPeer | NamePeer) and peer.addresses and peer.addresses not in cuts:
            cuts.append(peer.addresses)
    parts = [ALL_ADDRESSES] if cuts else []
    for cut in cuts:
        parts = [piece for part in parts for piece in (part & cut, part - cut) if piece]
    return parts


def _ports(policy_sets: Iterable[PolicySet]) -> tuple[ContainerPort, ...]:
    names = {
        port.name: None
        for policy_set in policy_sets
        for policy in policy_set.policies()
        for rule in (*policy.egress, *policy.ingress)
        for port in rule.ports or ()
        if isinstance(port, NamedPort)
    }
    numbered = enumerate((name, protocol) for name in names for protocol in Protocol)
    return tuple(ContainerPort(name, protocol, _FIRST_PORT + number) for number, (name, protocol) in numbered)


# ---- namespaces and labels -----------------------------------------------------------------------------------------


def _is_namespace_key(key: str) -> bool:
    return key == derived.NAMESPACE or key.startswith(derived.NAMESPACE_LABEL)


def _is_pod_key(key: str) -> bool:
    return key == derived.SERVICE_ACCOUNT or not derived.is_derived(key)


def _places(snapshot: Snapshot, terms: Sequence[Term], limits: list[str]) -> list[_Place]:
    """A namespace for each set of terms that it leaves possible: of the cluster's, and of new ones."""
    found: dict[tuple[frozenset[int], bool], _Place] = {}
    named = _names(terms)
    for space in snapshot.namespaces.values():
        alive = _alive(terms, _labels_of(space))
        found.setdefault((alive, False), _Place(space, _residue(terms, alive)))
    for number, labels in enumerate(_shapes(terms, _is_namespace_key, limits, snapshot.namespaces), start=1):
        name = labels.get(derived.NAMESPACE, "")
        if name in snapshot.namespaces:
            continue  # it has the labels that it has
        if name not in named:
            name = _fresh(number, snapshot)
        elif any(place.namespace.name == name for place in found.values()):
            limits.append(f"The namespace {name}, which isn't there, was tried with one set of labels.")
            continue
        own = {key.removeprefix(derived.NAMESPACE_LABEL): value for key, value in labels.items() if _is_label(key)}
        space = Namespace(name, {NAMESPACE_NAME_LABEL: name, **own})
        alive = _alive(terms, _labels_of(space))
        found.setdefault((alive, True), _Place(space, _residue(terms, alive), new=True))
    return list(found.values())


def _names(terms: Iterable[Term]) -> set[str]:
    """The namespaces that terms ask for by name."""
    return {
        value
        for term in terms
        for literal in term.literals
        if literal.requirement.key == derived.NAMESPACE
        for value in literal.requirement.values
    }


def _fresh(number: int, snapshot: Snapshot) -> str:
    name = f"new-{number}"
    while name in snapshot.namespaces:
        name += "-x"
    return name


def _is_label(key: str) -> bool:
    return key.startswith(derived.NAMESPACE_LABEL)


def _labels_of(space: Namespace) -> dict[str, str]:
    labels = {derived.NAMESPACE_LABEL + key: value for key, value in space.labels.items()}
    return {**labels, derived.NAMESPACE: space.name}


def _alive(terms: Sequence[Term], labels: dict[str, str]) -> frozenset[int]:
    """The terms whose literals on the namespace hold of these labels."""
    return frozenset(
        number
        for number, term in enumerate(terms)
        if all(_holds(each, labels) for each in term.literals if _is_namespace_key(each.requirement.key))
    )


def _residue(terms: Sequence[Term], alive: frozenset[int]) -> tuple[Term, ...]:
    """What these terms ask besides; each by itself, for terms of two policies may ask the same."""
    return tuple(
        Term(tuple(each for each in terms[number].literals if not _is_namespace_key(each.requirement.key)))
        for number in sorted(alive)
    )


def _holds(literal: Literal, labels: dict[str, str]) -> bool:
    return literal.requirement.matches(labels) is literal.holds


def _shapes(
    terms: Sequence[Term], is_asked: Callable[[str], bool], limits: list[str], taken: Collection[str] = ()
) -> list[dict[str, str]]:
    """One set of labels for each set of terms that labels can leave possible; ``taken`` are no new names."""
    asked: dict[str, list[Literal]] = {}
    for term in terms:
        for literal in term.literals:
            if is_asked(literal.requirement.key):
                asked.setdefault(literal.requirement.key, []).append(literal)
    states: dict[frozenset[int], dict[str, str]] = {frozenset(range(len(terms))): {}}
    for key in sorted(asked):
        after: dict[frozenset[int], dict[str, str]] = {}
        for alive, labels in states.items():
            for value in _values(key, asked[key], taken):
                tried = {} if value is None else {key: value}
                left = frozenset(
                    number
                    for number in alive
                    if all(_holds(each, tried) for each in terms[number].literals if each.requirement.key == key)
                )
                after.setdefault(left, {**labels, **tried})
        if len(after) > MOST_SHAPES:
            limits.append(f"Labels can be combined in more than {MOST_SHAPES} ways that matter; so many were tried.")
            after = dict(list(after.items())[:MOST_SHAPES])
        states = after
    return list(states.values())


def _values(key: str, literals: Iterable[Literal], taken: Collection[str]) -> list[str | None]:
    """The values to try: those that are asked for, one that isn't, and none at all."""
    found: dict[str | None, None] = {None: None}
    for literal in literals:
        asked = literal.requirement
        for value in asked.values:
            found[value or ("" if asked.operator in (Operator.IN, Operator.NOT_IN) else _OTHER)] = None
            if asked.operator in _PARTIAL:
                found.update(dict.fromkeys((f"{value}0", f"0{value}", f"0{value}0")))
    other = _OTHER
    while other in found or other in taken:
        other += "-" + _OTHER
    found[other] = None
    if key in (derived.NAMESPACE, derived.SERVICE_ACCOUNT):
        del found[None]
    return list(found)


def _pod(place: _Place, labels: dict[str, str], ports: tuple[ContainerPort, ...], address: int | None) -> Pod:
    own = {key: value for key, value in labels.items() if not derived.is_derived(key)}
    account = labels.get(derived.SERVICE_ACCOUNT, "default")
    text = ",".join(f"{key}={value}" for key, value in labels.items()) or "unlabelled"
    name = text.replace(derived.SERVICE_ACCOUNT, "serviceaccount")
    if address is not None:
        name += f"@{format_address(address)}"
    workload = WorkloadRef(place.namespace.name, KIND, name)
    addresses = () if address is None else (address,)
    return Pod(place.namespace.name, "", own, workload, addresses, ports, service_account=account, planned=True)
