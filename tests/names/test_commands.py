"""``--resolve`` on the real commands: certain answers, names as destinations, and what is said of a bad file."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.running import run
from tests.cli.test_schemas import check

CLUSTER = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {kubernetes.io/metadata.name: shop}}
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: c, image: web}]}
status: {phase: Running, podIP: 10.1.0.1, podIPs: [{ip: 10.1.0.1}]}
---
apiVersion: v1
kind: Pod
metadata: {name: job-0, namespace: shop, labels: {app: job}}
spec: {containers: [{name: c, image: job, ports: [{containerPort: 8080}]}]}
status: {phase: Running, podIP: 10.1.0.2, podIPs: [{ip: 10.1.0.2}]}
---
apiVersion: v1
kind: Service
metadata: {name: job, namespace: shop}
spec: {clusterIP: 10.96.0.9, selector: {app: job}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: pay, namespace: shop}
spec: {type: ExternalName, externalName: api.example.com}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web-out, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  egress:
  - toFQDNs: [{matchPattern: "*.example.com"}]
    toPorts: [{ports: [{port: "443", protocol: TCP}]}]
"""


def line(name: str, address: str, last: str = "2026-11-20T08:00:00Z", **others: object) -> str:
    return json.dumps(
        {"name": name, "address": address, "firstSeen": "2026-11-10T08:00:00Z", "lastSeen": last, **others}
    )


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    cluster, records = tmp_path / "cluster.yaml", tmp_path / "names.jsonl"
    cluster.write_text(CLUSTER, encoding="utf-8")
    lines = [
        line("api.example.com", "203.0.113.7", chain=["edge.example.net"]),
        line("api.example.com", "203.0.113.8"),
        line("cdn.example.org", "203.0.113.8"),
        line("cdn.example.org", "198.51.100.9"),
    ]
    records.write_text("\n".join(lines), encoding="utf-8")
    return str(cluster), str(records)


def test_a_name_that_is_allowed_is_allowed_at_each_of_its_addresses(files: tuple[str, str]) -> None:
    cluster, records = files
    result = run("why", cluster, "shop/web-0", "api.example.com:443", "--resolve", records)
    assert result.exit_code == 0
    assert result.stdout.startswith("shop/web-0 can reach 2 of 2 recorded addresses of api.example.com on TCP 443.\n")
    assert f"api.example.com has 2 addresses in {records}, last seen on 2026-11-20, " in result.stdout
    assert "api.example.com is an alias of edge.example.net: rules are on the name that is queried" in result.stdout
    assert "every name on the same addresses: cdn.example.org has some of them." in result.stdout
    assert "Rules by name mean what" in result.stderr


def test_a_name_that_shares_one_address_is_allowed_there_only(files: tuple[str, str]) -> None:
    cluster, records = files
    result = run("why", cluster, "shop/web-0", "cdn.example.org:443", "--resolve", records)
    assert result.exit_code == 1
    assert result.stdout.startswith(
        "shop/web-0 can reach only 1 of 2 recorded addresses of cdn.example.org on TCP 443.\n"
    )
    assert "203.0.113.8: allowed by CiliumNetworkPolicy shop/web-out, egress rule 1" in result.stdout
    assert "198.51.100.9: DENIED" in result.stdout
    assert "1 of 2 pairs of replicas and addresses are denied" in result.stdout


def test_an_address_is_certain_by_record_and_conditional_without(files: tuple[str, str]) -> None:
    cluster, records = files
    ask = ("why", cluster, "shop/web-0", "203.0.113.8:443")
    sure, unsure = run(*ask, "--resolve", records), run(*ask)
    assert sure.exit_code == 0
    assert "203.0.113.8 is allowed by the name *.example.com" in sure.stdout
    assert "belongs to 2 names on record: api.example.com, cdn.example.org" in sure.stdout
    assert unsure.exit_code == 1
    assert "only if the address belongs to name *.example.com" in unsure.stdout


@pytest.mark.parametrize(
    ("name", "more", "messages"),
    [
        (
            "api.example.com",
            False,
            ["The input doesn't say which addresses api.example.com has", "egress rule 1 (*.example.com) names it."],
        ),
        ("apl.example.com", True, ["has no record of apl.example.com. Did you mean api.example.com?"]),
        ("other.org", False, ["No egress rule for shop/web-0 names it."]),
    ],
)
def test_a_name_without_record_is_said_to_be_unknown(
    files: tuple[str, str], name: str, more: bool, messages: list[str]
) -> None:
    cluster, records = files
    result = run("why", cluster, "shop/web-0", f"{name}:443", *(["--resolve", records] if more else []))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "ringfence dns record" in result.stderr
    for message in messages:
        assert message in result.stderr


def test_a_name_opens_no_connections(files: tuple[str, str]) -> None:
    cluster, records = files
    result = run("why", cluster, "api.example.com", "shop/web-0:80", "--resolve", records)
    assert result.exit_code == 2
    assert "api.example.com is a DNS name, which can only be a destination." in result.stderr


