"""``test``, its coverage, ``diff`` and ``check`` on policies of Cilium, Calico and Istio that say the same thing.

web and cart may use db on 5432 and 9090, cart not on 9090, and nobody else anything: the verdicts below are read off
that sentence, and the lines off the manifests.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import run


def pod(name: str, address: str, port: int) -> str:
    return (
        "---\napiVersion: v1\nkind: Pod\n"
        f"metadata: {{name: {name}, namespace: shop, labels: {{app: {name}, security.istio.io/tlsMode: istio}}}}\n"
        f"spec: {{serviceAccountName: {name}, containers: [{{name: c, ports: [{{containerPort: {port}}}]}}]}}\n"
        f"status: {{phase: Running, podIP: {address}}}\n"
    )


PODS = pod("web", "10.0.0.1", 80) + pod("cart", "10.0.0.2", 80) + pod("db", "10.0.0.3", 5432)
CILIUM = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: db}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: web}}, {matchLabels: {app: cart}}]
    toPorts: [{ports: [{port: "5432", protocol: TCP}, {port: "9090", protocol: TCP}]}]
  ingressDeny:
  - fromEndpoints: [{matchLabels: {app: cart}}]
    toPorts: [{ports: [{port: "9090", protocol: TCP}]}]
"""
CALICO = """\
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  selector: app == 'db'
  types: [Ingress]
  ingress:
  - action: Deny
    protocol: TCP
    source: {selector: app == 'cart'}
    destination: {ports: [9090]}
  - action: Allow
    protocol: TCP
    source: {selector: "app in {'web', 'cart'}"}
    destination: {ports: [5432, 9090]}
"""
ISTIO = """\
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: db, namespace: shop}
spec:
  selector: {matchLabels: {app: db}}
  rules:
  - from: [{source: {principals: [cluster.local/ns/shop/sa/web, cluster.local/ns/shop/sa/cart]}}]
    to: [{operation: {ports: ["5432", "9090"]}}]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: no-metrics, namespace: shop}
spec:
  selector: {matchLabels: {app: db}}
  action: DENY
  rules:
  - from: [{source: {principals: [cluster.local/ns/shop/sa/cart]}}]
    to: [{operation: {ports: ["9090"]}}]
"""
SUITE = """\
apiVersion: ringfence.dev/v1
kind: PolicyTest
metadata: {name: promises}
tests:
- {name: web uses the db, from: shop/web, to: shop/db, ports: [5432, 9090], expect: allowed}
- {name: cart uses the db, from: shop/cart, to: shop/db, ports: [5432], expect: allowed}
- {name: cart sees no metrics, from: shop/cart, to: shop/db, ports: [9090], expect: denied}
- {name: nobody else, from: internet, to: shop/db, ports: [5432], expect: denied}
"""

# The dialect's text, what denies cart's 9090 in it and its line, and the same policy without that.
DIALECTS = {
    "cilium": (CILIUM, "ingressDeny rule 1", 10, CILIUM.partition("  ingressDeny")[0]),
    "calico": (
        CALICO,
        "ingress rule 1",
        8,
        CALICO[: CALICO.index("  - action: Deny")] + CALICO[CALICO.index("  - action: Allow") :],
    ),
    "istio": (ISTIO, "rule 1", 17, ISTIO.partition("---")[0]),
}


@pytest.fixture(params=sorted(DIALECTS))
def dialect(request: pytest.FixtureRequest) -> tuple[str, str, int, str]:
    return DIALECTS[request.param]


def written(directory: Path, policies: str) -> str:
    directory.mkdir(exist_ok=True)
    (directory / "pods.yaml").write_text(PODS)
    (directory / "policies.yaml").write_text(policies)
    return str(directory)


def test_promises_hold_and_one_breaks_without_the_deny(dialect: tuple[str, str, int, str], tmp_path: Path) -> None:
    policies, _, _, without = dialect
    (tmp_path / "suite.yaml").write_text(SUITE)
    suite = ("--suite", str(tmp_path / "suite.yaml"))
    assert run("test", "-q", written(tmp_path / "all", policies), *suite).stdout == "4 tests: all passed.\n"
    broken = run("test", "-q", written(tmp_path / "open", without), *suite, "-o", "json")
    assert broken.exit_code == 1
    failed = [each["name"] for each in json.loads(broken.stdout)["tests"] if each["status"] != "passed"]
    assert failed == ["cart sees no metrics"]


def test_coverage_names_rules_as_the_manifest_numbers_them(dialect: tuple[str, str, int, str], tmp_path: Path) -> None:
    policies, deny, line, _ = dialect
    (tmp_path / "suite.yaml").write_text(SUITE)
    place = written(tmp_path / "all", policies)
    result = run("test", "-q", place, "--suite", str(tmp_path / "suite.yaml"), "--coverage", "-v")
    assert f"  {deny}: tested  {tmp_path}/all/policies.yaml:{line}" in result.stdout.splitlines()
    # What a dialect adds of its own accord is no rule of anybody's.
    assert "ingress rule 2" not in result.stdout or "calico" in policies
    assert "the rule left out: cart sees no metrics" in result.stdout


def test_coverage_falls_by_the_promise_that_is_left_out(dialect: tuple[str, str, int, str], tmp_path: Path) -> None:
    policies, deny, _, _ = dialect
    (tmp_path / "suite.yaml").write_text(SUITE)
    place = written(tmp_path / "all", policies)
    fewer = ("--suite", str(tmp_path / "suite.yaml"), "--only", "*use*", "--only", "nobody*", "--coverage")
    result = run("test", "-q", place, *fewer)
    assert f"  {deny}: tested" not in result.stdout
    assert f"  {deny}: " in result.stdout


def test_the_difference_is_what_the_deny_held_back(dialect: tuple[str, str, int, str], tmp_path: Path) -> None:
    policies, deny, _, without = dialect
    before, after = written(tmp_path / "before", policies), written(tmp_path / "after", without)
    result = run("diff", "-q", before, after, "-o", "json")
    (change,) = json.loads(result.stdout)["changes"]
    assert (change["src"], change["dst"]) == ("shop/Pod/cart", "shop/Pod/db")
    assert (change["before"]["TCP"], change["after"]["TCP"]) == ([[5432, 5432]], [[5432, 5432], [9090, 9090]])
    (cause,) = change["causes"]
    # Of the mesh the whole policy went; the others lost a rule.
    assert cause["text"].endswith("no-metrics is removed" if "istio" in policies else f"{deny} is removed")


def test_a_check_fails_on_the_broken_promise_alone(
    dialect: tuple[str, str, int, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies, _, _, without = dialect
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cluster.yaml").write_text(PODS)
    (tmp_path / "suite.yaml").write_text(SUITE)
    (tmp_path / "ringfence.yaml").write_text(
        "apiVersion: ringfence.dev/v1\nkind: Config\npolicies: policies.yaml\ncluster: cluster.yaml\n"
        "tests: suite.yaml\nfailOn: {lint: never, diff: never}\n"
    )
    reports: list[dict[str, Any]] = []
    for text, status in ((policies, 0), (without, 1)):
        (tmp_path / "policies.yaml").write_text(text)
        result = run("check", "-o", "json")
        assert result.exit_code == status, result.output[:500]
        reports.append(json.loads(result.stdout))
    assert [failure["part"] for failure in reports[1]["failures"]] == ["tests"]
