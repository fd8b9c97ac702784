"""The public API: load manifests, ask."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

import ringfence
from tests.cli.running import BROKEN, MANIFESTS, POLICY, write


@pytest.fixture
def cluster(tmp_path: Path) -> ringfence.Cluster:
    return ringfence.load(write(tmp_path, broken=BROKEN))


def test_a_verdict_by_names(cluster: ringfence.Cluster) -> None:
    assert cluster.verdict("shop/api", "data/db-0", 5432).allowed
    assert not cluster.verdict("shop/api", "data/db-0", 5432, "udp").allowed
    assert not cluster.verdict("shop/web-0", "data/db-0", 5432, ringfence.Protocol.TCP).allowed
    assert cluster.verdict("shop/api", "service:data/db", 80).allowed


def test_why_without_a_port_asks_about_declared_ones(cluster: ringfence.Cluster) -> None:
    answer = cluster.why("shop/web-0", "data/db-0")
    assert not answer.allowed
    assert [(str(entry.protocol), entry.port) for entry in answer.judgements] == [("TCP", 5432)]


def test_reach_by_pod_with_filters(cluster: ringfence.Cluster) -> None:
    report = cluster.reach("pod", destinations=lambda pod: pod.namespace == "data", external=False)
    assert [(c.src.name, c.dst.name, str(c.ports)) for c in report.connections] == [
        ("shop/api", "data/db-0", "TCP 5432"),
        ("shop/web-1", "data/db-0", "TCP 5432"),
    ]


def test_findings_are_worst_first(cluster: ringfence.Cluster) -> None:
    severities = [finding.severity for finding in cluster.findings]
    assert severities == sorted(severities, reverse=True)
    assert severities[0] is ringfence.Severity.ERROR


@pytest.mark.parametrize(("port", "protocol"), [(0, "TCP"), (65536, "TCP"), (80, "GRE"), (300, "ICMP")])
def test_a_port_that_does_not_exist_is_an_error(cluster: ringfence.Cluster, port: int, protocol: str) -> None:
    with pytest.raises(ringfence.QueryError):
        cluster.verdict("shop/api", "data/db-0", port, protocol)
    with pytest.raises(ringfence.QueryError):
        cluster.why("shop/api", "data/db-0", port, protocol)


def test_icmp_is_asked_by_its_type(cluster: ringfence.Cluster) -> None:
    """The policy of db-0 has ports in its rules, so ping is denied to it; api has none."""
    assert not cluster.verdict("shop/api", "data/db-0", 8, "ICMP").allowed
    assert cluster.verdict("data/db-0", "shop/api", 8, "icmp").allowed
    assert not cluster.why("shop/api", "data/db-0", 128, "ICMPv6").allowed


def test_a_grouping_that_does_not_exist_is_an_error(cluster: ringfence.Cluster) -> None:
    with pytest.raises(ringfence.QueryError, match="Use pod or workload"):
        cluster.reach("namespace")


def test_input_may_be_given_as_a_stream() -> None:
    cluster = ringfence.load("-", stdin=io.BytesIO(f"{MANIFESTS}---\n{POLICY}".encode()))
    assert cluster.verdict("shop/api", "data/db-0", 5432).allowed


def test_input_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ringfence.InputError):
        ringfence.load(str(tmp_path / "none"))


def test_promises_are_judged(cluster: ringfence.Cluster, tmp_path: Path) -> None:
    suite = tmp_path / "promises.txt"
    suite.write_text(
        "apiVersion: ringfence.dev/v1\nkind: PolicyTest\nmetadata: {name: s}\ntests:\n"
        "- {name: kept, from: shop/api, to: data/db-0, expect: allowed}\n"
        "- {name: broken, from: shop/web-0, to: data/db-0, expect: allowed}\n",
        encoding="utf-8",
    )
    assert [result.passed for result in cluster.test(str(suite)).results] == [True, False]


def test_a_suite_without_tests_is_an_error(cluster: ringfence.Cluster, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n", encoding="utf-8")
    with pytest.raises(ringfence.InputError, match="There is no PolicyTest"):
        cluster.test(str(tmp_path / "empty.txt"))
