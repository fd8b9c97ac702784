"""Written objects, read again, beside what they were written of."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace

from ringfence.dialects import read_policies
from ringfence.dialects.writing import Target, Written
from ringfence.engine import Engine
from ringfence.engine.difference import compare
from ringfence.fix.yaml_dump import document
from ringfence.model.finding import Severity
from ringfence.model.icmp import names_icmp
from ringfence.model.objects import RawObject, Snapshot
from ringfence.model.origin import ObjectRef, Position
from ringfence.model.policy import PolicySet, Stage
from ringfence.sources import load_snapshot

Write = Callable[[Sequence[Stage], Target], Written]


class Nowhere:
    """The places of an object that no file holds."""

    def locate(self, path: tuple[str | int, ...], *, key: bool = False) -> Position:
        return Position("")


def raw(body: dict[str, object]) -> RawObject:
    """An object as the readers take it."""
    metadata = body["metadata"]
    assert isinstance(metadata, dict)
    ref = ObjectRef(str(body["kind"]), metadata["name"], metadata.get("namespace", ""), str(body["apiVersion"]))
    return RawObject(ref, body, Nowhere())


def with_policies(snapshot: Snapshot, objects: Sequence[RawObject], cni: str) -> Engine:
    """The engine of a cluster with these policies; none of them may be refused."""
    full = replace(snapshot, policies=tuple(objects))
    policy_set, findings = read_policies(full, cni=cni)
    refused = [finding.what for finding in findings if finding.severity is Severity.ERROR]
    assert not refused, (refused, [each.body for each in objects])
    return Engine.build(full, policy_set)


def stages_of(policy_set: PolicySet) -> list[Stage]:
    """The stages of the network layer."""
    return list(policy_set.layers[0].stages)


def differences(snapshot: Snapshot, before: Engine, written: Written, cni: str) -> list[object]:
    """What the written objects allow otherwise."""
    after = with_policies(snapshot, [raw(each) for each in written.objects], cni)
    if names_icmp(before.policy_set.policies()):
        before, after = before.with_icmp(), after.with_icmp()
    return list(compare(before, after))


def read_text(text: str, cni: str = "generic") -> list[Stage]:
    """The stages of policies in YAML."""
    policy_set, _ = read_policies(load_snapshot(["-"], stdin=io.BytesIO(text.encode())), cni=cni)
    return stages_of(policy_set)


def texts(written: Written) -> list[str]:
    """Each object as YAML."""
    return [document(each) for each in written.objects]


def said(written: Written) -> list[tuple[int, str]]:
    """``(line, what)`` of each loss."""
    return [(loss.origin.position.line, loss.what) for loss in written.losses]
