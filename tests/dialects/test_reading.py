"""What a reading knows of the rest of the cluster, and for how long."""

from __future__ import annotations

import gc

from ringfence.dialects import reading
from ringfence.dialects.reading import Reading
from tests.clusters import cluster

TEXT = """\
apiVersion: projectcalico.org/v3
kind: Tier
metadata: {name: security}
spec: {order: 1}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: a}
spec: {podSelector: {}}
"""


def test_objects_are_found_by_group_and_kind() -> None:
    objects = Reading("generic", cluster((), TEXT)).objects
    assert [raw.ref.name for raw in objects["projectcalico.org", "Tier"]] == ["security"]
    assert [raw.ref.name for raw in objects["networking.k8s.io", "NetworkPolicy"]] == ["p"]


def test_the_objects_of_a_snapshot_are_sorted_once() -> None:
    snapshot = cluster((), TEXT)
    assert Reading("generic", snapshot).objects is Reading("calico", snapshot).objects


def test_an_equal_snapshot_of_other_objects_is_not_taken_for_it() -> None:
    one, other = cluster((), TEXT), cluster((), "")
    assert Reading("generic", one).objects
    assert not Reading("generic", other).objects


def test_a_snapshot_that_is_gone_is_forgotten() -> None:
    gc.collect()
    before = len(reading._indexed)
    snapshot = cluster((), TEXT)
    assert Reading("generic", snapshot).objects
    assert len(reading._indexed) == before + 1
    del snapshot
    gc.collect()
    assert len(reading._indexed) == before
