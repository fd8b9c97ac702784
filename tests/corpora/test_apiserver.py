"""What a real API server writes is read without a complaint, and means the same in every form."""

from __future__ import annotations

import pytest

import ringfence
from ringfence.model.policy import Policy
from tests import oracle, points
from tests.corpora.places import ROOT, needs_corpora

DIRECTORY = ROOT / "apiserver"


def policies(name: str) -> list[Policy]:
    return sorted(ringfence.load(str(DIRECTORY / name)).policies.policies(), key=lambda policy: str(policy.ref))


@needs_corpora
@pytest.mark.parametrize("name", ["cluster.json", "cluster.yaml"])
def test_a_whole_cluster_gives_no_finding(name: str) -> None:
    cluster = ringfence.load(str(DIRECTORY / name))
    assert cluster.findings == ()
    assert len(list(cluster.policies.policies())) == 15
    assert all(len(pod.addresses) == 2 or pod.host_network for pod in cluster.snapshot.pods)


@needs_corpora
@pytest.mark.parametrize("name", ["cluster.yaml", "netpol-managed-fields.json", "networkpolicies-raw.json"])
def test_policies_are_the_same_in_every_form(name: str) -> None:
    assert policies(name) == policies("cluster.json")


@needs_corpora
def test_engine_and_slow_evaluator_agree_on_it() -> None:
    cluster = ringfence.load(str(DIRECTORY / "cluster.json"))
    ports = points.port_points(cluster.snapshot, cluster.policies)
    for source, destination in points.pairs(points.endpoints(cluster.snapshot, cluster.policies)):
        found = cluster.engine_with_icmp.allowed(source, destination)
        for call in ports:
            expected = oracle.allowed(cluster.snapshot, cluster.policies, source, destination, *call)
            assert found.has(*call) == all(expected), (source, destination, call)
