"""``ringfence flows relay``, against a server that replays recorded messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import grpc
import pytest
from click.testing import CliRunner, Result

from ringfence.cli import main
from tests.flowlogs.hubble_lines import DENIED, LOST
from tests.flowlogs.hubble_server import Hubble, serving

DENY: dict[str, Any] = json.loads(DENIED)
for key in ("uuid", "ethernet", "Summary"):
    del DENY["flow"][key]
del DENY["flow"]["IP"]["ipVersion"]


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["flows", *map(str, words)])


def test_flows_and_losses_are_in_the_store(tmp_path: Path) -> None:
    store = tmp_path / "flows.duckdb"
    with serving(Hubble([DENY, json.loads(LOST)])) as hubble:
        done = run("relay", hubble.address, "--store", store)
    assert done.exit_code == 0, done.output
    assert f"relay:{hubble.address}: 1 record in 2 lines (hubble)" in done.output
    assert "Hubble lost events: the kernel's ring buffer was full." in done.output
    edges = run("edges", "--store", store, "-o", "json")
    assert '"denied"' in edges.output


def test_json_is_what_ingest_gives(tmp_path: Path) -> None:
    with serving(Hubble([DENY])) as hubble:
        done = run("relay", hubble.address, "--store", tmp_path / "flows.duckdb", "-o", "json", "--last", "10")
    document = json.loads(done.output)
    assert document["kind"] == "FlowIngestReport"
    assert document["inputs"] == [
        {"name": f"relay:{hubble.address}", "format": "hubble", "lines": 1, "records": 1, "known": False}
    ]
    assert hubble.asked == [{"number": "10"}]


def test_following_stores_what_comes_until_the_server_refuses(tmp_path: Path) -> None:
    store = tmp_path / "flows.duckdb"
    scripts = [DENY, grpc.StatusCode.UNAVAILABLE], [grpc.StatusCode.PERMISSION_DENIED]
    with serving(Hubble(*scripts)) as hubble:
        done = run("relay", hubble.address, "--store", store, "--follow")
    assert done.exit_code == 2
    assert f"relay:{hubble.address}: 1 record in 1 line (hubble)" in done.output
    assert "The stream of Hubble Relay broke" in done.output
    assert "Hubble Relay refuses: permission denied" in done.output
    assert run("status", "--store", store).exit_code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["localhost:1", "--last", "5", "--since", "2026-11-23"], "--last counts from the latest flow"),
        (["localhost:1", "--follow", "-o", "json"], "--follow goes on, so it prints text."),
        (["localhost:1", "--tls-cert", "me.crt"], "--tls-cert and --tls-key go together."),
        (["localhost:1", "--allow", "{"], "is no JSON object"),
        (["localhost:1", "--deny", "[]"], "is no JSON object"),
        (["localhost"], "is no address of a server: write host:port"),
        (["127.0.0.1:1"], "Hubble at 127.0.0.1:1 doesn't answer"),
    ],
)
def test_wrong_usage_is_one_sentence(words: list[str], message: str, tmp_path: Path) -> None:
    done = run("relay", *words, "--store", tmp_path / "flows.duckdb")
    assert done.exit_code == 2
    assert message in done.output
    assert "Traceback" not in done.output
