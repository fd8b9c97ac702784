"""A check that knows the addresses of names, and one that asks what staged policies would do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.answers import check, refused

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web, ports: [{containerPort: 80}]}]}
status: {phase: Running, podIP: 10.0.0.1}
"""
BY_NAME = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: out, namespace: shop}
spec:
  endpointSelector: {}
  egress:
  - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}]
    toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchPattern: "*"}]}}]
  - toFQDNs: [{matchName: api.example.com}]
    toPorts: [{ports: [{port: "443", protocol: TCP}]}]
"""
STAGED = """\
apiVersion: projectcalico.org/v3
kind: StagedNetworkPolicy
metadata: {name: closed, namespace: shop}
spec: {selector: all(), types: [Egress]}
"""
TEST = """\
apiVersion: ringfence.dev/v1
kind: PolicyTest
metadata: {name: promises}
tests:
- {name: the api, from: shop/web, to: 203.0.113.7, ports: [443], expect: %s}
"""
RECORD = (
    '{"name":"api.example.com","address":"203.0.113.7","firstSeen":"2026-11-01T08:00:00Z",'
    '"lastSeen":"2026-11-20T08:00:00Z"}\n'
)
CONFIG = """\
apiVersion: ringfence.dev/v1
kind: Config
policies: policies
cluster: cluster.yaml
tests: tests
failOn: {lint: never}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("policies", "tests"):
        (tmp_path / name).mkdir()
    (tmp_path / "cluster.yaml").write_text(POD)
    (tmp_path / "names.jsonl").write_text(RECORD)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def given(here: Path, policy: str, expect: str, more: str = "") -> None:
    (here / "policies" / "policy.yaml").write_text(policy)
    (here / "tests" / "test.yaml").write_text(TEST % expect)
    (here / "ringfence.yaml").write_text(CONFIG + more)


def test_without_records_a_rule_by_name_is_only_possible(here: Path) -> None:
    given(here, BY_NAME, "allowed")
    assert check().exit_code == 1


def test_records_make_it_certain_from_the_file_or_the_command_line(here: Path) -> None:
    given(here, BY_NAME, "allowed", "resolve: names.jsonl\n")
    assert check().exit_code == 0
    given(here, BY_NAME, "allowed")
    assert check("--resolve", "names.jsonl").exit_code == 0


def test_a_file_of_records_that_isnt_there_is_an_error(here: Path) -> None:
    given(here, BY_NAME, "allowed", "resolve: other.jsonl\n")
    assert "other.jsonl" in refused()


def test_a_staged_policy_counts_where_that_is_asked_for(here: Path) -> None:
    given(here, STAGED, "denied")
    assert check().exit_code == 1
    assert check("--staged").exit_code == 0
    given(here, STAGED, "denied", "staged: true\n")
    assert check().exit_code == 0


def test_lint_is_about_what_is_written_staged_or_not(here: Path) -> None:
    """RF412 tells that only a staged policy guards the pods, which is so whatever the tests are asked."""
    given(here, STAGED, "denied", "staged: true\n")
    assert "RF412" in check("-v").stdout
