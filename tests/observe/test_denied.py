"""Who is denied, since when and by what, and how each connection ended, case by case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ringfence.explain.recorded_reasons import Standing
from ringfence.flows.edges import Edge, EdgeSet, Party, PartyKind, Reset
from ringfence.model.flow import HOUR, Outcome, RecordedRule
from ringfence.observe import DeniedReport, Ending, Moment, denied
from ringfence.observe.timeline import timeline
from ringfence.render.flows_denied import stopped_pods
from tests.replay.worlds import DENY_IN, DENY_OUT, START, WEB_TO_DB, edge, outside, policy, read, world

GUARD = policy("db", "data", WEB_TO_DB)
DENIED, REJECTED, FAILED = Outcome.DENIED, Outcome.REJECTED, Outcome.FAILED


def run(edges: Iterable[Edge], policies: str | None = GUARD, history: Iterable[tuple[float, str]] = ()) -> DeniedReport:
    """``history`` are hours after the start, with the policies of that time."""
    snapshot = world(policies or "")
    moments = [
        Moment(START + hour * HOUR, f"{hour}.json", there, read(there))
        for hour, text in history
        for there in [world(text)]
    ]
    if policies is None:
        return denied(EdgeSet.of(list(edges)), history=moments)
    return denied(EdgeSet.of(list(edges)), snapshot, read(snapshot), moments)


def test_a_denial_says_since_when_how_often_and_by_which_line() -> None:
    (row,) = run([edge("shop/cart", "data/db", 5432, DENIED, connections=9, first=2, last=4, ingress=True)]).rows
    assert row.ending is Ending.DROPPED
    assert (row.connections, row.first, row.last) == (9, START + 2 * HOUR, START + 4 * HOUR)
    assert row.ingress
    assert row.verdict is not None
    assert row.verdict.standing is Standing.DENIED
    (reason,) = row.verdict.reasons
    assert reason.text == "NetworkPolicy data/db isolates the destination, and no rule allows it"
    assert str(reason.origin) == "policies.yaml:2"
    assert row.explicit is False


def test_a_reject_is_told_from_a_drop() -> None:
    rows = run([edge("shop/cart", "data/db", 5432, REJECTED)]).rows
    assert [row.ending for row in rows] == [Ending.REJECTED]


def test_nothing_listening_and_other_failures_are_no_denials() -> None:
    rows = run(
        [
            edge("shop/web", "data/db", 5432, FAILED, reason="SKB_DROP_REASON_NO_SOCKET"),
            edge("shop/web", outside("198.51.100.7"), 443, FAILED, reason="CT_MAP_INSERTION_FAILED"),
            edge("shop/web", "shop/cart", 7070, octets=700, octets_back=0),
            edge("shop/web", "kube-system/dns", 53, protocol="UDP", octets=700, octets_back=0),
            edge("shop/web", "shop/cart", 7071, octets=700, octets_back=900),
        ]
    ).rows
    assert [(row.ending, row.port) for row in rows] == [
        (Ending.NOT_LISTENING, 5432),
        (Ending.NO_ANSWER, 7070),
        (Ending.FAILED, 443),
    ]


def test_what_the_destination_reset_is_told_apart_and_only_that() -> None:
    hour = int(START // HOUR)
    reset = Reset(hour + 2, 3, START + 2 * HOUR, START + 2 * HOUR + 60)
    called = replace(edge("shop/web", "data/db", 5432, connections=40, first=0, last=5), resets=(reset,))
    (row,) = run([called]).rows
    assert (row.ending, row.connections, row.ending.by_policy) == (Ending.RESET, 3, False)
    assert (row.first, row.last, row.hours) == (START + 2 * HOUR, START + 2 * HOUR + 60, ((hour + 2, 3),))


def test_what_was_reset_did_not_get_through_by_the_hour() -> None:
    hour = int(START // HOUR)
    hours = ((hour, 5), (hour + 1, 2))
    resets = (Reset(hour + 1, 4, START, START),)
    called = replace(edge("shop/web", "data/db", 5432, connections=7, last=1), hours=hours, resets=resets)
    found = timeline(EdgeSet.of([called])).hours
    assert [(each.passed, each.stopped, each.other) for each in found] == [(5, 0, 0), (0, 0, 2)]


def test_what_only_an_allow_all_lets_pass_would_be_cut_by_a_default_deny() -> None:
    (row,) = run([edge("shop/web", "shop/cart", 7070, reason="allow-all")]).rows
    assert row.ending is Ending.ALLOW_ALL


def test_an_answer_that_was_logged_as_denied_is_no_denial() -> None:
    rows = run(
        [
            edge("shop/web", "data/db", 5432, connections=3),
            edge("data/db", "shop/web", 33140, DENIED, guessed=True),  # db answers web's port
            edge("data/db", "shop/web", 8080, DENIED, guessed=True),  # a port that web serves
        ],
        policy("in", "shop", DENY_IN),
    ).rows
    assert [(row.ending, row.port) for row in rows] == [(Ending.DROPPED, 8080), (Ending.REPLY, 33140)]


def test_when_it_worked_before_and_works_again_is_told() -> None:
    passed = edge("shop/web", "data/db", 5432, connections=8, first=0, last=7)
    stopped = edge("shop/web", "data/db", 5432, DENIED, first=3.5)
    (row,) = run([passed, stopped]).rows
    assert row.worked_until == START + 3 * HOUR  # the end of the last whole hour in which it passed
    assert row.works_since == START + 4 * HOUR
    (row,) = run([edge("shop/cart", "data/db", 5432, DENIED)]).rows
    assert (row.worked_until, row.works_since) == (None, None)


def test_the_change_before_the_first_denial_is_named_with_its_line() -> None:
    stopped = edge("shop/cart", "data/db", 5432, DENIED, first=5)
    (row,) = run([stopped], history=[(0, ""), (2, ""), (4, GUARD), (9, GUARD)]).rows
    (change,) = row.changes
    assert (change.after, change.before) == (START + 2 * HOUR, START + 4 * HOUR)
    assert change.text == (
        "NetworkPolicy data/db is new: NetworkPolicy data/db isolates the destination, and no rule allows it"
    )
    assert str(change.origin) == "policies.yaml:2"


def test_of_two_changes_the_one_closest_before_the_denial_counts() -> None:
    stopped = edge("shop/cart", "data/db", 5432, DENIED, first=7)
    (row,) = run([stopped], history=[(0, ""), (1, GUARD), (3, ""), (6, GUARD), (8, ""), (9, GUARD)]).rows
    assert {(change.after, change.before) for change in row.changes} == {(START + 3 * HOUR, START + 6 * HOUR)}


def test_a_rule_that_was_removed_is_the_change() -> None:
    out = policy("out", "shop", DENY_OUT)
    allow = policy("allow", "shop", "{podSelector: {}, egress: [{}], policyTypes: [Egress]}")
    stopped = edge("shop/web", "data/db", 5432, DENIED, first=3)
    (row,) = run([stopped], out, history=[(0, out + allow), (2, out)]).rows
    assert [change.text for change in row.changes] == ["NetworkPolicy shop/allow, which allowed it, is removed"]


def test_without_a_cluster_records_speak_alone() -> None:
    named = RecordedRule("deny-all", "data", "NetworkPolicy", action="deny")
    (row,) = run([edge("shop/cart", "data/db", 5432, DENIED, policies=(named,))], None).rows
    assert row.recorded == (named,)
    assert row.verdict is None
    assert row.explicit is True


def test_an_implicit_and_an_explicit_deny_are_told_apart_by_the_record() -> None:
    rows = run(
        [
            edge("shop/cart", "data/db", 5432, DENIED, reason="POLICY_DENIED"),
            edge("shop/cart", "data/db", 5433, DENIED, reason="POLICY_DENY"),
        ],
        None,
    ).rows
    assert [row.explicit for row in rows] == [False, True]


def test_what_still_fails_comes_before_what_is_over_and_frequent_before_rare() -> None:
    rows = run(
        [
            edge("shop/web", "data/db", 5432, first=9),
            edge("shop/web", "data/db", 5432, DENIED, connections=90),
            edge("shop/cart", "data/db", 5432, DENIED, connections=2),
            edge("shop/cart", "data/db", 5433, DENIED, connections=5),
        ]
    ).rows
    assert [row.connections for row in rows] == [5, 2, 90]


def replicas(*names: str) -> Party:
    """A workload of namespace shop with these pods on record."""
    return Party(PartyKind.WORKLOAD, "shop", "Deployment/many", labels=(("app", "web"),), pods=names)


def test_while_some_replicas_pass_and_others_are_denied_nothing_works_again() -> None:
    some = edge(replicas("a", "b"), "data/db", 5432, connections=9, first=0, last=9)
    others = edge(replicas("a", "b"), "data/db", 5432, DENIED, connections=4, first=1, last=8)
    (row,) = run([some, others], None).rows
    assert (row.works_since, row.also_passed) == (None, START + 9 * HOUR)
    late = edge(replicas("a", "b"), "data/db", 5432, connections=9, first=8.5, last=9)
    (row,) = run([late, others], None).rows  # nothing passed among the denials
    assert (row.works_since, row.also_passed) == (START + 8.5 * HOUR, None)


def test_of_a_single_pod_what_passes_after_the_last_denial_works_again() -> None:
    passed = edge(replicas("a"), "data/db", 5432, connections=9, first=0, last=9)
    stopped = edge(replicas("a"), "data/db", 5432, DENIED, connections=4, first=1, last=8)
    (row,) = run([passed, stopped], None).rows
    assert row.works_since is not None
    assert row.also_passed is None


def test_the_replicas_that_were_stopped_are_named_where_others_were_seen() -> None:
    web = Party(PartyKind.WORKLOAD, "shop", "Pod/web", pods=("web-1", "web-2", "web-3"))
    denial = replace(edge(web, "data/db", 5432, DENIED), source_pods=("web-2",), destination_pods=("db",))
    (row,) = run([denial], policies=None).rows
    assert (row.source_pods, row.destination_pods) == (("web-2",), ("db",))
    assert list(stopped_pods(row)) == ["only web-2 at the source; 2 other pods of it seen, too"]


def test_replicas_are_not_named_where_some_are_unknown() -> None:
    one = replace(edge("shop/web", "data/db", 5432, DENIED), source_pods=("web-2",))
    (row,) = run([one, edge("shop/web", "data/db", 5432, DENIED)], policies=None).rows
    assert row.source_pods == ()
