"""Whatever the cluster, and whatever was seen: it is kept, and only that is isolated. The slow oracle judges."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from random import Random

import click
import pytest
from hypothesis import given, settings, strategies as st

from ringfence.dialects import read_policies
from ringfence.flows.edges import Edge, EdgeSet, Party, PartyKind
from ringfence.learn import Proposal, Settings, learn
from ringfence.model.addresses import parse_address
from ringfence.model.flow import Outcome
from ringfence.model.names import NameRecord, Names
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.policy import Direction
from ringfence.model.ports import Protocol
from ringfence.model.verdict import AddressEndpoint, Endpoint
from ringfence.render import learn as rendering, learn_json, learn_markdown
from tests import oracle
from tests.clusters import snapshot_with
from tests.learn.worlds import edge
from tests.strategies import network_policy_bodies, snapshots

OUTSIDE = ("198.51.100.1", "198.51.100.2", "198.51.100.9", "2001:db8:1::1", "2001:db8:1::2")
DAY = dt.datetime(2025, 11, 3, tzinfo=dt.UTC)
DIALECTS = ("networkpolicy", "cilium", "calico", "calico-enterprise", "gke")


def party(pod: Pod) -> Party:
    return Party(PartyKind.WORKLOAD, pod.namespace, f"{pod.workload.kind}/{pod.workload.name}")


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Snapshot, list[Edge]]:
    """A cluster with policies of Kubernetes, and edges between its pods and addresses outside."""
    snapshot = draw(snapshots())
    bodies = [draw(network_policy_bodies(number)) for number in range(draw(st.integers(0, 2)))]
    snapshot = snapshot_with(snapshot, bodies)
    nameable = [pod for pod in snapshot.pods if pod.addresses or not pod.host_network]
    outside = st.sampled_from(OUTSIDE)
    names = st.sampled_from(((), ("a.example.com",), ("b.example.com", "a.example.com")))
    ends = st.one_of(
        st.sampled_from(nameable).map(party) if nameable else st.nothing(),
        st.builds(lambda address, known: Party(PartyKind.EXTERNAL, address=address, names=known), outside, names),
    )
    ports = st.sampled_from((53, 80, 8080, 443))
    protocols = st.sampled_from(("TCP", "UDP", "SCTP"))
    edges = draw(st.lists(st.builds(edge, ends, ends, ports, protocols), max_size=8))
    return snapshot, edges


def endpoints(snapshot: Snapshot, end: Party) -> list[Endpoint]:
    if end.kind is PartyKind.EXTERNAL:
        return [AddressEndpoint(parse_address(end.address))]
    same = [pod for pod in snapshot.pods if party(pod) == end]
    return [pod for pod in same if not pod.host_network] or list(same)


def applied(snapshot: Snapshot, proposal: Proposal) -> Snapshot:
    """The cluster with the proposal, its objects read again as plain data."""
    bodies = [raw.body for raw in snapshot.policies] + [made.body for made in proposal.objects]
    return snapshot_with(snapshot, bodies)


@pytest.mark.parametrize("dialect", DIALECTS)
@given(world=worlds())
@settings(max_examples=15, deadline=None)
def test_everything_that_was_seen_still_passes(dialect: str, world: tuple[Snapshot, list[Edge]]) -> None:
    snapshot, edges = world
    proposal = learn(snapshot, EdgeSet.of(edges), Settings(dialect))
    assert not proposal.proof.cut
    if dialect == "gke":
        return  # FQDNNetworkPolicy is read by nobody here
    after = applied(snapshot, proposal)
    policies, _ = read_policies(replace(after, names=Names(records(edges))), cni=proposal.cni)
    for each in edges:
        for source in endpoints(snapshot, each.source):
            for destination in endpoints(snapshot, each.destination):
                call = (source, destination, Protocol[each.protocol], each.port or 0)
                assert oracle.allowed(after, policies, *call) == (True, True), (each, proposal.objects)


def records(edges: list[Edge]) -> tuple[NameRecord, ...]:
    """What DNS answered, as the edges tell it."""
    return tuple(
        NameRecord(each.destination.names[0], parse_address(each.destination.address), DAY, DAY)
        for each in edges
        if each.destination.names
    )


@pytest.mark.parametrize("dialect", ["networkpolicy", "cilium", "calico"])
@given(world=worlds())
@settings(max_examples=15, deadline=None)
def test_only_directions_with_evidence_are_isolated(dialect: str, world: tuple[Snapshot, list[Edge]]) -> None:
    snapshot, edges = world
    proposal = learn(snapshot, EdgeSet.of(edges), Settings(dialect))
    after = applied(snapshot, proposal)
    made = after.policies[len(snapshot.policies) :]
    policies, _ = read_policies(after, cni=proposal.cni, only=made)
    seen = {
        Direction.EGRESS: {(each.source.namespace, each.source.workload) for each in edges},
        Direction.INGRESS: {(each.destination.namespace, each.destination.workload) for each in edges},
    }
    beside = {workload for each in proposal.workloads for workload in each.group.also}
    alike = {workload: each.group for each in proposal.workloads for workload in each.group.workloads}
    for policy in policies.policies():
        for pod in snapshot.pods:
            if pod.host_network or not oracle.peer_matches(after, policy.subject, pod, pod) or pod.workload in beside:
                continue
            members = alike[pod.workload].workloads
            for direction in policy.isolates:
                assert any((each.namespace, f"{each.kind}/{each.name}") in seen[direction] for each in members)


@given(world=worlds(), turned=st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_the_order_of_the_flows_changes_nothing(world: tuple[Snapshot, list[Edge]], turned: Random) -> None:
    snapshot, edges = world
    shuffled = list(edges)
    turned.shuffle(shuffled)
    one, other = (learn(snapshot, EdgeSet.of(some)) for some in (edges, shuffled))
    assert [(made.body, made.comments) for made in one.objects] == [
        (made.body, made.comments) for made in other.objects
    ]


PARTIES = (
    Party(PartyKind.NODE, workload="Node/n1"),
    Party(PartyKind.NODE, address="10.0.1.2"),
    Party(PartyKind.NODE, workload="Node/n9"),
    Party(PartyKind.UNKNOWN, address="10.0.0.99"),
    Party(PartyKind.UNKNOWN, "a", labels=(("app", "web"),)),
    Party(PartyKind.WORKLOAD, "b", "Deployment/gone", labels=(("app", "db"),)),
    Party(PartyKind.WORKLOAD, "b", "Deployment/lost"),
    Party(PartyKind.SERVICE, service="a/none", address="10.9.9.9"),
    Party(PartyKind.EXTERNAL),
    Party(PartyKind.EXTERNAL, address="198.51.100.1", names=("x.example.com",)),
)
"""Ends that are hard to name, or can't be."""


