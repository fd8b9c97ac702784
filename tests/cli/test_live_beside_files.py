"""A running cluster beside what only files tell: recorded traffic, and requests for egress."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ringfence.cli import main
from tests.live.conftest import Live, live, policy

__all__ = ["live"]

FLOW = {
    "time": "2026-11-23T08:00:00Z",
    "flow": {
        "time": "2026-11-23T08:00:00Z",
        "verdict": "DROPPED",
        "drop_reason_desc": "POLICY_DENIED",
        "IP": {"source": "10.0.0.3", "destination": "10.0.0.2", "ipVersion": "IPv4"},
        "l4": {"TCP": {"source_port": 40000, "destination_port": 8080, "flags": {"SYN": True}}},
        "source": {"namespace": "shop", "labels": ["k8s:app=job"], "pod_name": "job"},
        "destination": {"namespace": "shop", "labels": ["k8s:app=api"], "pod_name": "api"},
        "Type": "L3_L4",
        "traffic_direction": "INGRESS",
        "is_reply": False,
    },
}
REQUEST = """\
apiVersion: ringfence.dev/v1
kind: EgressRequest
metadata: {name: reports, namespace: shop}
spec:
  app: job
  owner: team
  reason: Reports go out.
  egress:
  - to: 203.0.113.0/24
    ports: 443
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture
def store(tmp_path: Path) -> str:
    log, path = tmp_path / "hubble.jsonl", str(tmp_path / "flows.duckdb")
    log.write_text(json.dumps(FLOW) + "\n", encoding="utf-8")
    done = run("flows", "ingest", str(log), "--store", path)
    assert done.exit_code == 0, done.output
    return path


def cluster(live: Live) -> list[str]:
    return ["--kubeconfig", str(live.config)]


class TestFlows:
    """The engine says of each denied connection which policy denies it."""

    def test_the_running_cluster_is_asked_where_an_option_names_it(self, live: Live, store: str) -> None:
        done = run("flows", "denied", "--store", store, *cluster(live), "-o", "json")
        assert done.exit_code == 0, done.output
        assert "cluster:shop/NetworkPolicy/api" in done.stdout

    @pytest.mark.parametrize("time", ["", "@2026-11-23T07:00:00Z"])
    def test_logs_are_read_with_the_running_cluster_as_inventory(self, live: Live, tmp_path: Path, time: str) -> None:
        log = tmp_path / "hubble.jsonl"
        log.write_text(json.dumps(FLOW) + "\n", encoding="utf-8")
        arguments = ("--inventory", f"{live.path}{time}", "--store", str(tmp_path / "flows.duckdb"))
        done = run("flows", "ingest", str(log), *arguments)
        assert done.exit_code == 0, done.output
        assert live.store.requests

    def test_without_one_no_cluster_is_asked(self, live: Live, store: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("KUBECONFIG", str(live.config))
        done = run("flows", "denied", "--store", store)
        assert done.exit_code == 0, done.output
        assert live.store.requests == []

    def test_what_is_proposed_goes_on_top(self, live: Live, store: str, tmp_path: Path) -> None:
        done = run(
            "flows", "denied", "--store", store, *cluster(live), "--delete", "shop/NetworkPolicy/api", "-o", "json"
        )
        assert done.exit_code == 0, done.output
        assert "cluster:shop/NetworkPolicy/api" not in done.stdout

    @pytest.mark.parametrize("command", ["timeline", "report"])
    def test_the_other_questions_take_it_too(self, live: Live, store: str, command: str) -> None:
        done = run("flows", command, "--store", store, *cluster(live))
        assert done.exit_code == 0, done.output
        assert live.store.requests

    def test_a_path_and_an_option_about_a_cluster_exclude_each_other(self, live: Live, store: str) -> None:
        done = run("flows", "denied", str(live.config), "--store", store, "--context", "test")
        assert done.exit_code == 2
        assert "Leave one out" in done.output


class TestEgress:
    """The request is a file, the cluster it is for may be a running one."""

    def test_the_running_cluster_is_asked_beside_the_request(self, live: Live, tmp_path: Path) -> None:
        request = tmp_path / "request.yaml"
        request.write_text(REQUEST, encoding="utf-8")
        done = run("generate", "egress", str(request), "--for", "networkpolicy", *cluster(live))
        assert done.exit_code == 0, done.output
        assert "203.0.113.0/24" in done.stdout
        assert live.store.requests

    def test_without_a_request_it_is_asked_for(self, live: Live) -> None:
        done = run("generate", "egress", "--for", "networkpolicy", *cluster(live))
        assert done.exit_code == 2
        assert "Name the file with the requests" in done.output

    def test_refreshing_asks_the_running_cluster_where_no_path_is_given(self, live: Live, tmp_path: Path) -> None:
        live.store.add(policy("shop", "other", {"app": "job"}, {"app": "web"}))
        done = run("generate", "egress", "--refresh", "--resolve", "examples/names/names.jsonl", *cluster(live))
        assert live.store.requests, done.output
        assert "No policy here has the annotation" in done.output
