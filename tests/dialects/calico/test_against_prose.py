"""What the reader and the engine make of Calico's policies means what the reference says of their bodies."""

from __future__ import annotations

import copy
import itertools
import json
from typing import Any

from hypothesis import given, settings, strategies as st

from ringfence.model.finding import Severity
from ringfence.model.ports import AnyProtocol, Icmp, Protocol
from tests.dialects import cluster
from tests.dialects.calico import bodies, raw
from tests.dialects.test_junk import junk, places

PODS = {thing.address: f"{thing.space}/p{number}" for number, thing in enumerate(bodies.THINGS) if thing.address}


def objects(things: tuple[raw.Thing, ...] = bodies.THINGS) -> list[raw.Body]:
    """The cluster that the policies are for."""
    found: list[raw.Body] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        for name, labels in (("a", {"team": "red"}), ("b", {}))
    ]
    found.append(
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": "robot", "namespace": "a", "labels": {"role": "r"}},
        }
    )
    for number, thing in enumerate(things):
        metadata: raw.Body = {"name": f"p{number}", "labels": thing.labels}
        if thing.space:
            metadata["namespace"] = thing.space
        if thing.address:
            spec = {"serviceAccountName": thing.account, "containers": [{"name": "c"}]}
            status = {"podIP": thing.address}
            found.append({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status})
        else:
            kind = "NetworkSet" if thing.space else "GlobalNetworkSet"
            spec = {"nets": list(thing.nets)}
            found.append({"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": metadata, "spec": spec})
    return found


CLUSTER = objects()
CALLS: list[tuple[AnyProtocol, int]] = [
    *itertools.product((Protocol.TCP, Protocol.UDP), bodies.PORTS),
    *itertools.product(Icmp, bodies.MESSAGES),
]


def world(tiers: dict[str, raw.Body], policies: tuple[raw.Body, ...]) -> cluster.World:
    given = [
        {"apiVersion": "projectcalico.org/v3", "kind": "Tier", "metadata": {"name": name}, "spec": spec}
        for name, spec in tiers.items()
    ]
    return cluster.World(manifests(*CLUSTER, *given, *policies))


def manifests(*given: raw.Body) -> str:
    """The objects as YAML, in flow style."""
    return "".join(f"---\n{json.dumps(each)}\n" for each in given)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_policies_mean_what_the_reference_says(data: st.DataObject) -> None:
    tiers = data.draw(bodies.tiers())
    policies = data.draw(bodies.policies(sorted(tiers)))
    said = raw.World(bodies.THINGS, bodies.MEANINGS, tiers, policies)
    read = world(tiers, policies)
    assert not [finding for finding in read.cluster.findings if finding.severity is Severity.ERROR]
    for source, destination in itertools.product(bodies.ADDRESSES, repeat=2):
        if source not in PODS and destination not in PODS:
            continue
        for protocol, port in CALLS:
            ends = PODS.get(source, source), PODS.get(destination, destination)
            expected = said.allowed(source, destination, str(protocol), port)
            assert read.allowed(*ends, port, protocol) is expected, (*ends, protocol, port)


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_junk_in_a_policy_is_a_finding_and_no_crash(data: st.DataObject) -> None:
    tiers = data.draw(bodies.tiers())
    policies = data.draw(bodies.policies(sorted(tiers)))
    parts: list[raw.Body] = [*copy.deepcopy(CLUSTER[-2:]), *copy.deepcopy(policies)]
    body = data.draw(st.sampled_from(parts))
    path = data.draw(st.sampled_from(places(body["spec"], ("spec",))))
    target: Any = body
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = data.draw(junk)
    staged = data.draw(st.booleans())
    if staged and body["kind"].endswith("Policy"):
        body["kind"] = f"Staged{body['kind']}"
    read = cluster.World(manifests(*CLUSTER[:-2], *parts))
    assert all(finding.what.endswith(".") for finding in read.cluster.findings)
