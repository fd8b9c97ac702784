"""Cilium's objects, read, written and read again: where nothing is lost, the same connections are allowed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import event, given, settings

from ringfence.convert.targets import TARGETS
from ringfence.dialects.cilium.write import write_cilium_policies
from ringfence.dialects.writing import Target
from ringfence.model.addresses import parse_address
from ringfence.model.objects import Snapshot
from tests.cilium_bodies import mixed_bodies
from tests.dialects.writing.trips import Write, differences, raw, stages_of, with_policies
from tests.strategies import snapshots


def _with_addresses(snapshot: Snapshot) -> Snapshot:
    pods = (
        replace(pod, addresses=pod.addresses[:1] or (parse_address(f"10.0.0.{number}"),))
        for number, pod in enumerate(snapshot.pods, start=1)
    )
    return replace(snapshot, pods=tuple(pods))


def _check(snapshot: Snapshot, bodies: list[dict[str, Any]], write: Write) -> None:
    before = with_policies(snapshot, [raw(body) for body in bodies], "cilium")
    written = write(stages_of(before.policy_set), Target("cilium", snapshot))
    event("lost" if written.losses else "kept")
    if not written.losses:
        assert differences(snapshot, before, written, "cilium") == []


@settings(max_examples=80, deadline=None)
@given(snapshots(most_pods=4).map(_with_addresses), mixed_bodies())
def test_cilium_s_policies_are_written_as_they_were_read(snapshot: Snapshot, bodies: list[dict[str, Any]]) -> None:
    _check(snapshot, bodies, write_cilium_policies)


@settings(max_examples=80, deadline=None)
@given(snapshots(most_pods=4).map(_with_addresses), mixed_bodies())
def test_cilium_s_denies_are_folded_into_network_policies_or_lost(
    snapshot: Snapshot, bodies: list[dict[str, Any]]
) -> None:
    _check(snapshot, bodies, TARGETS["networkpolicy"].write)
