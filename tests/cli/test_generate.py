"""``ringfence generate`` through the command line: what goes where, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.cli.running import run
from tests.cli.test_schemas import check
from tests.generate.worlds import BASE, ISOLATED


@pytest.fixture
def tenants(tmp_path: Path) -> str:
    (tmp_path / "cluster.yaml").write_text(BASE, encoding="utf-8")
    return str(tmp_path)


def test_manifests_go_to_stdout_and_the_summary_to_stderr(tenants: str) -> None:
    result = run("generate", "default-deny", tenants, "-n", "red")
    assert result.exit_code == 0
    assert [body["kind"] for body in yaml.safe_load_all(result.stdout)] == ["NetworkPolicy", "NetworkPolicy"]
    assert "red → outside the cluster: all ports (2 workloads)" in result.stderr
    assert "opens nothing" in result.stderr


def test_what_is_printed_can_be_given_back_as_input(tenants: str, tmp_path: Path) -> None:
    printed = run("generate", "isolate-namespace", tenants, "-n", "red", "--shared", "blue:9090").stdout
    (tmp_path / "generated.yaml").write_text(printed, encoding="utf-8")
    assert run("why", tenants, "red/web", "blue/metrics:9191").exit_code == 0
    assert run("why", tenants, "red/web", "blue/metrics:9192").exit_code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("default-deny", "-n", "red"),
        ("allow-dns", "-n", "red", "--resolver", "10.0.0.10", "--dialect", "cilium"),
        ("isolate-namespace", "-n", "red", "--caller", "blue:9090/UDP"),
        ("deny-external-egress", "--tenant", "tenant=a"),
        ("deny-external-egress", "--tenant", "tenant=a", "--dialect", "clusternetworkpolicy"),
        ("team-hierarchy",),
    ],
    ids=" ".join,
)
def test_a_generate_report_follows_its_schema(tenants: str, arguments: tuple[str, ...]) -> None:
    template, *options = arguments
    report = check(run("generate", template, tenants, *options, "-o", "json").stdout)
    text = "---\n".join(entry["text"] for entry in report["manifests"])
    assert list(yaml.safe_load_all(text)) == [entry["manifest"] for entry in report["manifests"]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("default-deny",), "-n NAMESPACE"),
        (("default-deny", "-n", "green"), "no namespace green"),
        (("default-deny", "-n", "red", "--dialect", "cilium"), "one dialect only"),
        (("allow-dns", "-n", "red", "--resolver", "503.0.0.0"), "is no IP address"),
        (("deny-external-egress",), "-n NAMESPACE or --tenant"),
        (("deny-external-egress", "--tenant", "red"), "KEY=VALUE"),
        (("deny-external-egress", "--tenant", "tenant=z"), "No namespace"),
        (("deny-external-egress", "-n", "red", "--tenant", "tenant=a"), "give one of them"),
        (("deny-external-egress", "-n", "red", "--dialect", "calico"), "networkpolicy or clusternetworkpolicy"),
        (("isolate-namespace", "-n", "red", "--shared", "blue"), "NAMESPACE:PORT"),
        (("isolate-namespace", "-n", "red", "--shared", "green:1"), "no namespace green"),
        (("team-hierarchy", "--owner-label", "squad"), "--owner-label"),
    ],
)
def test_what_cannot_be_made_is_told_in_a_sentence(tenants: str, arguments: tuple[str, ...], message: str) -> None:
    template, *options = arguments
    result = run("generate", template, tenants, *options)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not result.stdout


def test_a_deny_that_could_only_open_prints_nothing(tenants: str, tmp_path: Path) -> None:
    (tmp_path / "deny.yaml").write_text(ISOLATED, encoding="utf-8")
    result = run("generate", "deny-external-egress", tenants, "-n", "red")
    assert result.exit_code == 2
    assert "--dialect clusternetworkpolicy" in result.stderr
    assert not result.stdout
