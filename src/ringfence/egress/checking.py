"""Manifests held to the cluster before they are printed: what they open and close, and whether they do as asked."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ringfence.dialects import gke, read_policies
from ringfence.dialects.reading import split_api_version
from ringfence.dialects.registry import DIALECTS
from ringfence.egress.meaning import Means, is_target, ports_of
from ringfence.egress.plan import Grant, Plan
from ringfence.engine import Engine
from ringfence.engine.difference import PairChange, compare
from ringfence.generate.check import raw_object
from ringfence.generate.manifest import Manifest
from ringfence.generate.request import Given
from ringfence.generate.targets import Target
from ringfence.model.addresses import AddressSet
from ringfence.model.errors import QueryError
from ringfence.model.finding import Severity
from ringfence.model.name_patterns import NameSyntax
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.ports import PortSet, Protocol
from ringfence.model.verdict import AddressEndpoint, Endpoint, Verdict

DNS = "DNS"


class Answer(enum.Enum):
    """What becomes of one line of a request."""

    ALLOWED = "allowed"
    CONDITIONAL = "allowed if"
    DENIED = "denied"
    NOT_JUDGED = "not verified"


@dataclass(frozen=True, slots=True)
class Judged:
    """One line of a request in the cluster with the manifests. ``why`` says what decides, or what must hold."""

    request: str
    text: str
    ports: PortSet
    answer: Answer
    why: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdicts of every line, and what the manifests change."""

    judged: tuple[Judged, ...]
    changes: tuple[PairChange, ...]
    notes: tuple[str, ...] = ()

    @property
    def held(self) -> bool:
        """True where nothing that was asked for stays denied."""
        return all(each.answer is not Answer.DENIED for each in self.judged)


def evaluated(manifest: Manifest) -> bool:
    """True for a kind that the engine judges."""
    group, _ = split_api_version(manifest.body["apiVersion"])
    return (group, manifest.body["kind"]) in DIALECTS


def check(
    given: Given,
    fresh: Given,
    plans: Sequence[Plan],
    manifests: Sequence[Manifest],
    *,
    syntax: NameSyntax | None,
    beside: Sequence[Target] = (),
    via: Mapping[str, tuple[Pod, ...]] | None = None,
    cni: str,
) -> Checked:
    """The manifests, applied in mind to ``fresh``: ``given`` without what was made for these requests before.

    ``syntax`` is how the dialect reads names, None where it has none. ``beside`` is what the pods must reach besides
    what was asked for; ``via`` are the pods that call a name in the place of those that it was asked for.

    Raises:
        QueryError: the manifests would not be read as written, or open something that nobody asked for. That is a
            mistake of Ringfence, and the message says so.
    """
    new = [raw_object(manifest) for manifest in manifests if evaluated(manifest)]
    unread = sorted({manifest.body["kind"] for manifest in manifests if not evaluated(manifest)})
    notes = [f"{', '.join(unread)}: not evaluated by the engine; written from the reference."] if unread else []
    _refuse_errors(replace(fresh.snapshot, policies=tuple(new)), cni)
    changed = replace(fresh.snapshot, policies=(*fresh.snapshot.policies, *new))
    after = Engine.build(changed, read_policies(changed, cni=cni)[0])
    possible = after.reading(certain=False)
    changes = compare(given.engine, after)
    means = Means(plans, syntax, tuple(beside), _assumed(manifests))
    for change in (*changes, *compare(given.engine.reading(certain=False), possible)):
        means.refuse_strays(change)
    judge = _Judge(given, after, possible, via or {})
    judged = [each for plan in plans for each in judge.plan(plan, beside)]
    notes.extend(_circles(given, plans))
    return Checked(tuple(judged), tuple(_certain(changes, possible)), tuple(notes))


