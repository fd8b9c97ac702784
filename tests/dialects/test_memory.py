"""Of a later snapshot only those policies are read that would read otherwise; the others are the same objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from ringfence.dialects import read_policies
from ringfence.dialects.memory import Memory, Read
from ringfence.dialects.reading import Reading
from ringfence.model.objects import RawObject, Snapshot
from tests.dialects.cluster import World

SHOP = """\
apiVersion: v1
kind: Service
metadata: {name: bank, namespace: shop}
spec: {selector: {app: bank}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: bank, namespace: shop, labels: {app: bank}}
status: {podIP: 10.0.0.1}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: plain, namespace: shop}
spec: {podSelector: {}}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: served, namespace: shop}
spec:
  selector: all()
  types: [Egress]
  egress: [{action: Allow, destination: {services: {name: bank, namespace: shop}}}]
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: tiered, namespace: shop}
spec: {selector: all(), tier: first, types: [Ingress]}
---
apiVersion: projectcalico.org/v3
kind: Tier
metadata: {name: first}
spec: {order: 5}
"""


@pytest.fixture
def shop() -> Snapshot:
    return World(SHOP).cluster.snapshot


def names_read(memory: Memory, snapshot: Snapshot, cni: str = "calico") -> list[str]:
    """The names of the objects that a memory has read again."""
    found: list[str] = []

    def read(raw: RawObject, reading: Reading) -> Read:
        found.append(raw.ref.name)
        if raw.ref.name == "served":
            assert isinstance(reading.snapshot.services, tuple)
        return Read((), ())

    memory.reads(snapshot.policies, Reading(cni, snapshot), read)
    return found


def changed(snapshot: Snapshot, name: str, spec: dict[str, object]) -> Snapshot:
    policies: Sequence[RawObject] = [
        replace(raw, body={**raw.body, "spec": spec}) if raw.ref.name == name else raw for raw in snapshot.policies
    ]
    return replace(snapshot, policies=tuple(policies))


def test_nothing_is_read_again_where_only_pods_changed(shop: Snapshot) -> None:
    memory = Memory()
    assert names_read(memory, shop) == ["plain", "served", "tiered", "first"]
    assert names_read(memory, replace(shop, pods=())) == []


def test_a_policy_that_changed_is_read_again_and_no_other(shop: Snapshot) -> None:
    memory = Memory()
    names_read(memory, shop)
    assert names_read(memory, changed(shop, "plain", {"podSelector": {"matchLabels": {"a": "b"}}})) == ["plain"]


def test_what_looked_at_services_is_read_again_when_a_service_changed(shop: Snapshot) -> None:
    memory = Memory()
    names_read(memory, shop)
    assert names_read(memory, replace(shop, services=())) == ["served"]


def test_everything_is_read_again_for_another_cni(shop: Snapshot) -> None:
    memory = Memory()
    names_read(memory, shop)
    assert len(names_read(memory, shop, "generic")) == 4


def test_policies_that_read_as_before_are_the_same_objects(shop: Snapshot) -> None:
    memory = Memory()
    first, _ = read_policies(shop, memory=memory)
    labelled = [replace(service, labels={"any": "label"}) for service in shop.services]
    later = replace(changed(shop, "plain", {"podSelector": {}, "ingress": [{}]}), services=tuple(labelled))
    second, _ = read_policies(later, memory=memory)
    before, after = ({each.ref.name: each for each in one.policies()} for one in (first, second))
    assert second == read_policies(later)[0]
    assert {name for name in before if before[name] is after[name]} == {"served", "tiered"}


def test_a_tier_that_moved_moves_its_policies(shop: Snapshot) -> None:
    memory = Memory()
    read_policies(shop, memory=memory)
    last = changed(shop, "first", {"order": 2_000_000})
    assert read_policies(last, memory=memory) == read_policies(last)


def test_what_is_wrong_with_a_tier_is_told_once_by_whichever_policy_is_the_first(shop: Snapshot) -> None:
    memory = Memory()
    wrong = changed(shop, "first", {"order": 5, "defaultAction": "Drop"})
    assert read_policies(wrong, memory=memory) == read_policies(wrong)
    without = replace(wrong, policies=tuple(raw for raw in wrong.policies if raw.ref.name != "tiered"))
    assert read_policies(without, memory=memory) == read_policies(without)
    assert read_policies(wrong, memory=memory) == read_policies(wrong)
