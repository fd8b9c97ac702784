"""Rules by name, recorded answers, and where DNS is asked."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

from ringfence.cluster import Cluster
from ringfence.model.addresses import parse_address
from ringfence.model.flow import Outcome
from ringfence.model.names import NameRecord, Names
from ringfence.simulate.connection import Purpose
from tests.simulate.towns import QUIET, simulated, town

BY_NAME = """
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  egress:
    - toEndpoints: [{matchLabels: {k8s-app: kube-dns, "k8s:io.kubernetes.pod.namespace": kube-system}}]
    - toFQDNs: [{matchName: NAME}]
      toPorts: [{ports: [{port: "443", protocol: TCP}]}]
"""

NODE_LOCAL = """
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: node-local-dns, namespace: kube-system}
spec:
  selector: {matchLabels: {k8s-app: node-local-dns}}
  template:
    metadata: {labels: {k8s-app: node-local-dns}}
    spec:
      hostNetwork: true
      containers: [{name: cache, image: cache, args: ["-localip", "169.254.20.10"]}]
"""


def outcomes(cluster: Cluster) -> set[Outcome]:
    return {one.outcome for one in simulated(cluster).connections() if one.purpose is Purpose.EXTERNAL}


def test_a_rule_by_name_allows_the_name_that_was_asked_for(tmp_path: Path) -> None:
    assert outcomes(town(tmp_path, BY_NAME.replace("NAME", "api.pay.example"))) == {Outcome.ALLOWED}


def test_a_rule_by_another_name_does_not(tmp_path: Path) -> None:
    assert outcomes(town(tmp_path, BY_NAME.replace("NAME", "api.other.example"))) == {Outcome.DENIED}


def test_recorded_answers_come_before_made_up_ones(tmp_path: Path) -> None:
    moment = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    record = NameRecord("api.pay.example", parse_address("52.48.12.15"), moment, moment, 30)
    cluster = town(tmp_path)
    named = Cluster(replace(cluster.snapshot, names=Names((record,))))
    called = [one for one in simulated(named).connections() if one.purpose is Purpose.EXTERNAL]
    assert {one.destination.address for one in called} == {"52.48.12.15"}


def test_with_a_cache_on_each_node_pods_ask_that(tmp_path: Path) -> None:
    asked = [one for one in simulated(town(tmp_path, NODE_LOCAL)).connections() if one.purpose is Purpose.DNS]
    assert asked
    assert {one.destination.address for one in asked} == {"169.254.20.10"}


def test_dns_pods_do_not_ask_the_clusters_dns(tmp_path: Path) -> None:
    made = simulated(town(tmp_path), replace(QUIET, platform=True, hours=24)).connections()
    assert not [one for one in made if one.purpose is Purpose.DNS and "coredns" in one.source.party]
