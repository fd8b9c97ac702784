"""Whatever the cluster and its policies are: no rule fails, and what rules say of selectors is so, asked pod by pod."""

from __future__ import annotations

from hypothesis import given, settings

from ringfence.lint.context import LintContext, Settings
from ringfence.lint.registry import RULES, choose
from ringfence.lint.run import run
from ringfence.lint.slips import and_or_slips
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.policy import PodPeer, PolicySet
from tests.oracle import pod_peer_matches
from tests.strategies import policy_sets, snapshots

ASKED = Settings(annotations=("example.com/owner",))


def matches(snapshot: Snapshot, peer: PodPeer, pod: Pod) -> bool:
    """The text of the API, one pod at a time."""
    return pod_peer_matches(snapshot, peer, pod)


def pods_of(snapshot: Snapshot, peer: PodPeer) -> list[Pod]:
    return [pod for pod in snapshot.pods if matches(snapshot, peer, pod)]


@settings(max_examples=20)
@given(snapshots(), policy_sets(uncertain=True))
def test_no_rule_fails_on_any_cluster(snapshot: Snapshot, policies: PolicySet) -> None:
    report = run(LintContext(snapshot, policies, settings=ASKED), RULES)
    for finding in report.findings:
        assert finding.what
        assert finding.what.endswith((".", "?"))


@given(snapshots(), policy_sets())
def test_what_rules_know_of_selectors_is_the_text_of_the_api(snapshot: Snapshot, policies: PolicySet) -> None:
    context = LintContext(snapshot, policies)
    empty = set()
    for policy in policies.policies():
        assert_selected(context, policy.subject)
        if not pods_of(snapshot, policy.subject):
            empty.add(policy.ref)
    assert empty.issuperset(finding.subject for finding in run(context, choose(["RF201"])).findings)
    for placed in context.rules:
        for peer in placed.rule.peers or ():
            if isinstance(peer, PodPeer):
                assert_selected(context, peer)
        for slip in and_or_slips(context, placed):
            both = PodPeer(None, slip.namespaces.namespaces, slip.pods.pods)
            assert set(map(str, slip.both)) == set(map(str, pods_of(snapshot, both)))
            either = {str(p) for peer in (slip.namespaces, slip.pods) for p in pods_of(snapshot, peer)}
            assert set(map(str, slip.either)) == either


def assert_selected(context: LintContext, peer: PodPeer) -> None:
    assert sorted(map(str, context.selected(peer))) == sorted(map(str, pods_of(context.snapshot, peer)))
