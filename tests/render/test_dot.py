"""The graph in the DOT language."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest

from ringfence.model.ports import NO_PORTS
from ringfence.reach.report import Connection, ReachEnd, ReachReport
from ringfence.render.dot import render
from tests.render.reports import ALL_IPV4, ALL_IPV6, API, DB, WEB, connection, end, report, tcp


def graph(answer: ReachReport) -> dict[str, Any]:
    """What Graphviz itself reads."""
    dot = shutil.which("dot")
    if dot is None:
        pytest.skip("Graphviz is not installed")
    run = subprocess.run([dot, "-Tjson0"], input=render(answer), capture_output=True, text=True, check=True)
    assert run.stderr == ""
    read: dict[str, Any] = json.loads(run.stdout)
    return read


def nodes(read: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["label"] for one in read["objects"] if not one["name"].startswith("cluster_")}


def test_there_is_one_edge_a_pair_labelled_with_its_ports() -> None:
    text = render(report([connection(WEB, API, tcp(80, 443)), connection(API, DB, tcp(5432))]))
    assert '"shop/Deployment/web" -> "shop/Deployment/api" [label="TCP 80,443"]' in text
    assert '"shop/Deployment/api" -> "data/StatefulSet/db" [label="TCP 5432"]' in text
    assert text.count("->") == 2


def test_namespaces_are_clusters_of_their_workloads() -> None:
    read = graph(report([connection(WEB, API, tcp(80)), connection(API, DB, tcp(5432))]))
    names = [one["name"] for one in read["objects"]]
    clusters = {one["label"]: {names[i] for i in one["nodes"]} for one in read["objects"] if "nodes" in one}
    assert clusters == {"shop": {WEB.name, API.name}, "data": {DB.name}}


def test_a_workload_without_connections_is_drawn() -> None:
    assert DB.name in nodes(graph(report([connection(WEB, API)], DB)))


def test_everything_of_a_family_is_the_internet() -> None:
    text = render(report([connection(WEB, ALL_IPV4, tcp(443))]))
    assert '"shop/Deployment/web" -> "external Internet (IPv4)" [label="TCP 443"]' in text


def test_both_families_alike_are_one_node() -> None:
    read = graph(report([connection(WEB, ALL_IPV4, tcp(443)), connection(WEB, ALL_IPV6, tcp(443))]))
    assert nodes(read)["external Internet"] == "Internet"
    assert len(read["edges"]) == 1


def test_ports_that_only_some_replicas_have_are_marked() -> None:
    assert '[label="TCP 80\\n(some replicas only)"]' in render(report([connection(WEB, API, tcp(80), NO_PORTS)]))


def test_the_order_does_not_depend_on_the_order_of_connections() -> None:
    pairs = [connection(WEB, API), connection(API, DB, tcp(1)), connection(WEB, ALL_IPV4), connection(ALL_IPV6, WEB)]
    assert render(report(pairs)) == render(report(reversed(pairs)))


@pytest.mark.parametrize(
    "name",
    ['a"b', "a\\", "a\\N", "a\\nb", "<b>a</b>", "a&lt;b", "ünïcode 集群", '"];evil[label="x', "a\tb\x00"],
)
def test_a_hostile_name_is_a_label_as_written(name: str) -> None:
    hostile = ReachEnd(f"shop/Deployment/{name}", "shop")
    read = graph(report([connection(hostile, API)]))
    shown = name.replace("\t", "\ufffd").replace("\x00", "\ufffd")
    assert len(nodes(read)) == 2
    labels = {label.replace("&amp;", "&").replace("\\\\", "\\") for label in nodes(read).values()}
    assert f"{shown}\\nDeployment" in labels


def test_a_pod_is_labelled_with_its_name() -> None:
    pod: Connection = connection(end("shop/web-1"), API)
    assert nodes(graph(report([pod])))["shop/web-1"] == "web-1"
