"""What is noted: numbers for Prometheus, and the line of a request that failed inside."""

from __future__ import annotations

import json
import logging

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from ringfence.cluster import Cluster
from ringfence.server.noting import LOG, JsonLines
from tests.server.serving import serving, shop


class Broken:
    """A source that fails at every question, and isn't ready."""

    name = "broken"
    ready = False
    age = 12.5
    revision = ""

    def cluster(self) -> Cluster:
        raise RuntimeError("secret detail")

    def proposed(self, text: bytes) -> Cluster:
        raise RuntimeError("secret detail")


def values(text: str) -> dict[str, dict[tuple[str, ...], float]]:
    return {
        family.name: {tuple(sample.labels.values()): sample.value for sample in family.samples}
        for family in text_string_to_metric_families(text)
    }


def test_prometheus_reads_the_state_of_the_cluster_and_the_requests() -> None:
    with serving(shop()) as address, httpx.Client(base_url=address, timeout=30, trust_env=False) as client:
        for path in ("/healthz", "/api/v1/why", "/api/v1/why", "/nothing/here"):
            client.get(path)
        found = values(client.get("/metrics").text)
    assert found["ringfence_findings"] == {("error",): 6, ("warning",): 9, ("note",): 2}
    assert found["ringfence_isolated_pods"] == {("ingress",): 16, ("egress",): 15}
    assert found["ringfence_pods"] == {(): 21}
    assert found["ringfence_snapshot_age_seconds"][()] > 0
    assert found["ringfence_request_seconds"]["GET", "/healthz", "200"] > 0
    assert found["ringfence_request_seconds"]["GET", "/api/v1/why", "400"] > 0
    assert ("GET", "other", "404") in found["ringfence_request_seconds"]


def test_what_fails_inside_is_a_sentence_for_the_reader_and_a_trace_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with serving(Broken()) as address, caplog.at_level(logging.INFO, LOG.name):
        answer = httpx.get(f"{address}/api/v1/cluster", timeout=30, trust_env=False)
        ready = httpx.get(f"{address}/readyz", timeout=30, trust_env=False)
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "secret" not in answer.text
    assert ready.status_code == 503
    line = json.loads(JsonLines().format(caplog.records[0]))
    assert (line["level"], line["path"], line["status"]) == ("error", "/api/v1/cluster", 500)
    assert "RuntimeError: secret detail" in line["error"]
