"""What is not evaluated is told in every form of every answer that it could change."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from ringfence.cli import main

CLUSTER = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
status: {podIP: 10.0.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop}
spec: {containers: [{name: c, ports: [{containerPort: 80}]}]}
status: {podIP: 10.0.0.2}
---
apiVersion: crd.antrea.io/v1beta1
kind: NetworkPolicy
metadata: {name: guard, namespace: shop}
spec: {priority: 5, appliedTo: [{podSelector: {}}]}
"""


@pytest.fixture
def manifests(tmp_path: Path) -> str:
    path = tmp_path / "cluster.yaml"
    path.write_text(CLUSTER)
    return str(path)


@pytest.mark.parametrize(
    "command",
    [
        "reach {} -o text",
        "reach {} -o json",
        "reach {} -o md",
        "reach {} -o html",
        "why {} shop/web shop/db:80 -o text",
        "why {} shop/web shop/db:80 -o json",
        "fix {} shop/web shop/db:80 -o json",
        "diagnose {} -o text",
        "diagnose {} -o json",
        "diff {} {} -o text",
        "diff {} {} -o json",
        "diff {} {} -o md",
        "diff {} {} -o html",
        "lint {} -o text",
        "lint {} -o json",
    ],
)
def test_an_answer_names_the_policy_that_it_leaves_out(command: str, manifests: str) -> None:
    result = CliRunner().invoke(main, command.replace("{}", manifests).split())
    assert "NetworkPolicy" in result.stdout
    assert "guard" in result.stdout or "RF116" in result.stdout


@pytest.mark.parametrize("command", ["reach {} -o csv", "reach {} -o dot", "diff {} {} -o csv"])
def test_where_a_format_has_no_room_the_errors_tell(command: str, manifests: str) -> None:
    result = CliRunner().invoke(main, command.replace("{}", manifests).split())
    assert "RF116" in result.stderr
