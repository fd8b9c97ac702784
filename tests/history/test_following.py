"""A cluster that is followed is, after each change, the one that its objects make when they are read anew."""

from __future__ import annotations

import itertools

from hypothesis import given, strategies as st

from ringfence.cluster import Cluster
from ringfence.history.following import Following
from ringfence.history.keeper import Keeper
from ringfence.live.watch import Change
from ringfence.model.addresses import parse_address
from ringfence.model.ports import Protocol
from ringfence.model.verdict import AddressEndpoint, Endpoint
from ringfence.sources.live_items import snapshot_of
from tests.history.changing import KINDS, SPACES, Body, resource, text

Event = tuple[tuple[str, str], str, int | None]
"""A kind, a name, and which of the things that objects of the kind may say; None where it is deleted."""

OUTSIDE = [AddressEndpoint(parse_address(each)) for each in ("198.51.100.7", "203.0.113.1", "8.8.8.8")]

NAMES = [f"{space}/{name}" for space in SPACES for name in "ab"]
FIRST: list[Event] = [
    (("v1", "Namespace"), "/shop", 0),
    (("v1", "Namespace"), "/data", 1),
    *((("v1", "Pod"), name, number % 3) for number, name in enumerate(NAMES)),
]
events = st.sampled_from(sorted(KINDS)).flatmap(
    lambda kind: st.tuples(
        st.just(kind),
        st.sampled_from(SPACES).map(lambda space: f"/{space}") if kind[1] == "Namespace" else st.sampled_from(NAMES),
        st.sampled_from([*range(len(KINDS[kind])), *range(len(KINDS[kind])), None]),
    )
)


def tell(keeper: Keeper, event: Event, version: int) -> None:
    kind, name, which = event
    body: Body = {} if which is None else KINDS[kind][which]
    of = resource(*kind)
    keeper.tell(Change(of, text(of, name, body, version), which is None))


def answers(cluster: Cluster) -> list[str]:
    """Everything that is read of the policies, with places and order, and every verdict with its trace."""
    ends: list[Endpoint] = [*cluster.snapshot.pods, *OUTSIDE]
    found = [repr(cluster.policies), repr(cluster.findings), cluster.cni, repr(cluster.engine.policy_set)]
    for source, destination in itertools.permutations(ends, 2):
        found.append(repr(cluster.engine.allowed(source, destination)))
        found.append(repr(cluster.engine.verdict(source, destination, Protocol.TCP, 8080)))
    return found


@given(st.lists(events, min_size=1, max_size=12), st.data())
def test_after_each_change_it_is_that_of_its_objects(history: list[Event], data: st.DataObject) -> None:
    keeper = Keeper()
    following = Following(keeper)
    for version, event in enumerate([*FIRST, *history], 1):
        tell(keeper, event, version)
        if version >= len(FIRST) and data.draw(st.booleans(), label="asked"):
            assert answers(following.cluster()) == answers(Cluster(snapshot_of(keeper.items())))
    assert answers(following.cluster()) == answers(Cluster(snapshot_of(keeper.items())))
