"""Engine and point verdict agree with the prose of every API in one cluster: in which order, and what must allow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings, strategies as st

from ringfence.dialects import read_policies
from ringfence.engine import Engine
from ringfence.model.objects import Snapshot
from tests import points, raw_mixed, strategies
from tests.cilium_bodies import cilium_bodies
from tests.clusters import snapshot_with
from tests.dialects import cluster
from tests.dialects.calico import bodies as calico, raw
from tests.dialects.calico.test_against_prose import manifests, objects
from tests.dialects.istio import bodies as istio

Body = dict[str, Any]

MESHED = {"security.istio.io/tlsMode": "istio"}
THINGS = tuple(
    replace(thing, labels={**thing.labels, **MESHED}) if thing.address in ("10.0.0.1", "10.0.0.3") else thing
    for thing in calico.THINGS
)
SNAPSHOT = cluster.World(manifests(*objects(THINGS))).cluster.snapshot


@st.composite
def tiered(draw: st.DrawFn) -> list[Body]:
    """Policies of the newer or of the older API of cluster administrators."""
    kind = draw(st.sampled_from(("ClusterNetworkPolicy", "AdminNetworkPolicy")))
    found = [draw(strategies.tiered_bodies(kind, number)) for number in range(draw(st.integers(0, 2)))]
    if kind == "AdminNetworkPolicy" and draw(st.booleans()):
        found.append(draw(strategies.tiered_bodies("BaselineAdminNetworkPolicy", 0)))
    return found


@st.composite
def firewalls(draw: st.DrawFn) -> list[Body]:
    """An EgressFirewall for some of the namespaces."""
    ports = st.fixed_dictionaries(
        {"protocol": st.sampled_from(("TCP", "UDP")), "port": st.sampled_from(strategies.PORT_NUMBERS)}
    )
    destination = st.sampled_from(sorted(strategies.CIDRS)).map(lambda cidr: {"cidrSelector": cidr})
    rule = st.fixed_dictionaries(
        {"type": st.sampled_from(("Allow", "Deny")), "to": destination},
        optional={"ports": st.lists(ports, min_size=1, max_size=2)},
    )
    return [
        {
            "apiVersion": "k8s.ovn.org/v1",
            "kind": "EgressFirewall",
            "metadata": {"name": "default", "namespace": namespace},
            "spec": {"egress": draw(st.lists(rule, min_size=1, max_size=2))},
        }
        for namespace in draw(st.lists(st.sampled_from(strategies.NAMESPACES), max_size=2, unique=True))
    ]


@st.composite
def others(draw: st.DrawFn) -> list[Body]:
    """What stands beside the policies of a CNI: NetworkPolicies, tiers, and at times a firewall and a mesh."""
    found = [draw(strategies.network_policy_bodies(number)) for number in range(draw(st.integers(0, 2)))]
    found += draw(tiered())
    if draw(st.booleans()):
        found += draw(firewalls())
    if draw(st.booleans()):
        found += draw(istio.mesh_bodies())
    return found


def check(snapshot: Snapshot, bodies: list[Body], said: raw.World | None, data: st.DataObject) -> None:
    """Pods and some addresses, at every port that a rule could cut, ICMP too."""
    given_ones = snapshot_with(snapshot, bodies).policies
    full = replace(snapshot, policies=(*snapshot.policies, *given_ones))
    policy_set, findings = read_policies(full, cni="generic")
    assert not any(finding.code.code == "RF115" for finding in findings)
    engine = Engine.build(full, policy_set).with_icmp()
    known = {address for pod in snapshot.pods for address in pod.addresses}
    addresses = [end for end in points.addresses(snapshot, policy_set) if end.address not in known]
    some = data.draw(st.lists(st.sampled_from(addresses), max_size=3, unique=True))
    for source, destination in points.pairs([*snapshot.pods, *some]):
        open_ports = engine.allowed(source, destination)
        for protocol, port in points.port_points(snapshot, policy_set):
            expected = raw_mixed.allowed(snapshot, list(bodies), said, source, destination, protocol, port)
            verdict = engine.verdict(source, destination, protocol, port, misses=False)
            place = (str(source), str(destination), protocol, port, bodies)
            assert (verdict.egress.allowed, verdict.ingress.allowed) == expected, place
            assert open_ports.has(protocol, port) is all(expected), place


@settings(max_examples=settings().max_examples // 4)
@given(strategies.snapshots(most_pods=3), others(), st.data())
def test_cilium_tiers_network_policies_firewalls_and_a_mesh(
    snapshot: Snapshot, beside: list[Body], data: st.DataObject
) -> None:
    bodies = [data.draw(cilium_bodies(number)) for number in range(data.draw(st.integers(1, 2)))]
    check(snapshot, bodies + beside, None, data)


@settings(max_examples=settings().max_examples // 4)
@given(others(), st.data())
def test_calico_tiers_network_policies_firewalls_and_a_mesh(beside: list[Body], data: st.DataObject) -> None:
    tiers = data.draw(calico.tiers())
    policies = data.draw(calico.policies(sorted(tiers)))
    said = raw.World(THINGS, calico.MEANINGS, tiers, policies)
    given_tiers = [
        {"apiVersion": "projectcalico.org/v3", "kind": "Tier", "metadata": {"name": name}, "spec": spec}
        for name, spec in tiers.items()
    ]
    check(SNAPSHOT, [*given_tiers, *policies, *beside], said, data)
