"""``ringfence generate egress`` through the command line: what goes where, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.cli.running import run
from tests.cli.test_schemas import check
from tests.egress.worlds import BASE, CLOSED, REQUEST

RECORD = {"firstSeen": "2026-11-18T08:00:00Z", "lastSeen": "2026-11-20T08:00:00Z", "ttl": 60}


def records(path: Path, *addresses: str) -> str:
    lines = [json.dumps({"name": "api.pay.example", "address": each, **RECORD}) for each in addresses]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


@pytest.fixture
def shop(tmp_path: Path) -> str:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "cluster.yaml").write_text(BASE + CLOSED, encoding="utf-8")
    (tmp_path / "in" / "request.yaml").write_text(REQUEST.replace("2027-03-31", "2999-12-31"), encoding="utf-8")
    return str(tmp_path / "in")


def test_manifests_go_to_stdout_and_the_rest_to_stderr(shop: str) -> None:
    result = run("generate", "egress", shop, "--for", "cilium")
    assert result.exit_code == 0
    assert [body["kind"] for body in yaml.safe_load_all(result.stdout)] == ["CiliumNetworkPolicy"]
    assert "TCP 443: allowed if DNS gives the address for api.pay.example" in result.stderr
    assert "DNS circle: shop/Pod/web" in result.stderr


@pytest.mark.parametrize("choice", ["cilium", "calico-enterprise", "cnp", "gke", "istio"])
def test_a_report_follows_its_schema(shop: str, choice: str) -> None:
    report = check(run("generate", "egress", shop, "--for", choice, "-o", "json").stdout)
    assert list(yaml.safe_load_all("---\n".join(each["text"] for each in report["manifests"]))) == [
        each["manifest"] for each in report["manifests"]
    ]


def test_the_table_of_promises_has_every_choice(shop: str) -> None:
    text = run("generate", "egress", shop, "--for", "gke", "-o", "text").stdout
    for word in ("cilium", "calico", "calico-enterprise", "cnp", "networkpolicy", "gke", "istio"):
        assert f"\n{word}\n" in text


def test_addresses_can_be_refreshed(shop: str, tmp_path: Path) -> None:
    old = records(tmp_path / "old.jsonl", "203.0.113.7")
    made = run("generate", "egress", shop, "--for", "networkpolicy", "--resolve", old)
    assert made.exit_code == 0
    policy = tmp_path / "policy.yaml"
    policy.write_text(made.stdout, encoding="utf-8")
    assert run("generate", "egress", "--refresh", str(policy), "--resolve", old).exit_code == 0
    new = records(tmp_path / "new.jsonl", "203.0.113.8")
    stale = run("generate", "egress", "--refresh", str(policy), "--resolve", new)
    assert stale.exit_code == 1
    assert "gone: 203.0.113.7" in stale.stdout
    assert "new: 203.0.113.8" in stale.stdout
    report = check(run("generate", "egress", "--refresh", str(policy), "--resolve", new, "-o", "json").stdout)
    assert report["names"][0]["new"] == ["203.0.113.8"]


def test_an_expired_request_is_a_finding_unless_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "all.yaml"
    path.write_text(f"{BASE}---\n{REQUEST.replace('2027-03-31', '2020-01-31')}", encoding="utf-8")
    result = run("generate", "egress", str(path), "--for", "cilium")
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"expired pay on 2020-01-31: left out ({path}:" in result.stderr
    assert run("generate", "egress", str(path), "--for", "cilium", "--expired").exit_code == 0


@pytest.mark.parametrize(("output", "file"), [("helm", "Chart.yaml"), ("kustomize", "base/kustomization.yaml")])
def test_directories_are_written_once(shop: str, tmp_path: Path, output: str, file: str) -> None:
    into = tmp_path / "made"
    command = ("generate", "egress", shop, "--for", "cilium", "-o", output, "--into", str(into))
    result = run(*command)
    assert (result.exit_code, result.stdout) == (0, "")
    assert (into / file).is_file()
    again = run(*command)
    assert again.exit_code == 2
    assert "is there already" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Say for which policy API"),
        (("--for", "cilium", "-o", "helm"), "--into DIR"),
        (("--for", "cilium", "--into", "x"), "--into DIR"),
        (("--for", "networkpolicy"), "recorded addresses"),
        (("--refresh",), "--resolve FILE"),
    ],
)
def test_wrong_usage_is_a_sentence(shop: str, arguments: tuple[str, ...], message: str) -> None:
    result = run("generate", "egress", shop, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


def test_a_wrong_request_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "request.yaml"
    path.write_text(REQUEST.replace("  owner:", "  onwer:"), encoding="utf-8")
    result = run("generate", "egress", str(path), "--for", "cilium")
    assert result.exit_code == 2
    assert f"{path}:7:3: spec.onwer is not a field of this API. Did you mean owner?" in result.stderr


def test_input_without_a_request_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "cluster.yaml"
    path.write_text(BASE, encoding="utf-8")
    result = run("generate", "egress", str(path), "--for", "cilium")
    assert result.exit_code == 2
    assert "There is no EgressRequest" in result.stderr


def test_a_request_alone_is_written_and_not_verified(tmp_path: Path) -> None:
    path = tmp_path / "request.yaml"
    path.write_text(REQUEST.replace("  - to: service:data/db\n", "").replace("2027-03-31", "2999-12-31"), "utf-8")
    result = run("generate", "egress", str(path), "--for", "cilium")
    assert result.exit_code == 0
    assert "not verified" in result.stderr