def test_half_an_address_is_no_name(files: tuple[str, str]) -> None:
    result = run("why", files[0], "shop/web-0", "203.0.113:443")
    assert result.exit_code == 2
    assert "'203.0.113' is no endpoint" in result.stderr


@pytest.mark.parametrize("name", ["job.shop.svc", "job.shop.svc.cluster.local", "JOB.shop.svc.corp.example."])
def test_the_name_of_a_service_is_the_service(files: tuple[str, str], name: str) -> None:
    result = run("why", files[0], "shop/job-0", f"{name}:80")
    assert result.stdout.startswith("shop/job-0 can reach service:shop/job on port TCP 80")


@pytest.mark.parametrize("name", ["jobs.shop.svc", "jobs.shop.svc.cluster.local"])
def test_the_name_of_a_service_that_is_not_there_is_told_as_that(files: tuple[str, str], name: str) -> None:
    result = run("why", files[0], "shop/job-0", f"{name}:80")
    assert result.exit_code == 2
    assert "There is no Service shop/jobs in the input. Did you mean shop/job?" in result.stderr


def test_a_name_outside_may_look_like_that_of_a_service(files: tuple[str, str]) -> None:
    result = run("why", files[0], "shop/job-0", "a.b.svc.example.com:80")
    assert "The input doesn't say which addresses a.b.svc.example.com has" in result.stderr


def test_an_external_name_service_is_judged_by_the_addresses_of_its_name(files: tuple[str, str]) -> None:
    cluster, records = files
    result = run("why", cluster, "shop/web-0", "service:shop/pay:443", "--resolve", records)
    assert result.exit_code == 0
    assert "api.example.com has 2 addresses" in result.stdout
    without = run("why", cluster, "shop/web-0", "service:shop/pay:443")
    assert without.exit_code == 2
    assert "Service shop/pay is another name for api.example.com. The input doesn't say" in without.stderr


def test_the_json_of_why_holds_each_address(files: tuple[str, str]) -> None:
    cluster, records = files
    result = run("why", cluster, "shop/web-0", "cdn.example.org:443", "--resolve", records, "-o", "json")
    report = check(result.stdout)
    assert report["destination"] == "cdn.example.org"
    assert {each["address"]: each["verdict"] for each in report["addresses"]} == {
        "203.0.113.8": "allowed",
        "198.51.100.9": "blocked",
    }
    assert report["records"][0] == {
        "name": "cdn.example.org",
        "address": "203.0.113.8",
        "firstSeen": "2026-11-10T08:00:00Z",
        "lastSeen": "2026-11-20T08:00:00Z",
        "ttl": None,
        "chain": [],
        "origin": {"file": records, "line": 3},
    }
    assert "RF052" in {finding["code"] for finding in report["findings"]}


def test_verdict_takes_names(files: tuple[str, str], tmp_path: Path) -> None:
    cluster, records = files
    queries = tmp_path / "queries.csv"
    queries.write_text(
        "src,dst,port\nshop/web-0,api.example.com,443\nshop/web-0,cdn.example.org,443\nshop/web-0,x.example.com,443\n",
        encoding="utf-8",
    )
    result = run("verdict", cluster, "--queries", str(queries), "--resolve", records)
    assert result.exit_code == 1
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["verdict"] for row in rows] == ["allowed", "blocked", "error"]
    assert "no record of x.example.com" in rows[2]["error"]


def test_reach_lists_recorded_addresses_as_allowed(files: tuple[str, str]) -> None:
    cluster, records = files
    ask = ("reach", cluster, "--from", "shop/web-0", "-o", "csv")
    assert "203.0.113.7-203.0.113.8" not in run(*ask).stdout
    assert "203.0.113.7-203.0.113.8,TCP,443" in run(*ask, "--resolve", records).stdout


def test_reach_keeps_what_goes_to_a_name(files: tuple[str, str]) -> None:
    cluster, records = files
    ask = ("reach", cluster, "--from", "shop/web-0", "-o", "csv", "--to")
    # The row of the range that holds one of its addresses; the other address is denied.
    (row,) = csv.DictReader(io.StringIO(run(*ask, "cdn.example.org", "--resolve", records).stdout))
    assert (row["dst"], row["ports"]) == ("203.0.113.7-203.0.113.8", "443-443")
    unknown = run(*ask, "cdn.example.org")
    assert unknown.exit_code == 2
    assert "The input doesn't say which addresses cdn.example.org has" in unknown.stderr
    source = run("reach", cluster, "--from", "cdn.example.org", "--resolve", records)
    assert source.exit_code == 2
    assert "which can only be a destination" in source.stderr


def test_diff_reads_both_sides_by_the_record(files: tuple[str, str], tmp_path: Path) -> None:
    cluster, records = files
    later = tmp_path / "later.yaml"
    later.write_text(CLUSTER.replace("*.example.com", "*.example.org"), encoding="utf-8")
    result = run("diff", cluster, str(later), "--resolve", records, "-o", "csv")
    assert "198.51.100.9" in result.stdout
    assert "203.0.113.7" in result.stdout


