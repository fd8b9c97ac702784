"""Connections to a Service whose pod no record tells: judged by the pods that it sends to, on their ports."""

from __future__ import annotations

from dataclasses import replace

from ringfence.flows.edges import EdgeSet, Party, PartyKind
from ringfence.model.objects import Service, ServicePort
from ringfence.model.ports import Protocol
from ringfence.replay import ReplayReport, replay
from tests.replay.worlds import WEB_TO_DB, edge, lines, policy, read, world

SERVICE = Service("data", "db", (ServicePort("sql", Protocol.TCP, 80, 5432),), {"app": "db"})
DB = Party(PartyKind.SERVICE, service="data/db", address="10.96.0.5")


def run(*ports: int) -> ReplayReport:
    snapshot = replace(world(policy("db", "data", WEB_TO_DB)), services=(SERVICE,))
    calls = [edge(source, DB, port) for source in ("shop/web", "shop/cart") for port in ports]
    return replay(EdgeSet.of(calls), snapshot, read(snapshot), read(world()))


def test_the_ports_of_the_pods_decide() -> None:
    report = run(80)
    assert lines(report.rows) == ["cut shop/Pod/cart → service:data/db:80/TCP"]
    assert report.kept == 1


def test_a_port_that_the_service_lacks_cannot_be_judged() -> None:
    (unjudged,) = run(81).unjudged
    assert (unjudged.why, unjudged.edges) == ("service:data/db has no such port", 2)


def test_a_service_opens_no_connection() -> None:
    snapshot = replace(world(), services=(SERVICE,))
    report = replay(EdgeSet.of([edge(DB, "shop/web", 8080)]), snapshot, read(snapshot))
    assert [each.why for each in report.unjudged] == [
        "the source is the address of a Service, and no record tells its pod"
    ]
