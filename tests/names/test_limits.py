"""GKE takes 50 addresses of a policy by name, and 100 of a name: the record tells where there are more."""

from __future__ import annotations

import io

import pytest

from ringfence.cluster import Cluster
from ringfence.model.names import NameRecord
from ringfence.sources import load_snapshot
from tests.names.records import names, record

POD = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: c, image: web}]}
"""
POLICY = """---
apiVersion: networking.gke.io/v1alpha1
kind: FQDNNetworkPolicy
metadata: {name: out, namespace: shop}
spec:
  podSelector: {}
  egress: EGRESS
"""


def found(egress: str, *records: NameRecord) -> list[str]:
    manifests = (POD + POLICY.replace("EGRESS", egress)).encode()
    cluster = Cluster(load_snapshot(["-"], stdin=io.BytesIO(manifests)), names=names(*records))
    return [each.what for each in cluster.lint(select=["RF604"]).findings if "addresses" in each.what]


def many(name: str, number: int, net: str = "203.0.113") -> list[NameRecord]:
    return [record(name, f"{net}.{last}") for last in range(number)]


@pytest.mark.parametrize(
    "egress",
    [
        "[{matches: [{name: a.example.com}]}]",
        '[{matches: [{pattern: "*.example.com"}]}]',
        "[{to: [{fqdns: [a.example.com]}]}]",
    ],
)
def test_fifty_addresses_of_a_policy_are_fine_and_one_more_is_not(egress: str) -> None:
    assert found(egress, *many("a.example.com", 50)) == []
    (what,) = found(egress, *many("a.example.com", 51))
    assert what == (
        "shop/FQDNNetworkPolicy/out names 51 recorded addresses (last seen on 2026-11-23, just now); "
        "GKE takes 50 of a policy."
    )


def test_addresses_that_names_share_count_once_and_the_others_add_up() -> None:
    both = "[{matches: [{name: a.example.com}]}, {matches: [{name: b.example.com}]}]"
    assert found(both, *many("a.example.com", 40), *many("b.example.com", 50)) == []
    assert len(found(both, *many("a.example.com", 40), *many("b.example.com", 11, "198.51.100"))) == 1


def test_a_wildcard_of_gke_is_one_label() -> None:
    assert found('[{matches: [{pattern: "*.example.com"}]}]', *many("a.b.example.com", 60)) == []


def test_a_name_with_more_than_a_hundred_is_told_too() -> None:
    name, policy = sorted(found("[{matches: [{name: a.example.com}]}]", *many("a.example.com", 101)))
    assert "GKE takes 50 of a policy." in policy
    assert name == (
        "a.example.com, which shop/FQDNNetworkPolicy/out names, has 101 recorded addresses; GKE takes 100 of a name."
    )


@pytest.mark.parametrize(
    "egress", ["[]", "7", "[7]", "[{matches: 7}]", "[{matches: [7, {name: 7}]}]", "[{to: [{fqdns: 7}]}]"]
)
def test_a_policy_that_is_malformed_is_no_reason_to_fail(egress: str) -> None:
    assert found(egress, *many("a.example.com", 60)) == []
