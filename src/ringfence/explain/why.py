"""Why may, or may not, this connect to that: the answer with everything that it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ringfence.engine import Engine
from ringfence.explain.by_name import notes_on_dns, notes_on_names, rules_naming
from ringfence.explain.candidates import candidates
from ringfence.explain.causes import Cause, causes_of
from ringfence.explain.compare import Comparison, compare_sources
from ringfence.explain.endpoints import End, Endpoints, Target
from ringfence.explain.judge import Judgement, alike_pairs, judge
from ringfence.explain.meant import Written, causes_of_access
from ringfence.explain.names import UnknownNameError
from ringfence.explain.notes import notes_for
from ringfence.explain.varying import STATEFUL, Coverage, coverage, variations
from ringfence.model.addresses import format_address
from ringfence.model.errors import EndpointError, QueryError
from ringfence.model.finding import Finding
from ringfence.model.objects import Pod
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import Direction
from ringfence.model.ports import ALL_PORTS, AnyProtocol, PortSet
from ringfence.model.verdict import AddressEndpoint, Endpoint


@dataclass(frozen=True, slots=True)
class WhyAnswer:
    """The answer to one ``why``.

    ``judgements`` has one entry for each port that was asked for, or, without one, for each that the destination
    declares. Where it declares none, it is empty and ``open_ports`` are the ports that every pair may use. ``causes``
    has one entry for each judgement: why it is denied, nearest cause first, empty where it is allowed. ``variations``
    say what differs between replicas or address families; ``comparisons`` are the same questions for another source,
    one a judgement; ``coverage`` the addresses that were asked about beside the destination, and, where that is an
    address itself, it too.
    """

    source: End
    destination: End
    judgements: tuple[Judgement, ...]
    notes: tuple[str, ...]
    open_ports: PortSet | None = None
    port_given: bool = True
    causes: tuple[tuple[Cause, ...], ...] = ()
    variations: tuple[str, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    coverage: tuple[Coverage, ...] = ()

    @property
    def allowed(self) -> bool:
        """True where every port in question is allowed; without declared ports, where at least one port is.

        Of the addresses that were asked about beside the destination, every one must be allowed, too.
        """
        if not all(each.allowed for each in self.coverage):
            return False
        if self.open_ports is not None:
            return bool(self.open_ports)
        return all(judgement.allowed for judgement in self.judgements)


def why(
    engine: Engine,
    endpoints: Endpoints,
    source: str,
    destination: str,
    port: tuple[AnyProtocol, int] | None = None,
    *,
    compare: str = "",
    addresses: Sequence[str] = (),
    findings: Sequence[Finding] = (),
    written: Written | None = None,
) -> WhyAnswer:
    """Answers for two endpoint texts; ``port`` of ``None`` asks about every port that the destination declares.

    ``compare`` names another source, to be told apart from the first; ``addresses`` are further addresses of the
    destination's name, each judged on the same port; ``findings`` are those about the policies, for causes.
    ``written`` tells what manifests say, for policies that were meant to deny an allowed connection.

    Raises:
        EndpointError: a text names nothing in the snapshot, or the Service doesn't have the port.
        QueryError: ``addresses`` without a port.
    """
    if addresses and port is None:
        raise QueryError(f"--addresses needs a port: write {destination}:443, or whichever it is.")
    left = endpoints.source(source)
    try:
        right = endpoints.destination(destination)
    except UnknownNameError as error:
        raise EndpointError(f"{error} {rules_naming(engine, left, error.name)}") from None
    ports = (port,) if port is not None else endpoints.ports(right)
    judgements = tuple(judge(engine, endpoints, left, right, protocol, number) for protocol, number in ports)
    notes: dict[str, None] = {}
    for judgement in judgements:
        notes.update(dict.fromkeys(notes_on_dns(judgement, engine, endpoints)))
        notes.update(dict.fromkeys(notes_for(judgement, engine)))
        notes.update(dict.fromkeys(notes_on_names(judgement, endpoints.names)))
        if judgement.allowed:
            guards = causes_of_access(engine, judgement, written or _unknown)
            # Only what is surely a mistake: many a policy is right not to ask for some pods.
            notes.update((guard.text, None) for guard in guards if not guard.distance)
    if not judgements:
        return WhyAnswer(left, right, (), (*left.notes, *right.notes), _open_to_all(engine, left, right), False)
    policies = candidates(engine).additive((*left.endpoints, *right.endpoints))
    known = endpoints.services, findings, policies
    causes = tuple(causes_of(judgement, engine.facts, *known) for judgement in judgements)
    varying = tuple(dict.fromkeys(text for judgement in judgements for text in variations(judgement, engine)))
    other = endpoints.source(compare) if compare else None
    compared = tuple(compare_sources(engine, endpoints, each, other) for each in judgements) if other else ()
    if right.dns and port is not None:
        addresses = tuple(dict.fromkeys((*map(_spelt, right.endpoints), *addresses)))
    elif addresses and all(isinstance(end, AddressEndpoint) for end in right.endpoints):
        named = {endpoints.destination(text).name for text in addresses}
        addresses = addresses if right.name in named else (destination, *addresses)
    covered = coverage(engine, endpoints, left, addresses, port) if port is not None else ()
    if varying or covered:
        notes[STATEFUL] = None
    return WhyAnswer(left, right, judgements, tuple(notes), None, port is not None, causes, varying, compared, covered)


def _spelt(endpoint: Endpoint) -> str:
    """A recorded address as an endpoint text."""
    return str(endpoint) if isinstance(endpoint, Pod) else format_address(endpoint.address)


def _unknown(_ref: ObjectRef, _direction: Direction) -> bool:
    """Without manifests nothing is known of lists that are empty."""
    return False


def _open_to_all(engine: Engine, source: End, destination: End) -> PortSet:
    common = ALL_PORTS
    targets = (Target(endpoint, 0) for endpoint in destination.endpoints)
    for pairs in alike_pairs(engine, source.endpoints, targets):
        common = common & engine.allowed(pairs.source, pairs.target.endpoint)
    return common
