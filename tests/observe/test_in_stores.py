"""Edges that are asked where they are answer as those that are read whole."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from ringfence.explain.recorded_clusters import of_cluster, selected_of_cluster
from ringfence.flowlogs.reduction import Reduction
from ringfence.flows.choosing import Choice
from ringfence.flows.state import state_of
from ringfence.flows.store import Store, StoredInput, opened
from ringfence.model.flow import HOUR, Flow, FlowEnd, Opening, Outcome, Tally, TcpAnswer
from ringfence.observe import Ending, Moment
from ringfence.observe.denied import denied, denied_of
from ringfence.observe.endings import ALLOW_ALL
from ringfence.observe.service_map import Link, service_map, service_map_of
from ringfence.observe.timeline import timeline, timeline_of
from tests.replay.worlds import DENY_OUT, START, WEB_TO_DB, policy, read, world

ADDRESSES = (
    "10.0.0.1", "10.0.0.2", "10.0.1.1", "10.0.2.1", "192.168.0.1", "198.51.100.7", "203.0.113.9", "10.0.9.9",
)  # fmt: skip
GUARD = policy("db", "data", WEB_TO_DB)
TODAY = GUARD + policy("quiet", "kube-system", DENY_OUT)
CHOICES = [
    Choice(),
    Choice(since=START + 2 * HOUR, until=START + 5 * HOUR),
    Choice(namespaces=("data",), ports=(5432,)),
]


def flow(rng: random.Random) -> tuple[Flow, Tally]:
    """A flow of any kind: also guessed, reset, unanswered, and let pass by nothing but an allow-all entry."""
    source, destination = rng.sample(ADDRESSES, 2)
    protocol = rng.choice(("TCP", "TCP", "UDP", "ICMPv4"))
    outcome = rng.choice((Outcome.ALLOWED, Outcome.ALLOWED, Outcome.ALLOWED, *Outcome))
    back = rng.random() < 0.2 and protocol == "TCP"
    port = 8 if protocol == "ICMPv4" else rng.choice((5432, 8080, 443, None))
    made = Flow(
        FlowEnd(address=source),
        FlowEnd(address=destination),
        protocol,
        None if back else port,
        outcome,
        Opening.REPLY if back else rng.choice((Opening.OPENS, Opening.OPENS, Opening.UNKNOWN)),
        per_connection=rng.random() < 0.5,
        reason=ALLOW_ALL if outcome is Outcome.ALLOWED and rng.random() < 0.1 else "",
        node="n1",
        source_port=port if back else None,
        answer=rng.choice((TcpAnswer.RESET, TcpAnswer.ACCEPTED)) if back else TcpAnswer.NONE,
    )
    at = START + rng.randrange(8 * HOUR)
    octets = rng.choice(((None, None), (700, 0), (700, 900)))
    return made, Tally(at, at + 30, rng.randrange(1, 9), None, *octets)


@pytest.fixture(scope="module", params=["flows.duckdb", "flows/"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Two clusters, whose records say the most contrary things of the same pods, in a store that is only read."""
    file = f"{tmp_path_factory.mktemp('store')}/{request.param}"
    rng = random.Random("edges in stores")
    with opened(file, write=True) as made:
        for number, cluster in enumerate(("east", "west"), 1):
            reduction = Reduction()
            for _ in range(300):
                reduction.add(*flow(rng))
            times = reduction.first, reduction.last, START
            made.add(reduction, StoredInput(number, cluster, "hubble", cluster, "", 0, "", 0, 1, 1, *times))
            made.add_state(state_of(world(), START, cluster), cluster)
        made.derive()
    with opened(file) as asked:
        yield asked


@pytest.mark.parametrize("choice", CHOICES)
def test_who_is_denied_is_the_same(store: Store, choice: Choice) -> None:
    snapshot = world(TODAY)
    past = [Moment(START, "then", world(), read(world())), Moment(START + 4 * HOUR, "now", snapshot, read(snapshot))]
    edges, selection = of_cluster(store.edges(choice, whole=True), "east"), store.selection(choice)
    selection = selected_of_cluster(selection, "east")
    expected = denied(edges, snapshot, read(snapshot), past)
    assert expected.rows
    assert denied_of(selection, snapshot, read(snapshot), past) == expected
    assert denied_of(selection) == denied(edges)


def test_disagreements_are_the_same(store: Store) -> None:
    snapshot = world(TODAY)
    expected = denied(of_cluster(store.edges(whole=True), "west"), snapshot, read(snapshot))
    found = denied_of(selected_of_cluster(store.selection(), "west"), snapshot, read(snapshot))
    assert len(expected.findings) > 1
    assert {row.ending for row in expected.rows} >= set(Ending) - {Ending.REPLY, Ending.NOT_LISTENING}
    assert found.findings == expected.findings


@pytest.mark.parametrize("choice", CHOICES)
def test_hours_and_turns_are_the_same(store: Store, choice: Choice) -> None:
    selection = selected_of_cluster(store.selection(choice), "east")
    expected = timeline(of_cluster(store.edges(choice, whole=True), "east"), world())
    assert expected.hours
    assert timeline_of(selection, world()) == expected


def counts(link: Link) -> tuple[int, int, int]:
    return link.passed, link.stopped, link.other


@pytest.mark.parametrize("most", [60, 3])
def test_maps_have_the_same_links(store: Store, most: int) -> None:
    drawn = [service_map(store.edges(), most), service_map_of(store.selection(), most)]
    links = [
        {
            (each.names[link.source], each.names[link.destination]): (*counts(link), set(link.ports))
            for link in each.links
        }
        for each in drawn
    ]
    assert links[0] == links[1]
    assert drawn[0].by_namespace == drawn[1].by_namespace == (most == 3)


@pytest.mark.parametrize("choice", CHOICES)
def test_those_with_most_connections_come_whole_and_in_order(store: Store, choice: Choice) -> None:
    every = list(store.edges(choice, whole=True))
    # Of those with as many, the first: sorting keeps their order.
    most = sorted(range(len(every)), key=lambda number: -every[number].connections)[:7]
    found = store.edges(choice, whole=True, limit=7)
    assert list(found) == [every[number] for number in sorted(most)]
    assert store.count(choice) == len(every)
    assert found.coverage == store.coverage(choice)
