"""Fixes where a tier of Calico denies, or should: each is asked again of the patched manifests."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import yaml

from ringfence.cluster import Cluster
from ringfence.sources import load_snapshot
from tests.cli.running import run

PODS = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: other}
---
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
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: other, labels: {app: api}}
spec: {containers: [{name: c, image: i}]}
status: {podIP: 10.0.0.3}
"""


def policy(spec: str, kind: str = "GlobalNetworkPolicy", name: str = "p") -> str:
    namespace = ", namespace: shop" if kind == "NetworkPolicy" else ""
    return f"---\napiVersion: projectcalico.org/v3\nkind: {kind}\nmetadata: {{name: {name}{namespace}}}\nspec: {spec}\n"


TIER = "---\napiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: {name: security}\nspec: {order: 10}\n"
TO_DB = "source: {selector: app == 'web'}, destination: {ports: [5432]}"
ONLY_5432 = policy(f"{{selector: app == 'db', ingress: [{{action: Allow, protocol: TCP, {TO_DB}}}]}}")
DENY_ALL = policy("{selector: all(), types: [Ingress], ingress: [{action: Deny}]}")
DENY_IN_TIER = TIER + policy("{tier: security, order: 7, selector: all(), ingress: [{action: Deny}]}")
END_OF_TIER = TIER + policy("{tier: security, selector: all(), ingress: [{action: Allow, protocol: UDP}]}")
NETWORK_POLICY = (
    "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: n, namespace: shop}\n"
    "spec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: x}}}]}]}\n"
)


def cluster(text: str) -> Cluster:
    return Cluster(load_snapshot(["-"], stdin=io.BytesIO((PODS + text).encode())))


@pytest.mark.parametrize("source", ["shop/web", "other/api", "8.8.8.8"])
@pytest.mark.parametrize(
    "text",
    [ONLY_5432, DENY_ALL, DENY_IN_TIER, END_OF_TIER, ONLY_5432 + NETWORK_POLICY, DENY_IN_TIER + NETWORK_POLICY],
)
def test_a_denial_by_a_tier_has_a_fix_that_changes_nothing_else(text: str, source: str) -> None:
    answer = cluster(text).fix(source, "shop/db", 80)
    assert answer.fixes
    best = answer.fixes[0]
    assert (best.effects.opens, best.effects.closes) == ((), ())
    for patch in (patch for fix in answer.fixes for patch in fix.patches):
        # What is written is of the API whose object is written.
        if patch.manifest is not None and patch.target.api_version.startswith("projectcalico.org"):
            assert set(patch.manifest["spec"]) <= {"tier", "order", "selector", "types", "ingress", "egress"}


@pytest.mark.parametrize("text", ["", ONLY_5432, policy("{selector: all(), ingress: [{action: Allow}]}")])
def test_a_connection_is_denied_by_a_rule_of_calico(text: str) -> None:
    in_use = policy("{selector: app == 'none', ingress: [{action: Allow}]}", name="other")
    answer = cluster(in_use + text).fix("shop/web", "shop/db", 5432, deny=True)
    exact = [fix for fix in answer.fixes if not fix.effects.opens and not fix.effects.closes]
    assert any("projectcalico" in patch.target.api_version for fix in exact for patch in fix.patches)


def test_a_pass_leaves_it_to_the_next_tier() -> None:
    answer = cluster(DENY_IN_TIER).fix("shop/web", "shop/db", 80)
    assert any("Leave ingress from shop/web on TCP 80 to the next tier" in fix.title for fix in answer.fixes)


def test_a_new_policy_takes_a_free_order_before_the_one_that_denies() -> None:
    beside = policy("{tier: security, order: 6, selector: all(), ingress: [{action: Log}]}", name="log")
    answer = cluster(DENY_IN_TIER + beside).fix("shop/web", "shop/db", 80)
    orders = {
        patch.manifest["spec"]["order"] for fix in answer.fixes for patch in fix.patches if patch.manifest is not None
    }
    assert orders == {6.5}


def test_a_rule_of_a_policy_for_many_names_its_own_end() -> None:
    answer = cluster(DENY_ALL).fix("shop/web", "shop/db", 80)
    edits = [edit.value for fix in answer.fixes for patch in fix.patches for edit in patch.edits]
    db = {"namespaceSelector": "projectcalico.org/name == 'shop'", "selector": "app == 'db'", "ports": [80]}
    assert [edit["destination"] for edit in edits] == [db]


def test_a_fix_is_written_between_comments_and_holds(tmp_path: Path) -> None:
    path = tmp_path / "all.yaml"
    path.write_text(
        PODS + "---\napiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {name: p}\nspec:\n"
        "  selector: all()   # everyone\n  ingress:\n  # nobody in\n  - action: Deny\n",
        encoding="utf-8",
    )
    assert run("why", str(path), "shop/web", "shop/db:80").exit_code == 1
    assert run("fix", str(path), "shop/web", "shop/db:80", "--write", "--yes").exit_code == 0
    text = path.read_text(encoding="utf-8")
    assert "# everyone" in text
    assert "# nobody in" in text
    assert [rule["action"] for rule in list(yaml.safe_load_all(text))[-1]["spec"]["ingress"]] == ["Allow", "Deny"]
    assert run("why", str(path), "shop/web", "shop/db:80").exit_code == 0
    assert run("why", str(path), "other/api", "shop/db:80").exit_code == 1
