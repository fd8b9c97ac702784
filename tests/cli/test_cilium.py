"""Every command on a cluster of Cilium's policies, by the real command line."""

from __future__ import annotations

from pathlib import Path

from tests.cli.running import run

CLUSTER = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: c, image: i}]}
status: {podIP: 10.0.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: c, image: i}]}
status: {podIP: 10.0.0.2}
---
apiVersion: cilium.io/v2
kind: CiliumCIDRGroup
metadata: {name: partners, labels: {kind: partner}}
spec: {externalCIDRs: [203.0.113.0/24]}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  egress:
    - toCIDRSet: [{cidrGroupSelector: {matchLabels: {kind: partner}}}]
      toPorts: [{ports: [{port: "443", protocol: TCP}]}]
    - toEndpoints: [{}]
  egressDeny:
    - toPorts: [{ports: [{port: "22", protocol: TCP}]}]
"""
SUITE = """\
apiVersion: ringfence.dev/v1
kind: PolicyTest
metadata: {name: shop}
tests:
  - {name: partners, from: shop/Pod/web, to: 203.0.113.0/24, ports: [443], expect: allowed}
  - {name: no shell, from: shop/Pod/web, to: shop/Pod/db, ports: [22], expect: denied}
"""


def given(directory: Path, text: str = CLUSTER, name: str = "c.yaml") -> str:
    path = directory / name
    path.write_text(text)
    return str(path)


def rows(*inputs: str) -> set[str]:
    return {line for line in run("reach", *inputs, "-o", "csv").stdout.splitlines() if line.startswith("shop/Pod/web,")}


def test_a_policy_with_denies_is_one_policy(tmp_path: Path) -> None:
    assert "2 pods, 2 workloads, 1 namespace, 1 policy." in run("diagnose", given(tmp_path)).stdout


def test_a_group_of_ranges_is_reached(tmp_path: Path) -> None:
    assert [row for row in rows(given(tmp_path)) if "203.0.113.0" in row and "443" in row]


def test_an_archive_gives_the_same_answers(tmp_path: Path) -> None:
    archive = str(tmp_path / "a.tar.gz")
    assert run("snapshot", given(tmp_path), "--out", archive, "-q").exit_code == 0
    assert rows(archive) == rows(given(tmp_path))


def test_a_diff_names_the_deny_that_changed(tmp_path: Path) -> None:
    after = CLUSTER.replace('port: "22"', 'port: "23"')
    result = run("diff", given(tmp_path), given(tmp_path, after, "d.yaml"))
    assert "CiliumNetworkPolicy shop/web, egressDeny rule 1 is changed" in result.stdout


def test_promises_are_kept_and_broken(tmp_path: Path) -> None:
    suite = given(tmp_path, SUITE, "suite.yaml")
    assert run("test", "--suite", suite, given(tmp_path)).exit_code == 0
    broken = given(tmp_path, CLUSTER.replace('port: "22"', 'port: "23"'), "d.yaml")
    result = run("test", "--suite", suite, broken)
    assert result.exit_code == 1
    assert "no shell" in result.stdout
