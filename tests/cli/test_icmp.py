"""ICMP through the command line: ``why``, ``verdict``, ``reach``, ``test`` and ``convert``."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import yaml

from tests.cli.running import run
from tests.cli.test_schemas import check

CLUSTER = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: c, ports: [{containerPort: 80}]}]}
status: {podIP: 10.0.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: c, ports: [{containerPort: 5432}]}]}
status: {podIP: 10.0.0.2}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {selector: {app: db}, clusterIP: 10.96.0.1, ports: [{port: 5432}]}
---
"""
CILIUM = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: db}}
  ingress:
  - {fromEndpoints: [{matchLabels: {app: web}}], icmps: [{fields: [{type: EchoRequest}]}]}
  - {fromEndpoints: [{matchLabels: {app: web}}], toPorts: [{ports: [{port: "5432", protocol: TCP}]}]}
"""
CALICO = """\
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  selector: app == 'db'
  types: [Ingress]
  ingress:
  - {action: Deny, protocol: ICMP, icmp: {type: 5, code: 1}}
  - {action: Allow, protocol: ICMP, source: {selector: app == 'web'}}
  - {action: Allow, protocol: TCP, source: {selector: app == 'web'}, destination: {ports: [5432]}}
"""
NETWORK = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec: {podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 5432}]}]}
"""


def write(folder: Path, policy: str) -> str:
    """A directory with the cluster and one policy."""
    (folder / "cluster.yaml").write_text(CLUSTER + policy, encoding="utf-8")
    return str(folder)


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ("icmp", 0, "can reach shop/db on ICMP echo request (type 8)"),
        ("icmp/8", 0, "can reach shop/db on ICMP echo request (type 8)"),
        ("ICMP/8/0", 0, "can reach shop/db on ICMP echo request (type 8)"),
        ("icmp/13", 1, "can NOT reach shop/db on ICMP timestamp (type 13)"),
        ("icmp/200/3", 1, "on ICMP type 200, code 3"),
        ("icmpv6/128", 1, "on ICMPv6 echo request (type 128)"),
    ],
)
def test_why_is_asked_by_type_and_answers_in_words(tmp_path: Path, asked: str, status: int, said: str) -> None:
    result = run("why", write(tmp_path, CILIUM), "shop/web", f"shop/db:{asked}")
    assert (result.exit_code, said in result.stdout) == (status, True), result.stdout


def test_a_denied_message_names_the_rule_that_allows_another(tmp_path: Path) -> None:
    result = run("why", write(tmp_path, CILIUM), "shop/web", "shop/db:icmp/13")
    assert "allows ICMP echo request (type 8), and the connection is to ICMP timestamp (type 13)" in result.stdout
    assert "Fix:" not in result.stdout


def test_what_network_policy_leaves_open_is_said(tmp_path: Path) -> None:
    result = run("why", write(tmp_path, NETWORK), "shop/web", "shop/db:icmp")
    assert result.exit_code == 1
    assert "NetworkPolicy says nothing of ICMP" in result.stdout
    ports = run("why", str(tmp_path), "shop/web", "shop/db:5432")
    assert "NetworkPolicy says nothing of ICMP" not in ports.stdout


@pytest.mark.parametrize(
    ("source", "asked", "said"),
    [
        ("shop/web", "service:shop/db:icmp", "forwards ports and no ICMP"),
        ("shop/web", "10.0.0.9:icmpv6", "takes ICMP and no ICMPv6"),
        ("shop/web", "[2001:db8::1]:icmp", "takes ICMPv6 and no ICMP"),
        ("shop/web", "shop/db:icmp/256", "'256' is no type of ICMP"),
        ("shop/web", "shop/db:icmp/", "no type after the slash"),
        ("shop/web", "shop/db:8/icmp", "It has no ports"),
    ],
)
def test_what_can_t_be_asked_is_said(tmp_path: Path, source: str, asked: str, said: str) -> None:
    result = run("why", write(tmp_path, CILIUM), source, asked)
    assert result.exit_code == 2
    assert said in result.stderr


def test_fix_says_that_it_is_about_ports(tmp_path: Path) -> None:
    result = run("fix", write(tmp_path, CILIUM), "shop/web", "shop/db:icmp/13")
    assert result.exit_code == 2
    assert "not for ICMP" in result.stderr


def test_json_has_the_type_as_port_and_the_code_beside_it(tmp_path: Path) -> None:
    result = run("why", write(tmp_path, CALICO), "shop/web", "shop/db:icmp/5/1", "-o", "json")
    report = check(result.stdout)
    assert [(each["protocol"], each["port"], each["code"]) for each in report["ports"]] == [("ICMP", 5, 1)]


