"""The documents of ``/api/v1``: the schemas of the command line, and the answers that the shop's README gives."""

from __future__ import annotations

import json
from typing import Any

import httpx
import jsonschema
import pytest

from tests.server.serving import ROOT

CHECKOUT, PAYMENTS = "shop/Deployment/checkout", "service:payments/payments"

POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: payments-open, namespace: payments}
spec:
  podSelector: {matchLabels: {app: payments}}
  ingress:
    - from:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}
          podSelector: {matchLabels: {app: checkout}}
"""


def valid(answer: httpx.Response, kind: str) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    schema = json.loads((ROOT / "docs" / "schemas" / f"{kind}.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema)
    assert document["kind"] == kind
    return document


def refused(answer: httpx.Response, status: int, word: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert word in answer.json()["detail"]
    assert "Traceback" not in answer.text


def test_the_cluster_is_summed_up(client: httpx.Client) -> None:
    found = valid(client.get("/api/v1/cluster"), "ClusterSummary")
    assert (found["name"], found["summary"]["workloads"], found["summary"]["namespaces"]) == ("shop", 21, 6)


def test_names_that_begin_with_the_text_come_first(client: httpx.Client) -> None:
    found = valid(client.get("/api/v1/endpoints", params={"q": "shop/Dep"}), "EndpointList")
    assert found["endpoints"][0].startswith("shop/Deployment/")
    assert (
        "service:shop/cart" in valid(client.get("/api/v1/endpoints", params={"q": "CART"}), "EndpointList")["endpoints"]
    )


def test_a_service_is_no_source(client: httpx.Client) -> None:
    found = valid(client.get("/api/v1/endpoints", params={"q": "cart", "role": "source"}), "EndpointList")
    assert found["endpoints"] == ["shop/Deployment/cart"]


@pytest.mark.parametrize("asked", [{"destination": f"{PAYMENTS}:443"}, {"destination": PAYMENTS, "port": "443"}])
def test_why_says_that_checkout_is_cut_from_payments_by_a_label(client: httpx.Client, asked: dict[str, str]) -> None:
    found = valid(client.get("/api/v1/why", params={"source": CHECKOUT, **asked}), "WhyReport")
    assert found["verdict"] == "blocked"
    assert "tier" in found["causes"][0]["text"]
    assert found["causes"][0]["origin"]["file"].endswith("payments/policies.yaml")
    assert found["fixes"][0]["patches"]


def test_why_is_answered_without_fixes_where_none_are_wanted(client: httpx.Client) -> None:
    asked = {"source": CHECKOUT, "destination": PAYMENTS, "fixes": "false"}
    found = valid(client.get("/api/v1/why", params=asked), "WhyReport")
    assert (found["verdict"], found["fixes"]) == ("blocked", [])


def test_a_verdict_is_one_row(client: httpx.Client) -> None:
    asked = {"source": "shop/Deployment/cart", "destination": "service:data/redis", "port": "6379"}
    (row,) = valid(client.get("/api/v1/verdict", params=asked), "VerdictReport")["rows"]
    assert row["verdict"] == "allowed"


def test_reach_keeps_to_a_namespace(client: httpx.Client) -> None:
    found = valid(client.get("/api/v1/reach", params={"namespace": "payments"}), "ReachReport")
    assert found["connections"]
    assert all("payments/" in each["src"] + each["dst"] for each in found["connections"])


def test_reach_refuses_rather_than_leave_out(client: httpx.Client) -> None:
    refused(client.get("/api/v1/reach", params={"limit": 1}), 400, "more than 1 connections")


def test_findings_keep_to_a_severity(client: httpx.Client) -> None:
    everything = valid(client.get("/api/v1/findings"), "LintReport")["findings"]
    errors = valid(client.get("/api/v1/findings", params={"severity": "warning"}), "LintReport")["findings"]
    assert 0 < len(errors) < len(everything)
    assert {each["severity"] for each in errors} <= {"warning", "error"}


def test_the_diagnosis_says_what_is_cut(client: httpx.Client) -> None:
    found = valid(client.get("/api/v1/diagnose"), "DiagnoseReport")
    assert found["cut"]
    assert any("payments" in each["cause"] or "payments" in each["what"] for each in found["problems"])


def test_proposed_manifests_open_what_they_allow(client: httpx.Client) -> None:
    answer = client.post("/api/v1/diff", content=POLICY, headers={"content-type": "application/yaml"})
    found = valid(answer, "DiffReport")
    assert [(each["src"], each["dst"], each["change"]) for each in found["changes"]] == [
        (CHECKOUT, "payments/Deployment/payments", "added")
    ]
    assert found["changes"][0]["causes"][0]["origin"]["file"] == "proposed"
    assert (
        client.get("/api/v1/why", params={"source": CHECKOUT, "destination": PAYMENTS}).json()["verdict"] == "blocked"
    )


@pytest.mark.parametrize(
    ("path", "params", "word"),
    [
        ("why", {"source": CHECKOUT}, "destination"),
        ("why", {"source": "shop/Deployment/chekout", "destination": PAYMENTS}, "shop/Deployment/checkout"),
        ("why", {"source": CHECKOUT, "destination": f"{PAYMENTS}:443", "port": "443"}, "already"),
        ("why", {"source": CHECKOUT, "destination": PAYMENTS, "port": "many"}, "port"),
        ("verdict", {"source": CHECKOUT, "destination": PAYMENTS, "port": "80"}, "443"),
        ("verdict", {"source": CHECKOUT, "destination": PAYMENTS, "port": "443", "protocol": "QUIC"}, "protocol"),
        ("reach", {"namespace": "shpo"}, "shpo"),
        ("reach", {"limit": "0"}, "limit"),
        ("findings", {"severity": "fatal"}, "severity"),
        ("endpoints", {"q": "x" * 5000}, "q"),
    ],
)
def test_a_wrong_question_is_a_problem_in_a_sentence(
    client: httpx.Client, path: str, params: dict[str, str], word: str
) -> None:
    refused(client.get(f"/api/v1/{path}", params=params), 400, word)


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "no Kubernetes object"),
        (b"# nothing\n", "no Kubernetes object"),
        (b"a: [", "proposed:1:"),
        (b"kind: NetworkPolicy\n", "apiVersion"),
        (b"\xff\xfe", "UTF-8"),
        (b"\x1f\x8b\x08\x00", "UTF-8"),
        (b"a\x00b", "UTF-8"),
    ],
)
def test_manifests_that_cant_be_read_are_a_problem_with_its_place(client: httpx.Client, body: bytes, word: str) -> None:
    refused(client.post("/api/v1/diff", content=body), 400, word)


def test_a_body_over_the_limit_is_refused_by_its_stated_length(client: httpx.Client) -> None:
    refused(client.post("/api/v1/diff", content=b"#" * (3 << 20)), 413, "1 MiB")


def test_a_body_over_the_limit_is_refused_where_no_length_is_stated(client: httpx.Client) -> None:
    refused(client.post("/api/v1/diff", content=(b"#" * 65536 for _ in range(48))), 413, "1 MiB")


def test_aliases_that_stand_for_millions_of_nodes_are_refused(client: httpx.Client) -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    refused(client.post("/api/v1/diff", content="\n".join(levels).encode()), 400, "alias")


def test_a_body_of_another_kind_is_refused(client: httpx.Client) -> None:
    answer = client.post("/api/v1/diff", content=b"x", headers={"content-type": "application/zip"})
    refused(answer, 415, "application/yaml")


@pytest.mark.parametrize(
    "text", ["/etc/passwd", "live:", "git:HEAD", "apply:/etc/hostname", "../../../etc/passwd", "-"]
)
def test_no_text_of_a_question_reaches_the_file_system(client: httpx.Client, text: str) -> None:
    for answer in (
        client.get("/api/v1/why", params={"source": text, "destination": text}),
        client.get("/api/v1/reach", params={"namespace": text}),
        client.post("/api/v1/diff", content=text.encode()),
    ):
        assert answer.status_code == 400
        assert "root:" not in answer.text


def test_what_isnt_there_is_a_problem_too(client: httpx.Client) -> None:
    refused(client.get("/api/v1/nothing"), 404, "Not Found")
    refused(client.put("/api/v1/why"), 405, "Method Not Allowed")
