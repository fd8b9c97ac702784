"""Staged policies: nothing without ``--staged``, and with it what enforcing them would do.

Source: Calico reference, "Staged network policy", "Staged global network policy", "Staged Kubernetes network policy".
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from ringfence.cluster import Cluster
from ringfence.sources import load_snapshot
from tests.cli.running import run

CLUSTER = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: c, image: i}]}
status: {podIP: 10.0.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: c, image: i, ports: [{containerPort: 5432}]}]}
status: {podIP: 10.0.0.2}
"""


def policy(kind: str, spec: str, *, name: str = "db", api: str = "projectcalico.org/v3") -> str:
    namespace = "" if "Global" in kind else ", namespace: shop"
    return f"---\napiVersion: {api}\nkind: {kind}\nmetadata: {{name: {name}{namespace}}}\nspec: {spec}\n"


DENY = "{selector: app == 'db', ingress: [{action: Deny}]}"
ALLOW = "{selector: app == 'db', ingress: [{action: Allow}]}"


def cluster(text: str, *, staged: bool) -> Cluster:
    return Cluster(load_snapshot(["-"], stdin=io.BytesIO((CLUSTER + text).encode())), staged=staged)


def may(text: str, *, staged: bool) -> bool:
    return cluster(text, staged=staged).verdict("shop/web", "shop/db", 5432).allowed


@pytest.mark.parametrize(
    ("text", "enforced_now", "once_enforced"),
    [
        # Set, the default, makes the policy.
        (policy("StagedNetworkPolicy", DENY), True, False),
        (policy("StagedGlobalNetworkPolicy", DENY), True, False),
        (policy("StagedNetworkPolicy", "{stagedAction: Set, selector: app == 'db'}"), True, False),
        (policy("StagedKubernetesNetworkPolicy", "{podSelector: {}}"), True, False),
        (policy("StagedNetworkPolicy", DENY, api="crd.projectcalico.org/v1"), True, False),
        # Set takes the place of the policy of the same name, and of no other.
        (policy("NetworkPolicy", DENY) + policy("StagedNetworkPolicy", ALLOW), False, True),
        (policy("NetworkPolicy", DENY, name="a") + policy("StagedNetworkPolicy", ALLOW), False, False),
        (policy("NetworkPolicy", DENY, name="z") + policy("StagedNetworkPolicy", ALLOW), False, True),
        # Delete removes it.
        (policy("NetworkPolicy", DENY) + policy("StagedNetworkPolicy", "{stagedAction: Delete}"), False, True),
        (policy("GlobalNetworkPolicy", DENY) + policy("StagedNetworkPolicy", "{stagedAction: Delete}"), False, False),
        (
            policy("NetworkPolicy", "{podSelector: {}}", api="networking.k8s.io/v1")
            + policy("StagedKubernetesNetworkPolicy", "{stagedAction: Delete}"),
            False,
            True,
        ),
        # Learn and Ignore change nothing.
        (policy("StagedNetworkPolicy", "{stagedAction: Ignore, selector: all()}"), True, True),
        (policy("StagedNetworkPolicy", "{stagedAction: Learn, selector: all()}"), True, True),
    ],
)
def test_what_a_staged_policy_does(text: str, enforced_now: bool, once_enforced: bool) -> None:
    assert may(text, staged=False) is enforced_now
    assert may(text, staged=True) is once_enforced


def test_a_note_says_what_is_staged_either_way() -> None:
    text = policy("StagedNetworkPolicy", DENY)
    without, asked = (cluster(text, staged=staged).findings for staged in (False, True))
    for findings, words in ((without, "staged: it enforces nothing"), (asked, "as if enforced (--staged)")):
        (note,) = [finding for finding in findings if finding.code.code == "RF124"]
        assert words in note.what
        assert note.origin.position.line > CLUSTER.count("\n")


def test_a_wrong_staged_action_is_a_finding_and_sets_nothing() -> None:
    text = policy("StagedNetworkPolicy", "{stagedAction: Put, selector: all()}")
    findings = [finding for finding in cluster(text, staged=True).findings if finding.code.code == "RF101"]
    assert ["stagedAction" in finding.what for finding in findings] == [True]
    assert may(text, staged=True)


@pytest.mark.parametrize("spec", ["null", "[]", "'x'", "{stagedAction: [1]}", "{stagedAction: 3, selector: 4}"])
def test_a_broken_staged_policy_is_no_crash(spec: str) -> None:
    cluster(policy("StagedNetworkPolicy", spec), staged=True).findings  # noqa: B018 -- reading is the test


def test_commands_read_staged_policies_on_request(tmp_path: Path) -> None:
    path = tmp_path / "all.yaml"
    path.write_text(CLUSTER + policy("StagedNetworkPolicy", DENY), encoding="utf-8")
    assert run("why", str(path), "shop/web", "shop/db:5432").exit_code == 0
    assert run("why", "--staged", str(path), "shop/web", "shop/db:5432").exit_code == 1
    # The difference to the same input is what enforcing what is staged changes.
    plain = run("diff", str(path), str(path), "--fail-on", "removed")
    staged = run("diff", "--staged", str(path), str(path), "--fail-on", "removed")
    assert (plain.exit_code, staged.exit_code) == (0, 1)
