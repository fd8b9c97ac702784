"""``ringfence fix --staged``: what a staged policy would cut is corrected where it stands, and nothing is enforced."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.cli.running import run

PODS = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
status: {phase: Running, podIP: 10.0.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: db, image: db, ports: [{containerPort: 5432}]}]}
status: {phase: Running, podIP: 10.0.0.2}
"""
STAGED = """\
apiVersion: projectcalico.org/v3
kind: StagedNetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  selector: app == 'db'
  types: [Ingress]
  ingress:
  - action: Deny
"""


def cluster(tmp_path: Path, policy: str = STAGED) -> str:
    (tmp_path / "pods.yaml").write_text(PODS)
    (tmp_path / "policy.yaml").write_text(policy)
    return str(tmp_path)


def test_without_the_option_there_is_nothing_to_fix(tmp_path: Path) -> None:
    assert "nothing to fix" in run("fix", cluster(tmp_path), "shop/web", "shop/db:5432").stdout


def test_the_staged_policy_itself_is_edited(tmp_path: Path) -> None:
    result = run("fix", "--staged", cluster(tmp_path), "shop/web", "shop/db:5432", "--write", "-y", "-q")
    assert result.exit_code == 0, result.output
    written = yaml.safe_load((tmp_path / "policy.yaml").read_text())
    assert written["kind"] == "StagedNetworkPolicy"
    assert written["spec"]["ingress"] == [
        {
            "action": "Allow",
            "protocol": "TCP",
            "source": {"selector": "app == 'web'"},
            "destination": {"ports": [5432]},
        },
        {"action": "Deny"},
    ]


def test_new_policies_are_staged_too_and_it_is_said(tmp_path: Path) -> None:
    policy = STAGED.replace("  ingress:\n  - action: Deny\n", "")
    result = run("fix", "--staged", cluster(tmp_path, policy), "shop/web", "shop/db:5432", "--all", "-o", "manifest")
    kinds = {body["kind"] for body in yaml.safe_load_all(result.stdout)}
    assert kinds == {"StagedNetworkPolicy", "StagedKubernetesNetworkPolicy"}
    text = run("fix", "--staged", cluster(tmp_path, policy), "shop/web", "shop/db:5432", "--all").stdout
    assert "New policies are staged like those that they go with" in text


def test_many_connections_take_staged_policies_in_too(tmp_path: Path) -> None:
    (tmp_path / "wanted.csv").write_text("src,dst,protocol,port\nshop/web,shop/db,TCP,5432\n")
    given = ("fix", cluster(tmp_path), "--wanted", str(tmp_path / "wanted.csv"), "-o", "manifest")
    assert run(*given).stdout == ""
    (body,) = yaml.safe_load_all(run(*given, "--staged").stdout)
    assert body["kind"] == "StagedNetworkPolicy"
