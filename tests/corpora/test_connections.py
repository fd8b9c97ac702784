"""The connection suites: all allowed connections of whole applications, by workload.

Compared as the corpora's README says: pods lose their addresses first, because these suites read ``ipBlock`` as
external addresses only; address ranges are merged per workload and direction; only IPv4 is listed there.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from ringfence.dialects import read_policies
from ringfence.engine import Engine
from ringfence.model.addresses import parse_address
from ringfence.model.objects import Snapshot
from ringfence.model.ports import PortSet, Protocol
from ringfence.reach import compute_reach
from ringfence.reach.report import Grouping, ReachEnd
from ringfence.sources import load_snapshot
from tests.corpora.places import case_id, cases, manifests, needs_corpora

SUITES = ("netpol-analyzer-connlist", "netpol-analyzer-anp-parsed")

INGRESS_CONTROLLER = "{ingress-controller}"
# Rows of an ingress controller whose pods the input doesn't have; the other rows of these cases are compared.
ROWS_LEFT_OUT = {"demo_app_with_routes_and_ingress": 3, "k8s_ingress_test": 1, "one_ingress_multiple_services": 1}

# The suite's authors judge host-network pods like any pod; the API says that policies don't apply to them. These
# cases have some, and are compared with all their pods made ordinary.
HOST_NETWORK_AS_ORDINARY = {
    "ipblockstest_3",
    "ipblockstest_4",
    "multiple_topology_resources_2",
    "semanticDiff-same-topologies-new2",
    "semanticDiff-same-topologies-old1",
}

Side = tuple[str, str]
"""(direction, workload)"""

Spans = list[tuple[int, int, PortSet]]


@needs_corpora
@pytest.mark.parametrize("case", cases(*SUITES, expected="expected_conn.csv"), ids=case_id)
def test_every_connection_of_a_suite_agrees(case: Path) -> None:
    snapshot = _as_the_suite_reads_it(load_snapshot([str(manifests(case))]), case.name)
    engine = Engine.build(snapshot, read_policies(snapshot)[0])
    pairs: dict[tuple[str, str], PortSet] = {}
    external: dict[Side, Spans] = {}
    for connection in compute_reach(engine, Grouping.WORKLOAD).connections:
        src, dst = connection.src, connection.dst
        if src.external or dst.external:
            _add(external, src, dst, connection.ports)
        else:
            pairs[src.name, dst.name] = connection.ports
    expected_pairs, expected_external = _expected(case)
    assert pairs == expected_pairs
    assert _merged(external) == _merged(expected_external)


@needs_corpora
def test_every_case_with_host_network_pods_is_named() -> None:
    found = {
        case.name
        for case in cases(*SUITES, expected="expected_conn.csv")
        if any(pod.host_network for pod in load_snapshot([str(manifests(case))]).pods)
    }
    assert found == HOST_NETWORK_AS_ORDINARY


def _as_the_suite_reads_it(snapshot: Snapshot, name: str) -> Snapshot:
    assert name in HOST_NETWORK_AS_ORDINARY or not any(pod.host_network for pod in snapshot.pods)
    return replace(snapshot, pods=tuple(replace(pod, addresses=(), host_network=False) for pod in snapshot.pods))


def _expected(case: Path) -> tuple[dict[tuple[str, str], PortSet], dict[Side, Spans]]:
    pairs: dict[tuple[str, str], PortSet] = {}
    external: dict[Side, Spans] = {}
    left_out = 0
    with (case / "expected_conn.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if INGRESS_CONTROLLER in (row["src"], row["dst"]):
                left_out += 1
                continue
            src, dst = _end(row["src"]), _end(row["dst"])
            if src.external or dst.external:
                _add(external, src, dst, _ports(row))
            else:
                pairs[src.name, dst.name] = _ports(row)
    assert left_out == ROWS_LEFT_OUT.get(case.name, 0)
    return pairs, external


def _end(text: str) -> ReachEnd:
    """``namespace/name[Kind]`` or ``lo-hi[External]``."""
    name, kind = text.removesuffix("]").split("[")
    if kind == "External":
        return ReachEnd(name)
    namespace, _, owner = name.partition("/")
    return ReachEnd(f"{namespace}/{kind}/{owner}", namespace)


def _ports(row: dict[str, str]) -> PortSet:
    spans: list[tuple[int, int]] = []
    for protocol in Protocol:
        for part in filter(None, row[protocol.name.lower()].split(";")):
            lo, _, hi = part.partition("-")
            spans.extend(PortSet.range(protocol, int(lo), int(hi or lo)))
    return PortSet.of(spans)


def _add(external: dict[Side, Spans], src: ReachEnd, dst: ReachEnd, ports: PortSet) -> None:
    side = ("from", dst.name) if src.external else ("to", src.name)
    lo, hi = (src if src.external else dst).name.split("-")
    if ":" not in lo:
        external.setdefault(side, []).append((parse_address(lo), parse_address(hi), ports))


def _merged(external: dict[Side, Spans]) -> dict[Side, Spans]:
    return {side: _merge(spans) for side, spans in external.items()}


def _merge(spans: Iterable[tuple[int, int, PortSet]]) -> Spans:
    merged: Spans = []
    for lo, hi, ports in sorted(spans, key=lambda span: span[0]):
        if merged and merged[-1][1] + 1 == lo and merged[-1][2] == ports:
            merged[-1] = (merged[-1][0], hi, ports)
        else:
            merged.append((lo, hi, ports))
    return merged