@st.composite
def hard_edges(draw: st.DrawFn, snapshot: Snapshot) -> list[Edge]:
    """Edges of all outcomes, with ports and protocols that rules may lack."""
    ends = st.one_of(st.sampled_from(snapshot.pods).map(party), st.sampled_from(PARTIES))
    ports = st.sampled_from((53, 80, 40_000, None))
    protocols = st.sampled_from(("TCP", "UDP", "ICMP"))
    outcomes = st.sampled_from((Outcome.ALLOWED, Outcome.ALLOWED, Outcome.AUDITED, Outcome.DENIED, Outcome.FAILED))
    return draw(st.lists(st.builds(edge, ends, ends, ports, protocols, outcome=outcomes), max_size=8))


@pytest.mark.parametrize("dialect", ["networkpolicy", "cilium", "cnp"])
@given(data=st.data(), denied=st.booleans())
@settings(max_examples=15, deadline=None)
def test_what_can_not_be_named_is_told_and_never_cut(dialect: str, data: st.DataObject, denied: bool) -> None:
    snapshot = data.draw(snapshots())
    edges = data.draw(hard_edges(snapshot))
    proposal = learn(snapshot, EdgeSet.of(edges), Settings(dialect, denied=denied, budget=2))
    assert not proposal.proof.cut
    assert click.unstyle("\n".join(rendering.text(proposal)))
    assert learn_json.document(proposal, ())
    assert learn_markdown.document(proposal)
