"""The documents of the map, over the shop: what its README says of it."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from ringfence.server.source import Loaded
from tests.server.serving import serving
from tests.server.test_api import refused, valid

CHECKOUT, PAYMENTS = "shop/Deployment/checkout", "payments/Deployment/payments"
FRONTEND, CART = "shop/Deployment/frontend", "shop/Deployment/cart"

HOSTILE = """\
apiVersion: v1
kind: Pod
metadata:
  name: x
  namespace: web
  labels: {"team": "red", "odd/key": "a=b"}
spec: {containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: only, namespace: web}
spec:
  podSelector: {}
  egress:
    - to: [{ipBlock: {cidr: 10.0.0.0/8}}]
      ports: [{port: 5432}]
  policyTypes: [Ingress, Egress]
"""


def test_the_map_of_a_small_cluster_has_its_workloads_in_their_namespaces(client: httpx.Client) -> None:
    found = valid(client.get("/api/v1/map"), "MapReport")
    assert found["summary"] == {"workloads": 21, "leftOut": 0, "policies": 29}
    by_id = {node["id"]: node for node in found["nodes"]}
    assert (by_id[CHECKOUT]["parent"], by_id["shop"]["unfolded"]) == ("shop", True)
    assert {node["id"] for node in found["nodes"] if node["kind"] == "outside"} == {
        "outside:internet",
        "outside:private",
    }
    ends = {(edge["source"], edge["target"]) for edge in found["edges"]}
    assert (FRONTEND, CART) in ends
    assert (CHECKOUT, PAYMENTS) not in ends


def test_folded_namespaces_count_pairs_of_workloads(client: httpx.Client) -> None:
    found = valid(client.get("/api/v1/map", params={"unfold": "-"}), "MapReport")
    assert {node["kind"] for node in found["nodes"]} == {"outside", "namespace"}
    reached = valid(client.get("/api/v1/reach"), "ReachReport")["connections"]
    space = {(c["src"].split("/")[0], c["dst"].split("/")[0]) for c in reached}
    for edge in found["edges"]:
        if "outside:" not in edge["source"] + edge["target"]:
            pair = (edge["source"], edge["target"])
            assert pair in space
            listed = [c for c in reached if (c["src"].split("/")[0], c["dst"].split("/")[0]) == pair]
            assert edge["pairs"] == len(listed)


@pytest.mark.parametrize(
    ("asked", "ends"),
    [
        ({"port": "6379"}, ("shop", "data")),
        ({"port": "6379/TCP"}, ("shop", "data")),
        ({"namespace": "payments"}, ("payments", "kube-system")),
        ({"label": "app=redis"}, ("shop", "data")),
        ({"external": "true"}, ("outside:internet", "ingress-nginx")),
    ],
)
def test_filters_keep_what_they_name(client: httpx.Client, asked: dict[str, str], ends: tuple[str, str]) -> None:
    every = valid(client.get("/api/v1/map", params={"unfold": "-"}), "MapReport")["edges"]
    kept = valid(client.get("/api/v1/map", params={"unfold": "-", **asked}), "MapReport")["edges"]
    assert ends in {(edge["source"], edge["target"]) for edge in kept}
    assert len(kept) < len(every)


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"port": "99999"}, "no port"),
        ({"namespace": "nope"}, "no namespace 'nope'"),
        ({"unfold": "nope"}, "no namespace 'nope'"),
        ({"label": "team"}, "team=payments"),
        ({"denied": "true"}, "No recorded traffic"),
    ],
)
def test_what_can_not_be_drawn_is_one_sentence(client: httpx.Client, asked: dict[str, str], word: str) -> None:
    refused(client.get("/api/v1/map", params=asked), 400, word)


def test_the_page_says_so_too(client: httpx.Client) -> None:
    page = client.get("/map", params={"port": "nothing"}, headers={"accept": "text/html"})
    assert page.status_code == 400
    assert 'role="alert"' in page.text
    assert "is no port" in page.text
    assert 'value="nothing"' in page.text


def test_an_edge_says_which_rule_at_which_line_decides(client: httpx.Client) -> None:
    found = valid(client.get("/api/v1/map/edge", params={"source": FRONTEND, "target": CART}), "EdgeReport")
    assert (found["pairs"], found["of"]) == (1, 1)
    allowed = [each for each in found["decisions"] if each["verdict"] == "allowed"]
    assert [each["text"] for each in allowed] == ["TCP 8080"]
    rule = allowed[0]["ingress"]["rules"][0]
    assert rule["policy"] == "shop/NetworkPolicy/cart"
    assert rule["origin"]["file"].endswith("shop/policies.yaml")
    line = rule["origin"]["line"]
    lines = Path(rule["origin"]["file"]).read_text(encoding="utf-8").splitlines()
    assert lines[line - 1].strip().startswith("- from:")
    assert rule["yaml"].startswith("ingress:\n  - from:")


def test_a_cut_pair_says_why_and_is_asked_further(client: httpx.Client) -> None:
    found = valid(client.get("/api/v1/map/edge", params={"source": CHECKOUT, "target": PAYMENTS}), "EdgeReport")
    assert (found["pairs"], found["connections"]) == (0, [])
    assert {each["verdict"] for each in found["decisions"]} == {"blocked"}
    assert "payments/NetworkPolicy/payments" in {r["policy"] for r in found["decisions"][0]["ingress"]["rules"]}
    asked = {"source": found["asked"]["source"], "destination": found["asked"]["destination"]}
    assert valid(client.get("/api/v1/why", params=asked), "WhyReport")["verdict"] == "blocked"


def test_an_edge_between_namespaces_lists_the_connections_of_workloads(client: httpx.Client) -> None:
    found = valid(client.get("/api/v1/map/edge", params={"source": "shop", "target": "data"}), "EdgeReport")
    reached = valid(client.get("/api/v1/reach"), "ReachReport")["connections"]
    listed = {(c["src"], c["dst"]) for c in reached if c["src"].startswith("shop/") and c["dst"].startswith("data/")}
    assert {(c["source"], c["target"]) for c in found["connections"]} == listed
    assert found["decisions"] == []


def test_an_edge_to_the_outside_is_asked_about_an_address_there(client: httpx.Client) -> None:
    asked = {"source": "outside:internet", "target": "ingress-nginx/Deployment/ingress-nginx-controller"}
    found = valid(client.get("/api/v1/map/edge", params=asked), "EdgeReport")
    assert found["pairs"] == 1
    assert found["asked"]["source"].count(".") == 3


@pytest.mark.parametrize(
    ("source", "target", "word"),
    [
        ("nope", "shop", "no workload"),
        ("shop", "nope/Deployment/x", "no workload"),
        ("outside:internet", "outside:private", "Both ends are outside"),
        ("../../etc/passwd", "shop", "no workload"),
    ],
)
def test_an_edge_of_what_is_not_there_is_one_sentence(
    client: httpx.Client, source: str, target: str, word: str
) -> None:
    refused(client.get("/api/v1/map/edge", params={"source": source, "target": target}), 400, word)


def test_private_networks_are_a_place_of_their_own_where_they_are_treated_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "web.yaml"
    path.write_text(HOSTILE, encoding="utf-8")
    with serving(Loaded([str(path)])) as address, httpx.Client(base_url=address, timeout=30, trust_env=False) as client:
        found = valid(client.get("/api/v1/map"), "MapReport")
        assert [(e["source"], e["target"]) for e in found["edges"]] == [("web/Pod/x", "outside:private")]
        assert found["ports"] == ["TCP 5432"]
        kept = valid(client.get("/api/v1/map", params={"label": "odd/key=a=b"}), "MapReport")
        assert kept["edges"]
        edge = valid(
            client.get("/api/v1/map/edge", params={"source": "web/Pod/x", "target": "outside:private"}), "EdgeReport"
        )
        assert edge["asked"]["destination"].startswith("10.")
        assert edge["decisions"][0]["egress"]["rules"][0]["yaml"].count("5432") == 1
