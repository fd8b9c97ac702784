"""The semantic differences between pairs of directories, by workload, in both directions.

A file ``diff_between_A_and_B`` tells what changes from B to A: ``ref1`` is B, ``ref2`` is A. Its authors list one row a
connection over all protocols, IPv4 only, with address ranges that need not be the widest; both sides are merged here.
As in the connection suites, pods lose their addresses first, because the authors read ``ipBlock`` as external
addresses only, and host-network pods are judged as any other.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ringfence.dialects import read_policies
from ringfence.diff import Change, DiffReport, State, compute_diff
from ringfence.model.addresses import AddressSet, parse_address
from ringfence.model.ports import ALL_PORTS, NO_PORTS, PortSet, Protocol
from ringfence.sources import load_snapshot
from tests.corpora.places import ROOT, needs_corpora

SUITE = ROOT / "netpol-analyzer-diff"
INGRESS_CONTROLLER = "{ingress-controller}"

FILES = sorted([*SUITE.glob("diff_between_*.csv"), *SUITE.glob("diff_between_*.txt")])

LEFT_OUT = {
    "udn_test_1_and_only_pods_test": "its networks are OVN's UserDefinedNetwork, which is no network policy",
}
"""Pairs that are not compared, and why."""

# Rows of an ingress controller whose pods the input doesn't have; the other rows of these pairs are compared.
ROWS_LEFT_OUT = {
    "acs-security-demos-added-workloads_and_acs-security-demos": 2,
    "onlineboutique_workloads_with_ingress_and_onlineboutique_workloads": 1,
}

Key = tuple[str, str, PortSet, PortSet]
"""src, dst, before, after; an external end is written as ``*``."""


def pair(file: Path) -> str:
    return file.stem.removeprefix("diff_between_")


def directories(name: str) -> tuple[Path, Path]:
    """The directories of a pair: the one before, the one after."""
    known = {path.name for path in (SUITE / "dirs").iterdir()}
    splits = [(name[: match.start()], name[match.end() :]) for match in re.finditer("_and_", name)]
    (after, before), *rest = [split for split in splits if set(split) <= known]
    assert not rest
    return SUITE / "dirs" / before, SUITE / "dirs" / after


def state(directory: Path) -> State:
    snapshot = load_snapshot([str(directory)])
    snapshot = replace(snapshot, pods=tuple(replace(pod, addresses=(), host_network=False) for pod in snapshot.pods))
    return State(snapshot, read_policies(snapshot)[0])


def expected(file: Path) -> tuple[dict[Key, AddressSet], set[str], int]:
    """The rows of a file: addresses by what is outside, workloads that came or went, and how many rows are left out."""
    found: dict[Key, AddressSet] = {}
    named: set[str] = set()
    left_out = 0
    for kind, source, destination, ref1, ref2, info in _rows(file):
        if INGRESS_CONTROLLER in (source, destination):
            left_out += 1
            continue
        (src, out), (dst, into) = _end(source), _end(destination)
        before, after = _ports(ref1), _ports(ref2)
        assert kind == ("added" if not before else "removed" if not after else "changed")
        key = src, dst, before, after
        found[key] = found.get(key, AddressSet()) | (out or into)
        named.update(_end(name)[0] for name in re.findall(r"\S+\[\w+\]", info))
    return found, named, left_out


def _rows(file: Path) -> Iterator[tuple[str, ...]]:
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".csv":
        yield from map(tuple, list(csv.reader(text.splitlines()))[1:])
        return
    for line in text.splitlines()[1:]:
        match = re.fullmatch(
            r"diff-type: (\w+), source: (\S+), destination: (\S+), ref1: (.*?), ref2: (.*?)"
            r"(?:, workloads-diff-info: (.*))?",
            line,
        )
        assert match is not None, line
        yield tuple(group or "" for group in match.groups())


def _end(text: str) -> tuple[str, AddressSet]:
    name, kind = text.removesuffix("]").split("[")
    if kind == "External":
        lo, hi = name.split("-")
        return "*", AddressSet(((parse_address(lo), parse_address(hi)),))
    namespace, _, owner = name.partition("/")
    return f"{namespace}/{kind}/{owner}", AddressSet()


def _ports(text: str) -> PortSet:
    """``TCP 8080,9555,UDP 1-5``, ``All Connections`` or ``No Connections``."""
    if text in ("All Connections", "No Connections"):
        return ALL_PORTS if text.startswith("All") else NO_PORTS
    spans: list[tuple[int, int]] = []
    protocol = Protocol.TCP
    for part in text.split(","):
        name, _, number = part.strip().rpartition(" ")
        protocol = Protocol[name] if name else protocol
        lo, _, hi = number.partition("-")
        spans.extend(PortSet.range(protocol, int(lo), int(hi or lo)))
    return PortSet.of(spans)


def computed(report: DiffReport) -> dict[Key, AddressSet]:
    found: dict[Key, AddressSet] = {}
    for change in report.changes:
        addresses = _addresses(change)
        if addresses is not None and not addresses:
            continue  # IPv6
        src, dst = ("*" if end.external else end.name for end in (change.src, change.dst))
        key = src, dst, change.before, change.after
        found[key] = found.get(key, AddressSet()) | (addresses or AddressSet())
    return found


def _addresses(change: Change) -> AddressSet | None:
    for end in (change.src, change.dst):
        if end.external:
            lo, hi = map(parse_address, end.name.split("-"))
            return AddressSet(((lo, hi),)) if ":" not in end.name else AddressSet()
    return None


def mirrored(rows: dict[Key, AddressSet]) -> dict[Key, AddressSet]:
    return {(src, dst, after, before): addresses for (src, dst, before, after), addresses in rows.items()}


@needs_corpora
@pytest.mark.parametrize(
    "file", [file for file in FILES if pair(file) not in LEFT_OUT], ids=lambda file: file.name[13:]
)
def test_every_difference_agrees_in_both_directions(file: Path) -> None:
    before, after = map(state, directories(pair(file)))
    rows, named, left_out = expected(file)
    assert left_out == ROWS_LEFT_OUT.get(pair(file), 0)
    report = compute_diff(before, after)
    assert computed(report) == rows
    assert computed(compute_diff(after, before)) == mirrored(rows)
    assert named <= {end.name for end in (*report.appeared, *report.disappeared)}


@needs_corpora
def test_every_pair_is_compared_or_left_out_for_a_reason() -> None:
    assert len(FILES) == 25
    assert set(LEFT_OUT) < {pair(file) for file in FILES}