def test_verdict_takes_rows_of_icmp(tmp_path: Path) -> None:
    rows = "src,dst,protocol,port\n" + "".join(
        f"shop/web,shop/db,{row}\n" for row in ("ICMP,8", "icmp,5/1", "ICMP,", "ICMPv6,128", "ICMP,80000")
    )
    result = run("verdict", write(tmp_path, CALICO), "--queries", "-", stdin=rows)
    found = [row["verdict"] for row in csv.DictReader(io.StringIO(result.stdout))]
    assert found == ["allowed", "blocked", "allowed", "blocked", "error"]
    check(run("verdict", str(tmp_path), "--queries", "-", "-o", "json", stdin=rows).stdout)


def test_reach_lists_icmp_only_if_asked(tmp_path: Path) -> None:
    shop = write(tmp_path, CALICO)
    plain = run("reach", shop, "--no-external", "--to", "shop/db", "-o", "csv").stdout
    assert "ICMP" not in plain
    asked = run("reach", shop, "--no-external", "--to", "shop/db", "-o", "csv", "--icmp").stdout
    # Everything but type 5 with code 1.
    assert asked == plain + "shop/Pod/web,shop/Pod/db,ICMP,0-4;5/0;5/2-255;6-255\n"
    text = run("reach", shop, "--no-external", "--to", "shop/db", "--port", "icmp/8").stdout
    assert "TCP 5432; ICMP 0-4, 5/0" in text
    assert (
        "No connection is allowed."
        in run("reach", shop, "--no-external", "--to", "shop/db", "--port", "icmp/5/1").stdout
    )
    everything = run("reach", shop, "--no-external", "--to", "shop/web", "-o", "csv", "--icmp").stdout
    assert "shop/Pod/db,shop/Pod/web,ICMPv6,any\n" in everything
    document = check(run("reach", shop, "--no-external", "--to", "shop/db", "--icmp", "-o", "json").stdout)
    assert document["connections"][0]["ports"]["ICMP"] == [[0, 5 * 256], [5 * 256 + 2, 65535]]


def test_reach_has_formats_without_icmp(tmp_path: Path) -> None:
    result = run("reach", write(tmp_path, CALICO), "--icmp", "-o", "html")
    assert result.exit_code == 2
    assert "ICMP has no place in -o html" in result.stderr


SUITE = """\
apiVersion: ringfence.dev/v1
kind: PolicyTest
metadata: {{name: s}}
tests:
- {{name: t, from: shop/web, to: shop/db, ports: {ports}, expect: {expect}}}
"""


@pytest.mark.parametrize(
    ("ports", "expect", "status"),
    [
        ("icmp", "allowed", 0),
        ("icmp/8", "allowed", 0),
        ("[5432, icmp/8]", "allowed", 0),
        ("icmp/5", "allowed", 1),
        ("icmp/5/1", "denied", 0),
        ("icmp/any", "denied", 1),
        ("icmpv6/any", "denied", 0),
        # All ports are ports: what is said of ICMP needs its name.
        ("any", "denied", 1),
        ("[80, 443/UDP]", "denied", 0),
        ("icmp/300", "denied", 2),
    ],
)
def test_policy_tests_name_messages(tmp_path: Path, ports: str, expect: str, status: int) -> None:
    shop = write(tmp_path, CALICO)
    suite = tmp_path.parent / f"{tmp_path.name}-suite.yaml"
    suite.write_text(SUITE.format(ports=ports, expect=expect), encoding="utf-8")
    result = run("test", shop, "--suite", str(suite), "-o", "json")
    assert result.exit_code == status, result.stdout + result.stderr
    if status != 2:
        check(result.stdout)


def test_convert_writes_icmp_where_the_dialect_has_it(tmp_path: Path) -> None:
    result = run("convert", "--to", "calico", write(tmp_path, CILIUM))
    assert result.exit_code == 0, result.stderr
    (policy,) = [each for each in yaml.safe_load_all(result.stdout) if each["kind"] == "NetworkPolicy"]
    fields = [(rule["protocol"], rule.get("icmp")) for rule in policy["spec"]["ingress"]]
    assert sorted(fields, key=str) == [("ICMP", {"type": 8}), ("TCP", None)]


def test_convert_lists_as_lost_what_the_dialect_can_t_say(tmp_path: Path) -> None:
    to_cilium = run("convert", "--to", "cilium", write(tmp_path, CALICO))
    assert "Codes of ICMP are left out: ICMP 5/0,5/2-255." in to_cilium.stderr
    plain = run("convert", "--to", "networkpolicy", str(tmp_path))
    assert "is left out" in plain.stderr
    assert "ICMP" in plain.stderr
    assert (to_cilium.exit_code, plain.exit_code) == (1, 1)


def test_a_report_of_lost_icmp_follows_its_schema(tmp_path: Path) -> None:
    report = check(run("convert", "--to", "networkpolicy", write(tmp_path, CILIUM), "-o", "json").stdout)
    assert json.dumps(report).count("ICMP")
