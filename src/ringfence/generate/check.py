"""Templates are held to the cluster before they are printed: what they open and close, and that they do as they say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ringfence.dialects import read_policies
from ringfence.engine import Engine
from ringfence.engine.difference import PairChange, compare
from ringfence.generate.manifest import Body, Manifest
from ringfence.generate.request import Draft, Given
from ringfence.generate.targets import RESOLVER_PORTS, Target
from ringfence.model.addresses import AddressSet, format_address
from ringfence.model.errors import QueryError
from ringfence.model.objects import Pod, RawObject
from ringfence.model.origin import Position
from ringfence.model.policy import Direction, Policy
from ringfence.model.ports import NO_PORTS, PortSet
from ringfence.model.verdict import AddressEndpoint

FILE = "generated"


@dataclass(frozen=True, slots=True)
class Checked:
    """A draft with what the engine says of it: the changes of every pair, and notes."""

    draft: Draft
    changes: tuple[PairChange, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Nowhere:
    """The places of a manifest that is not in any file yet."""

    def locate(self, path: tuple[str | int, ...], *, key: bool = False) -> Position:  # noqa: ARG002 -- the protocol's
        """The name that stands for a file."""
        return Position(FILE)


def raw_object(manifest: Manifest) -> RawObject:
    """The manifest as the dialects read objects."""
    body: Body = manifest.body
    return RawObject(manifest.ref, body, _Nowhere())


def check(given: Given, draft: Draft, *, cni: str = "generic") -> Checked:
    """The draft, applied to the cluster in mind.

    Raises:
        QueryError: the cluster is such that the template would not do as it says; the message tells why.
    """
    notes: list[str] = []
    draft = _without_known(given, draft, cni, notes)
    new = [raw_object(manifest) for manifest in draft.manifests if manifest.evaluated]
    if len(new) < len(draft.manifests):
        kinds = sorted({manifest.body["kind"] for manifest in draft.manifests if not manifest.evaluated})
        notes.append(f"{', '.join(kinds)} of this dialect is not evaluated yet: nothing below was verified of it.")
    after = _applied(given, new, cni, notes)
    changes = tuple(compare(given.engine, after)) if new else ()
    _refuse_opening(draft, changes)
    _refuse_cutting_dns(given, draft, after)
    notes.extend(_outside(given, draft, after))
    if new:
        notes.extend(_other_resolvers(given, draft, after))
    return Checked(draft, changes, tuple(notes))


def _without_known(given: Given, draft: Draft, cni: str, notes: list[str]) -> Draft:
    """The draft without manifests that say what a policy of the cluster already says."""
    known = {_meaning(policy): policy for policy in given.engine.policy_set.policies()}
    kept: list[Manifest] = []
    for manifest in draft.manifests:
        alone = replace(given.snapshot, policies=(raw_object(manifest),)) if manifest.evaluated else given.snapshot
        policies = list(read_policies(alone, cni=cni)[0].policies()) if manifest.evaluated else []
        same = known.get(_meaning(policies[0])) if policies and policies[0].subject.namespace is not None else None
        if same is None:
            kept.append(manifest)
        else:
            notes.append(f"{same.ref} is there already and says the same as {manifest.ref.name}, which is left out.")
    return replace(draft, manifests=tuple(kept))


def _meaning(policy: Policy) -> object:
    return (policy.subject, policy.isolates, frozenset(policy.egress), frozenset(policy.ingress))


def _applied(given: Given, new: Sequence[RawObject], cni: str, notes: list[str]) -> Engine:
    """The engine with the new policies. Names and priorities are free, so no other policy's findings change."""
    fresh, findings = read_policies(replace(given.snapshot, policies=tuple(new)), cni=cni)
    notes.extend(str(finding) for finding in findings)
    added = [(stage.name, policy) for layer in fresh.layers for stage in layer.stages for policy in stage.policies]
    known = {stage.name for layer in given.engine.policy_set.layers for stage in layer.stages}
    if all(name in known for name, _ in added):
        return given.engine.with_policies((), added)
    changed = replace(given.snapshot, policies=(*given.snapshot.policies, *new))
    return Engine.build(changed, read_policies(changed, cni=cni)[0])


def _refuse_opening(draft: Draft, changes: Sequence[PairChange]) -> None:
    if not draft.closes_only:
        return
    for change in changes:
        if change.opened:
            raise QueryError(
                f"This template would open {change.opened} from {_first(change.sources)} to "
                f"{_first(change.destinations)}, and it must only close: nothing is printed."
            )