def test_a_policy_test_is_judged_by_the_record(files: tuple[str, str], tmp_path: Path) -> None:
    cluster, records = files
    suite = tmp_path / "suite.yaml"
    suite.write_text(
        """\
apiVersion: ringfence.dev/v1
kind: PolicyTest
metadata: {name: names}
tests:
- name: web pays
  from: shop/web-0
  to: api.example.com
  ports: 443
  expect: allowed
""",
        encoding="utf-8",
    )
    result = run("test", cluster, "--suite", str(suite), "--resolve", records)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("command", ["reach", "lint --severity note", "diagnose"])
def test_the_age_of_the_record_is_said_by_every_command(command: str, files: tuple[str, str]) -> None:
    cluster, records = files
    result = run(*command.split(), cluster, "--resolve", records)
    assert result.exit_code in (0, 1)
    assert "last seen on 2026-11-20" in result.output


def test_a_wrong_line_of_a_record_ends_the_command_with_its_place(files: tuple[str, str]) -> None:
    cluster, records = files
    with Path(records).open("a", encoding="utf-8") as stream:
        stream.write("\n" + line("api.example.com", "203.0.113.400"))
    for command in (("why", cluster, "shop/web-0", "203.0.113.8:443"), ("reach", cluster), ("diff", cluster, cluster)):
        result = run(*command, "--resolve", records)
        assert result.exit_code == 2
        assert f"{records}:5: The address '203.0.113.400' is no IP address." in result.stderr


def test_a_record_that_is_not_there_ends_the_command(files: tuple[str, str]) -> None:
    result = run("reach", files[0], "--resolve", "nowhere.jsonl")
    assert result.exit_code == 2
    assert "nowhere.jsonl: No such file or directory." in result.stderr


CALLS = """\
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: pay, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: pay, env: [{name: URL, value: "https://HOST/v1"}]}]}
"""


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("api.example.com", None),
        ("cdn.example.org", "only 1 of its 2 recorded addresses (last seen on 2026-11-20, "),
        ("far.example.net", "none of its 1 recorded addresses"),
    ],
)
def test_diagnose_judges_calls_outside_by_the_record(
    host: str, told: str | None, files: tuple[str, str], tmp_path: Path
) -> None:
    _, records = files
    with Path(records).open("a", encoding="utf-8") as stream:
        stream.write("\n" + line("far.example.net", "192.0.2.7"))
    manifests = tmp_path / "calls.yaml"
    manifests.write_text(CLUSTER + CALLS.replace("HOST", host), encoding="utf-8")
    report = json.loads(run("diagnose", str(manifests), "--resolve", records, "-o", "json").stdout)
    found = [each["what"] for each in report["remarks"] if host in each["what"]]
    if told is None:
        assert found == []
    else:
        (what,) = found
        assert what.startswith(f"shop/Deployment/pay calls {host} on TCP 443, and policies allow ")
        assert told in what


def test_the_json_says_which_names_are_let_through_besides(files: tuple[str, str]) -> None:
    cluster, records = files
    report = check(run("reach", cluster, "--resolve", records, "-o", "json").stdout)
    (found,) = [each for each in report["findings"] if each["code"] == "RF052"]
    assert found["evidence"] == ["*.example.com also lets cdn.example.org through, by addresses that they share"]


def test_why_says_where_a_name_can_never_be_learnt(files: tuple[str, str], tmp_path: Path) -> None:
    cluster, records = files
    ask = ("shop/web-0", "api.example.com:443", "--resolve", records)
    assert "shop/web-0 can't ask for names, since its policies deny DNS." in run("why", cluster, *ask).stdout
    manifests = tmp_path / "with-dns.yaml"
    manifests.write_text(
        CLUSTER
        + """\
  - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}]
    toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchPattern: "*"}]}}]
""",
        encoding="utf-8",
    )
    assert "can't ask for names" not in run("why", str(manifests), *ask).stdout
    dns = """\
---
apiVersion: v1
kind: Pod
metadata: {name: coredns-0, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec: {containers: [{name: c, image: coredns, ports: [{containerPort: 53, protocol: UDP, name: dns}]}]}
status: {phase: Running, podIP: 10.1.0.53, podIPs: [{ip: 10.1.0.53}]}
---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec: {clusterIP: 10.96.0.10, selector: {k8s-app: kube-dns}, ports: [{port: 53, protocol: UDP, targetPort: 53}]}
"""
    manifests.write_text(manifests.read_text(encoding="utf-8") + dns, encoding="utf-8")
    assert "can't ask for names" not in run("why", str(manifests), *ask).stdout
    manifests.write_text(CLUSTER + dns, encoding="utf-8")
    assert "can't ask for names" in run("why", str(manifests), *ask).stdout


def test_the_dns_circle_is_found_with_records_too(files: tuple[str, str]) -> None:
    cluster, records = files
    assert "RF312" in run("lint", cluster, "--resolve", records).stdout
