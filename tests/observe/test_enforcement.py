"""Where records and policies disagree, and where they only seem to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ringfence.flows.edges import Edge, EdgeSet
from ringfence.model.finding import Finding
from ringfence.model.flow import HOUR, Outcome, RecordedRule
from ringfence.model.objects import Snapshot
from ringfence.observe import Moment, denied
from tests.replay.worlds import START, WEB_TO_DB, at_node, edge, policy, read, world

GUARD = policy("db", "data", WEB_TO_DB)
DENIED = Outcome.DENIED


def findings(edges: Iterable[Edge], policies: str = GUARD, snapshot: Snapshot | None = None) -> list[Finding]:
    cluster = snapshot or world(policies)
    return list(denied(EdgeSet.of(list(edges)), cluster, read(cluster)).findings)


def codes(edges: Iterable[Edge], policies: str = GUARD) -> list[str]:
    return [finding.code.code for finding in findings(edges, policies)]


def test_what_passes_though_a_policy_denies_it_is_not_enforced() -> None:
    (finding,) = findings([edge("shop/cart", "data/db", 5432, connections=4, last=2)])
    assert finding.code.code == "RF701"
    assert finding.what == (
        "Connections passed although NetworkPolicy data/db isolates the destination, and no rule allows it."
    )
    assert str(finding.origin) == "policies.yaml:2"
    (shown,) = finding.evidence
    assert shown.startswith("shop/Pod/cart → data/Pod/db TCP 5432, 4 times until ")
    assert shown.endswith(", on n1, n2")


def test_what_passed_before_it_was_denied_is_an_old_story() -> None:
    assert not codes([edge("shop/cart", "data/db", 5432), edge("shop/cart", "data/db", 5432, DENIED, first=5)])


def test_what_passed_before_the_policy_was_changed_is_no_finding() -> None:
    when = "2027-01-01T00:00:00Z"  # after all records
    younger = GUARD.replace("{name: db,", f"{{creationTimestamp: '{when}', name: db,")
    assert not codes([edge("shop/cart", "data/db", 5432)], younger)
    older = GUARD.replace("{name: db,", "{creationTimestamp: '2020-01-01T00:00:00Z', name: db,")
    assert codes([edge("shop/cart", "data/db", 5432)], older) == ["RF701"]


def test_what_passed_when_a_snapshot_allowed_it_is_no_finding() -> None:
    edges = EdgeSet.of([edge("shop/cart", "data/db", 5432, first=2)])
    before, now = world(), world(GUARD)
    moments = [Moment(START + hour * HOUR, "", each, read(each)) for hour, each in ((0, before), (5, now))]
    assert not denied(edges, now, read(now), moments).findings
    moments = [Moment(START + hour * HOUR, "", each, read(each)) for hour, each in ((0, before), (1, now))]
    assert [finding.code.code for finding in denied(edges, now, read(now), moments).findings] == ["RF701"]


def test_audited_traffic_is_not_enforced_on_purpose() -> None:
    assert not codes([edge("shop/cart", "data/db", 5432, Outcome.AUDITED)])


def test_a_nodes_probe_of_its_own_pods_passes_by_right() -> None:
    assert not codes([edge(at_node("192.168.0.2"), "data/db", 5432)])


def test_what_is_denied_though_the_policies_allow_it_is_a_finding() -> None:
    (finding,) = findings([edge("shop/web", "data/db", 5432, DENIED, connections=3)])
    assert finding.code.code == "RF702"
    assert finding.what == "Connections to data/Pod/db were denied that the policies of the input allow."


def test_what_was_denied_and_works_again_is_stale_and_no_finding() -> None:
    assert not codes([edge("shop/web", "data/db", 5432, DENIED), edge("shop/web", "data/db", 5432, first=4)])


def test_a_failure_that_is_no_policys_is_no_finding() -> None:
    assert not codes([edge("shop/web", "data/db", 5432, Outcome.FAILED, reason="NO_SOCKET")])


def test_a_policy_that_the_input_lacks_is_a_finding() -> None:
    gone = RecordedRule("old-deny", "data", "NetworkPolicy", action="deny")
    (finding,) = findings([edge("shop/web", "data/db", 5432, DENIED, policies=(gone,))])
    assert finding.code.code == "RF703"
    assert "NetworkPolicy data/old-deny denied connections" in finding.what


def test_a_cropped_name_is_matched_by_how_it_begins() -> None:
    cropped = RecordedRule("d", "data", "NetworkPolicy", cropped=True)
    assert not codes([edge("shop/cart", "data/db", 5432, DENIED, policies=(cropped,))])
    other = replace(cropped, name="db-of-another", cropped=True)
    assert codes([edge("shop/cart", "data/db", 5432, DENIED, policies=(other,))]) == ["RF703"]


def test_another_policy_than_the_engines_is_a_note() -> None:
    elsewhere = policy("other", "data", "{podSelector: {matchLabels: {app: nobody}}}")
    named = RecordedRule("other", "data", "NetworkPolicy")
    assert codes([edge("shop/cart", "data/db", 5432, DENIED, policies=(named,))], GUARD + elsewhere) == ["RF704"]


def test_calls_that_one_policy_should_deny_are_one_finding() -> None:
    (finding,) = findings([edge("shop/cart", "data/db", port) for port in range(6000, 6020)])
    assert len(finding.evidence) == 11
    assert finding.evidence[-1] == "and 10 more"


def test_the_last_moment_is_told() -> None:
    (finding,) = findings([edge("shop/cart", "data/db", 5432)])
    assert START % HOUR == 0
    assert finding.severity.name == "ERROR"