def _assumed(manifests: Sequence[Manifest]) -> tuple[Target, ...]:
    """What a kind may open besides what it says: GKE's policies by name, the cluster's DNS."""
    if all(manifest.body["kind"] != "FQDNNetworkPolicy" for manifest in manifests):
        return ()
    ports = ((Protocol.UDP, gke.DNS_PORT), (Protocol.TCP, gke.DNS_PORT))
    return (Target(gke.DNS_NAMESPACE, dict((gke.DNS_LABEL,)), ports=ports),)


def _refuse_errors(snapshot: Snapshot, cni: str) -> None:
    for finding in read_policies(snapshot, cni=cni)[1]:
        if finding.severity is Severity.ERROR:
            raise QueryError(f"The manifests would not be read as they are meant, so nothing is printed: {finding}")


def _certain(changes: Sequence[PairChange], possible: Engine) -> Iterator[PairChange]:
    """The changes without pairs of pods that only a condition, such as the name in a DNS query, may still allow."""
    for change in changes:
        for part in _split(change, possible):
            if part.opened or part.closed:
                yield part


def _split(change: PairChange, possible: Engine) -> Iterator[PairChange]:
    """A change of pods, cut into parts by what stays possible; a pod is not meant with itself."""
    sources, destinations = change.sources, change.destinations
    if not change.closed or isinstance(sources, AddressSet) or isinstance(destinations, AddressSet):
        yield change
        return
    parts: dict[tuple[int, PortSet], list[Pod]] = {}
    for end in destinations:
        source = next((pod for pod in sources if pod is not end), None)
        if source is not None:
            parts.setdefault((possible.atom(source), possible.allowed(source, end) & change.before), []).append(end)
    for (_, still), ends in parts.items():
        yield replace(change, destinations=tuple(ends), after=change.after | still)


def _circles(given: Given, plans: Sequence[Plan]) -> Iterator[str]:
    """Pods that may not ask for names as things are, though rules by name need the answers."""
    before = given.engine.reading(certain=False)
    for plan in plans:
        if not plan.named or not given.survey.dns:
            continue
        cut = sorted({str(pod.workload) for pod in plan.pods if not _asks(given, before, pod)})
        if cut:
            shown = ", ".join(cut[:3]) + (f" and {len(cut) - 3} more" if len(cut) > 3 else "")
            ports = " and ".join(
                dict.fromkeys(f"{kind} {port}" for t in plan.dns.targets for kind, port in t.ports or ())
            )
            yield (
                f"DNS circle: {shown} may not ask for names as things are, and a rule by name needs the answer. "
                f"The rule for DNS breaks it: {ports} to the DNS servers found, and nothing more."
            )


