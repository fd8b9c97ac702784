"""The ends of recorded connections: what each kind of party is judged by."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ringfence.explain.recorded import Basis, RecordedEnds
from ringfence.explain.recorded_reasons import Standing
from ringfence.explain.recorded_verdict import RecordedJudge, RecordedVerdict
from ringfence.flows.edges import Party, PartyKind
from ringfence.model.objects import Service, ServicePort
from ringfence.model.ports import Protocol
from tests.replay.worlds import WEB_TO_DB, policy, read, workload, world

SERVICE = Service("data", "db", (ServicePort("sql", Protocol.TCP, 80, 5432),), {"app": "db"})
GUARDED = replace(world(policy("db", "data", WEB_TO_DB)), services=(SERVICE,))
DB = Party(PartyKind.SERVICE, service="data/db", address="10.96.0.5")


def ends(*parties: Party) -> RecordedEnds:
    return RecordedEnds(GUARDED, parties)


def verdict(source: Party, destination: Party, port: int | None = 5432, protocol: str = "TCP") -> RecordedVerdict:
    found = ends(source, destination)
    return RecordedJudge(found, read(GUARDED)).verdict(found.numbers[0], found.numbers[1], protocol, port)


@pytest.mark.parametrize(
    ("party", "basis", "name"),
    [
        (workload("shop/web"), Basis.PODS, "shop/Pod/web"),
        (workload("shop/gone", "app=web"), Basis.LABELS, "shop/Pod/gone"),
        (workload("shop/gone"), Basis.NOTHING, "shop/Pod/gone"),
        (Party(PartyKind.UNKNOWN, "shop", labels=(("app", "web"),)), Basis.LABELS, "shop/app=web"),
        (Party(PartyKind.UNKNOWN, address="10.9.9.9"), Basis.NOTHING, "10.9.9.9"),
        (Party(PartyKind.NODE, workload="Node/n1"), Basis.ADDRESS, "Node/n1"),
        (Party(PartyKind.NODE, workload="Node/n9"), Basis.NOTHING, "Node/n9"),
        (Party(PartyKind.NODE, address="192.168.0.9"), Basis.ADDRESS, "192.168.0.9"),
        (Party(PartyKind.EXTERNAL, address="203.0.113.7"), Basis.ADDRESS, "203.0.113.7"),
        (Party(PartyKind.EXTERNAL, names=("pub",)), Basis.NOTHING, "pub"),
        (DB, Basis.SERVICE, "service:data/db"),
        (Party(PartyKind.SERVICE, service="data/none"), Basis.NOTHING, "service:data/none"),
    ],
)
def test_each_kind_of_party_is_judged_by_what_there_is(party: Party, basis: Basis, name: str) -> None:
    found = ends(party)[0]
    assert (found.basis, found.name) == (basis, name)
    assert bool(found.why_not) is (basis is Basis.NOTHING)


def test_parties_of_one_workload_are_one_end_whatever_labels_they_had() -> None:
    found = ends(workload("shop/web", "app=web"), workload("shop/web", "app=old"))
    assert found.numbers == [0, 0]


def test_a_namespace_that_is_gone_has_its_name_as_a_label() -> None:
    found = ends(workload("old/gone", "app=web"))
    assert found.snapshot.namespaces["old"].labels == {"kubernetes.io/metadata.name": "old"}
    assert len(found.snapshot.pods) == len(GUARDED.pods) + 1


def test_a_service_is_judged_by_the_pods_that_it_sends_to() -> None:
    assert verdict(workload("shop/web"), DB, 80).standing is Standing.ALLOWED
    denied = verdict(workload("shop/cart"), DB, 80)
    assert denied.standing is Standing.DENIED
    assert [str(reason.policy) for reason in denied.reasons] == ["data/NetworkPolicy/db"]


@pytest.mark.parametrize(
    ("source", "destination", "port", "protocol", "why"),
    [
        (DB, workload("shop/web"), 8080, "TCP", "the source is the address of a Service"),
        (workload("shop/web"), DB, 81, "TCP", "has no port TCP 81"),
        (workload("shop/web"), workload("data/db"), None, "TCP", "no record tells the port"),
        (workload("shop/web"), workload("data/db"), 1, "47", "the protocol has no ports"),
        (workload("shop/gone"), workload("data/db"), 1, "TCP", "is gone from the cluster"),
    ],
)
def test_what_cannot_be_judged_says_why(
    source: Party, destination: Party, port: int | None, protocol: str, why: str
) -> None:
    found = verdict(source, destination, port, protocol)
    assert found.standing is None
    assert why in found.why_not