def _refuse_cutting_dns(given: Given, draft: Draft, after: Engine) -> None:
    """Asks the rows of the DNS pods, and not every pair: those are millions where teams are cut from each other."""
    namespaces = frozenset(draft.keeps_dns)
    asking: dict[int, Pod] = {}
    for pod in given.snapshot.pods:
        if pod.namespace in namespaces:
            asking.setdefault(given.engine.atom(pod), pod)
    servers: dict[int, tuple[Pod, PortSet]] = {}
    for each in given.survey.dns:
        for pod in each.pods:
            servers.setdefault(given.engine.atom(pod), (pod, each.ports))
    for pod in asking.values():
        for server, ports in servers.values():
            lost = given.engine.allowed(pod, server) & ports
            if lost and lost - after.allowed(pod, server):
                raise QueryError(f"This template would cut {pod} from the DNS pod {server}: nothing is printed.")


def _outside(given: Given, draft: Draft, after: Engine) -> Iterator[str]:
    """What still gets out of namespaces that must not reach outside addresses."""
    for namespace in draft.outside:
        hosts = [pod for pod in given.snapshot.pods if pod.namespace == namespace and pod.host_network]
        if hosts:
            yield f"{len(hosts)} host-network pods of {namespace} still reach everything, such as {hosts[0]}."
        for pod in given.pods(namespace):
            open_ports = external_ports(after, pod)
            if open_ports:
                yield f"{pod} still reaches outside addresses on {open_ports}."
                break


def external_ports(engine: Engine, pod: Pod) -> PortSet:
    """The ports on which a pod reaches some address that is no pod's and no node's."""
    row = engine.row(Direction.EGRESS, engine.atom(pod))
    known = AddressSet.of((address, address) for address in engine.facts.node_of_address)
    found = NO_PORTS
    for number in engine.universe.address_atoms:
        ports = engine.table.sets[row.ports(number)]
        if ports and engine.universe.atoms[number].addresses - known:
            found |= ports
    return found


def _other_resolvers(given: Given, draft: Draft, after: Engine) -> Iterator[str]:
    """Resolvers that are reachable beside the only ones meant."""
    if not draft.resolvers:
        return
    if not draft.manifests:
        return
    spaces = (manifest.body["metadata"].get("namespace", "") for manifest in draft.manifests)
    namespace = next((name for name in spaces if name), "") or _subject(draft)
    wanted = PortSet.of(span for protocol, port in RESOLVER_PORTS for span in PortSet.point(protocol, port))
    one_of_each = {after.atom(pod): pod for pod in given.pods(namespace)}
    for own, pod in one_of_each.items():
        row = after.row(Direction.EGRESS, own)
        for number, atom in enumerate(after.universe.atoms):
            end = (
                atom.pods[0]
                if atom.pods
                else AddressEndpoint(atom.addresses.intervals[0][0])
                if atom.addresses
                else None
            )
            if end is None or end == pod or _placeless(end) or _is_meant(end, draft.resolvers):
                continue
            ports = after.table.sets[row.ports(number)] & wanted
            if ports:
                name = end if isinstance(end, Pod) else str(atom.addresses).split(",")[0]
                yield f"{pod} still reaches {name} on {ports}: another policy allows it."
                return


def _placeless(end: Pod | AddressEndpoint) -> bool:
    """A host-network pod whose node's address is not known: no rule can match it, and none is to blame."""
    return isinstance(end, Pod) and end.host_network and not end.addresses


def _subject(draft: Draft) -> str:
    subject = draft.manifests[0].body["spec"]["subject"]["namespaces"]["matchLabels"]
    return str(next(iter(subject.values())))


def _is_meant(end: Pod | AddressEndpoint, targets: Sequence[Target]) -> bool:
    for target in targets:
        if isinstance(end, AddressEndpoint):
            if end.address in target.addresses:
                return True
        elif not target.addresses and end.namespace == target.namespace:
            if all(end.labels.get(key) == value for key, value in (target.labels or {}).items()):
                return True
        elif any(address in target.addresses for address in end.addresses):
            return True
    return False


def _first(ends: tuple[Pod, ...] | AddressSet) -> str:
    return format_address(ends.intervals[0][0]) if isinstance(ends, AddressSet) else str(ends[0])
