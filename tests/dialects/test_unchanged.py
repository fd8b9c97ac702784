"""Policies are taken over from an earlier snapshot only where they would surely read the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ringfence.dialects import AUTO, read_policies
from ringfence.dialects.unchanged import read_alike
from ringfence.model.objects import Snapshot
from ringfence.sources import load_snapshot

SHOP = Path(__file__).parents[2] / "examples" / "shop"
CALICO = """\
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: one, namespace: shop}
spec: {selector: all(), types: [Ingress]}
"""


def shop() -> Snapshot:
    return load_snapshot([str(SHOP)])


def test_other_pods_leave_network_policies_as_they_read() -> None:
    before = shop()
    after = replace(before, pods=before.pods[1:])
    assert read_alike(before, after, AUTO)
    assert read_policies(before) == read_policies(after)


def test_a_policy_that_is_gone_or_changed_is_read_again() -> None:
    before = shop()
    assert not read_alike(before, replace(before, policies=before.policies[1:]), AUTO)
    first, *rest = before.policies
    changed = replace(first, body={**first.body, "spec": {"podSelector": {}}})
    assert not read_alike(before, replace(before, policies=(changed, *rest)), AUTO)


def test_a_policy_whose_meaning_may_depend_on_other_objects_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "calico.yaml").write_text(CALICO, encoding="utf-8")
    before = load_snapshot([str(SHOP), str(tmp_path)])
    assert not read_alike(before, replace(before, pods=before.pods[1:]), AUTO)