def _asks(given: Given, engine: Engine, pod: Pod) -> bool:
    return any(
        engine.allowed(pod, end) & server.ports for server in given.survey.dns for end in server.endpoints
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Judge:
    """Judges each line of a request from each kind of pod that it is for."""

    given: Given
    after: Engine
    possible: Engine
    via: Mapping[str, tuple[Pod, ...]]

    def plan(self, plan: Plan, beside: Sequence[Target]) -> Iterator[Judged]:
        """Every line, that for DNS first."""
        pods = list({self.after.atom(pod): pod for pod in plan.pods}.values())
        name = plan.request.name
        if plan.named or any(grant.service for grant in plan.grants):
            for server in self.given.survey.dns:
                yield self._line(name, f"{DNS} ({server.name})", server.ports, pods, list(server.endpoints))
        for target in beside:
            ends = [pod for pod in self.given.snapshot.pods if is_target(target, pod)]
            shown = ",".join(f"{key}={value}" for key, value in (target.labels or {}).items())
            if ends:
                yield self._line(name, f"{target.namespace} {shown}", ports_of(target), pods, list(ends))
        for grant in plan.grants:
            senders, text = pods, grant.text
            if grant.text in self.via:
                senders = list({self.after.atom(pod): pod for pod in self.via[grant.text]}.values())
                text = f"{grant.text}, from the egress gateway"
            if grant.name is not None and not grant.records:
                yield replace(self._unrecorded(name, grant, senders), text=text)
            else:
                yield self._line(name, text, grant.port_set, senders, list(self._ends(grant)))

    def _ends(self, grant: Grant) -> Iterator[Endpoint]:
        if grant.pods is not None:
            yield from (pod for pod in self.given.snapshot.pods if is_target(grant.pods, pod))
        else:
            wanted = grant.ranges or AddressSet.of((each.address, each.address) for each in grant.records)
            known = AddressSet.of((address, address) for address in self.after.facts.node_of_address)
            for number in self.after.universe.address_atoms:
                shared = (self.after.universe.atoms[number].addresses & wanted) - known
                if shared:
                    yield AddressEndpoint(shared.intervals[0][0])

    def _line(self, request: str, text: str, ports: PortSet, pods: Sequence[Pod], ends: Sequence[Endpoint]) -> Judged:
        answer, why = Answer.ALLOWED, ""
        if not pods or not ends:
            return Judged(request, text, ports, Answer.NOT_JUDGED, "no pod of the input stands for an end")
        for pod in pods:
            for end in ends:
                if not ports - self.after.allowed(pod, end):
                    continue
                missing = ports - self.possible.allowed(pod, end)
                verdict = self._verdict(pod, end, missing or (ports - self.after.allowed(pod, end)))
                if missing:
                    return Judged(request, text, ports, Answer.DENIED, _denied(verdict))
                answer, why = Answer.CONDITIONAL, _conditions(verdict)
        return Judged(request, text, ports, answer, why)

    def _unrecorded(self, request: str, grant: Grant, pods: Sequence[Pod]) -> Judged:
        """A name that may have any address outside: it is allowed if DNS gives one, unless all are denied to it."""
        ports = grant.port_set
        if not pods:
            return Judged(request, grant.text, ports, Answer.NOT_JUDGED, "no pod of the input stands for an end")
        universe, known = self.after.universe, self.after.facts.node_of_address
        outside = [
            AddressEndpoint(atom.addresses.intervals[0][0])
            for atom in (universe.atoms[number] for number in universe.address_atoms)
            if atom.addresses and atom.addresses.intervals[0][0] not in known
        ]
        for pod in pods:
            if all(not ports - self.after.allowed(pod, end) for end in outside):
                continue
            reachable = [end for end in outside if not ports - self.possible.allowed(pod, end)]
            if not reachable:
                why = _denied(self._verdict(pod, outside[0], ports - self.possible.allowed(pod, outside[0])))
                return Judged(request, grant.text, ports, Answer.DENIED, why)
            return Judged(request, grant.text, ports, Answer.CONDITIONAL, f"DNS gives the address for {grant.text}")
        return Judged(request, grant.text, ports, Answer.ALLOWED, "every address outside is open to these pods")

    def _verdict(self, pod: Pod, end: Endpoint, ports: PortSet) -> Verdict:
        protocol, port = next(
            (protocol, lo) for protocol in Protocol for lo, _ in ports.of_protocol(protocol)
        )  # fmt: skip
        return self.after.verdict(pod, end, protocol, port)


def _denied(verdict: Verdict) -> str:
    side = verdict.ingress if verdict.egress.allowed or verdict.egress.conditional else verdict.egress
    refs = dict.fromkeys(str(trace.policy.ref) for trace in side.deciding)
    refs = refs or dict.fromkeys(str(policy.ref) for stage in side.stages[-1:] for policy in stage.selecting)
    shown = ", ".join(list(refs)[:3]) or "no policy allows it"
    end = verdict.source if side is verdict.egress else verdict.destination
    return f"{side.direction} of {end}: {shown}"


def _conditions(verdict: Verdict) -> str:
    texts: dict[str, None] = {}
    for side in (verdict.egress, verdict.ingress):
        for trace in side.conditional:
            texts.update(dict.fromkeys(condition.text for condition in trace.rule.conditions))
    return " and ".join(texts)
