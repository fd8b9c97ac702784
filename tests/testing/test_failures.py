"""A test that fails shows a connection that breaks its promise, and how far it is broken."""

from __future__ import annotations

from ringfence.model.addresses import AddressSet
from ringfence.testing.report import Failure, TestReport
from tests.testing.suites import DENY_DATA, judge, policy

SQL = policy(
    "sql", "data", "{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress], ingress: [{ports: [{port: 5432}]}]}"
)


def failure(test: str, policies: str = "") -> Failure:
    report = judge(f"- {{name: t, {test}}}", policies)
    (result,) = report.results
    assert not result.passed
    assert result.failure is not None
    return result.failure


def shown(found: Failure) -> list[tuple[str, str, str]]:
    return [(str(each.source), str(each.destination), str(each.ports)) for each in found.examples]


def test_the_counter_example_is_a_connection_with_its_ports() -> None:
    found = failure("from: shop/web, to: data/db, expect: denied", SQL)
    assert shown(found) == [("shop/web", "data/db", "TCP 5432")]
    assert (found.examples[0].protocol.name, found.examples[0].port) == ("TCP", 5432)


def test_a_missing_connection_is_shown_with_the_ports_that_are_missing() -> None:
    found = failure("from: shop/web, to: data/db, ports: [5432, 80], expect: allowed", SQL)
    assert shown(found) == [("shop/web", "data/db", "TCP 80")]


def test_it_is_said_how_many_ends_of_how_many_are_concerned() -> None:
    found = failure("from: {namespace: shop}, to: {namespace: data}, expect: denied", SQL)
    sides = [(side.points, side.of_points) for side in (found.sources, found.destinations)]
    assert sides == [(3, 3), (3, 3)]
    found = failure("from: {namespace: shop}, to: {labels: {app: db}}, expect: denied, except: {ports: 5432}")
    assert (found.destinations.points, found.destinations.of_points) == (2, 2)
    found = failure("from: {namespace: shop}, to: {namespace: data}, ports: 5432, expect: allowed", SQL + DENY_DATA)
    assert (found.destinations.points, found.destinations.of_points) == (1, 3)


def test_the_addresses_that_break_a_promise_are_named_exactly() -> None:
    office = policy(
        "office",
        "data",
        "{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{ipBlock: {cidr: 192.0.2.64/26}}]}]}",
    )
    found = failure("from: 192.0.2.0/24, to: data/db, expect: denied", office)
    assert found.sources.addresses == AddressSet.cidr("192.0.2.64/26")
    assert found.sources.of_addresses == AddressSet.cidr("192.0.2.0/24")
    assert shown(found) == [("192.0.2.64", "data/db", "all ports")]


def test_examples_are_between_different_workloads() -> None:
    found = failure("from: {namespace: shop}, to: data/db, expect: denied", SQL)
    assert [(source, destination) for source, destination, _ in shown(found)] == [
        ("shop/web", "data/db"),
        ("shop/cart", "data/db"),
        ("shop/job", "data/db"),
    ]


def test_a_source_that_lacks_its_one_destination_is_the_counter_example() -> None:
    closed = policy("cart", "shop", "{podSelector: {matchLabels: {app: cart}}, policyTypes: [Egress]}")
    found = failure("from: {namespace: shop}, to: {labels: {app: db}}, ports: sql, expect: allowed, exists: to", closed)
    assert (found.sources.points, found.sources.of_points) == (1, 3)
    assert {source for source, _, _ in shown(found)} == {"shop/cart"}


def test_a_pod_and_itself_is_no_counter_example() -> None:
    found = failure("from: {namespace: data}, to: {namespace: data}, ports: 5432, expect: allowed", DENY_DATA)
    assert all(source != destination for source, destination, _ in shown(found))


def test_the_example_is_explained_by_the_policy_that_is_responsible() -> None:
    found = failure("from: shop/web, to: data/cache, expect: allowed", DENY_DATA)
    assert found.why is not None
    (cause,) = found.why.causes[0]
    assert cause.origin.position.line == 2
    assert "data/deny" in cause.text


def test_a_new_pod_is_called_by_its_labels() -> None:
    found = failure("from: {newPod: {namespace: shop, labels: {b: y, a: x}}}, to: data/db, ports: 1, expect: denied")
    assert shown(found)[0][0] == "shop/NewPod/a=x,b=y"


def test_what_is_left_out_is_said() -> None:
    report: TestReport = judge("- {name: t, from: shop/web, to: {namespace: data}, ports: metrics, expect: allowed}")
    assert report.results[0].planned.notes == (
        "2 of the destinations declare no port named metrics, and are left out.",
    )
