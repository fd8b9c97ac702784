"""The fate of every recorded connection is what the slow evaluator says of all pairs of its replicas."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from hypothesis import given, strategies as st

from ringfence.explain.recorded import RecordedEnds
from ringfence.explain.recorded_reasons import Standing
from ringfence.explain.recorded_verdict import RecordedJudge
from ringfence.flows.edges import Edge, EdgeSet, Party, PartyKind
from ringfence.model.addresses import format_address
from ringfence.model.flow import Outcome
from ringfence.model.objects import Pod, Snapshot, WorkloadRef
from ringfence.model.policy import PolicySet
from ringfence.model.ports import Protocol
from ringfence.model.verdict import AddressEndpoint, Endpoint
from ringfence.replay import replay
from tests import oracle, points, strategies

SEEN = (Outcome.ALLOWED, Outcome.DENIED, Outcome.UNKNOWN)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """Clusters some of whose pods are replicas of one workload."""
    snapshot = draw(strategies.snapshots(most_pods=5))
    shared = [draw(st.booleans()) and not pod.planned for pod in snapshot.pods]
    pods = [
        replace(pod, workload=WorkloadRef(pod.namespace, "Deployment", "shared")) if together else pod
        for pod, together in zip(snapshot.pods, shared, strict=True)
    ]
    return replace(snapshot, pods=tuple(pods))


def _party(end: Endpoint) -> Party:
    if isinstance(end, Pod):
        return Party(PartyKind.WORKLOAD, end.namespace, f"{end.workload.kind}/{end.workload.name}")
    return Party(PartyKind.NODE if end.node else PartyKind.EXTERNAL, address=format_address(end.address))


def _endpoints(snapshot: Snapshot, party: Party, end: Endpoint) -> list[Endpoint]:
    if isinstance(end, AddressEndpoint):
        return [end]
    named = party.namespace, party.workload
    return [pod for pod in snapshot.pods if (pod.namespace, f"{pod.workload.kind}/{pod.workload.name}") == named]


def _runs_anywhere(pod: Pod) -> bool:
    return not pod.node and not pod.host_network


def _may(
    snapshot: Snapshot, policies: PolicySet, sources: list[Endpoint], destinations: list[Endpoint], port: int
) -> bool:
    """Every pair, but for a replica and itself where there are others; of a node only its own pods, if it runs any."""
    if isinstance(sources[0], AddressEndpoint) and sources[0].node:
        node = sources[0].node
        own = [end for end in destinations if isinstance(end, Pod) and (end.node == node or _runs_anywhere(end))]
        if own:
            return True  # the kubelet's probes, as far as anybody knows
    pairs = [
        (source, destination)
        for source, destination in product(sources, destinations)
        if source is not destination
        or len(sources) == len(destinations) == 1
        or (isinstance(source, Pod) and source.planned)
    ]
    return all(all(oracle.allowed(snapshot, policies, *pair, Protocol.TCP, port)) for pair in pairs)


@given(snapshots(), strategies.policy_sets(), strategies.policy_sets(), st.data())
def test_fates_are_the_oracles(snapshot: Snapshot, today: PolicySet, proposed: PolicySet, data: st.DataObject) -> None:
    ends: list[Endpoint] = [*snapshot.pods, *points.addresses(snapshot, today), *points.addresses(snapshot, proposed)]
    taken = {address for pod in snapshot.pods for address in pod.addresses if not pod.host_network}
    ends = [end for end in ends if isinstance(end, Pod) or end.address not in taken]
    chosen = data.draw(
        st.lists(
            st.tuples(
                st.sampled_from(ends),
                st.sampled_from(ends),
                st.sampled_from(strategies.PORT_NUMBERS),
                st.sampled_from(SEEN),
            ).filter(lambda drawn: isinstance(drawn[0], Pod) or isinstance(drawn[1], Pod)),
            min_size=1,
            max_size=8,
        )
    )
    edges = [
        Edge(_party(source), _party(destination), "TCP", port, outcome, 1, 0.0, 0.0)
        for source, destination, port, outcome in chosen
    ]
    report = replay(EdgeSet.of(edges), snapshot, proposed, today)
    found = {(row.source.party, row.destination.party, row.port): row.fate.value for row in report.rows}
    seen: dict[tuple[Party, Party, int], set[Outcome]] = {}
    asked: dict[tuple[Party, Party, int], tuple[Endpoint, Endpoint]] = {}
    for edge, (source, destination, port, outcome) in zip(edges, chosen, strict=True):
        key = edge.source, edge.destination, port
        seen.setdefault(key, set()).add(outcome)
        asked[key] = source, destination
    expected = {}
    for key, outcomes in seen.items():
        sources, destinations = (_endpoints(snapshot, *each) for each in zip(key[:2], asked[key], strict=True))
        before, after = (_may(snapshot, policies, sources, destinations, key[2]) for policies in (today, proposed))
        if not after and (Outcome.ALLOWED in outcomes or before):
            expected[key] = "cut"
        elif after and Outcome.DENIED in outcomes and Outcome.ALLOWED not in outcomes and not before:
            expected[key] = "opened"
    assert found == expected
    parties = EdgeSet.of(edges).parties
    recorded = RecordedEnds(snapshot, parties)
    judge = RecordedJudge(recorded, proposed)
    for (start, end, port), ends_asked in asked.items():
        numbers = [recorded.numbers[list(parties).index(party)] for party in (start, end)]
        sides = zip((start, end), ends_asked, strict=True)
        sources, destinations = (_endpoints(snapshot, *each) for each in sides)
        standing = judge.verdict(numbers[0], numbers[1], "TCP", port).standing
        assert (standing is Standing.ALLOWED) is _may(snapshot, proposed, sources, destinations, port)
    assert not report.unjudged
