"""``ringfence serve`` as its users start it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.cli.running import run
from tests.server.serving import ROOT, SHOP

COMMAND = [str(Path(sys.executable).with_name("ringfence")), "serve"]
ENV = {**os.environ, "KUBECONFIG": "/nonexistent"}


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with subprocess.Popen(
        [*COMMAND, "--port", "0", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=ENV,
    ) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            found = re.search(r"http://\S+", line)
            assert found is not None, (line, process.stderr and process.stderr.read())
            yield process, found[0]
        finally:
            process.kill()


def get(address: str, path: str, **headers: str) -> httpx.Response:
    return httpx.get(address + path, headers=headers, timeout=30, trust_env=False)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_is_served_until_it_is_stopped_and_each_request_is_a_line_of_json(how: signal.Signals) -> None:
    with started("--demo") as (process, address):
        assert get(address, "/api/v1/cluster").json()["summary"]["workloads"] == 21
        get(address, "/a%0A%22b")
        process.send_signal(how)
        assert process.wait(120) == 0
        assert process.stderr is not None
        lines = [json.loads(line) for line in process.stderr.read().splitlines() if line.startswith("{")]
    assert [(each["message"], each["path"], each["status"]) for each in lines] == [
        ("request", "/api/v1/cluster", 200),
        ("request", '/a\n"b', 404),
    ]
    assert lines[0]["milliseconds"] > 0
    assert lines[0]["user"] == "local"


def test_a_token_and_a_name_are_taken_from_the_command_line(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("correct-horse-battery\n")
    with started(str(SHOP), "--token-file", str(token), "--host-name", "Rf.example") as (_, address):
        assert get(address, "/api/v1/cluster").status_code == 401
        allowed = {"authorization": "Bearer correct-horse-battery", "host": "rf.example"}
        assert get(address, "/api/v1/cluster", **allowed).status_code == 200


def test_what_is_proposed_on_the_command_line_is_served(tmp_path: Path) -> None:
    manifest = tmp_path / "more.yaml"
    manifest.write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: brand-new}\n")
    with started(str(SHOP), "--apply", str(manifest), "--delete", "payments/NetworkPolicy/payments") as (_, address):
        found = get(address, "/api/v1/cluster").json()
        assert "brand-new" in found["namespaces"]
        answer = httpx.post(f"{address}/api/v1/diff", content=manifest.read_bytes(), timeout=30, trust_env=False)
        assert answer.json()["changes"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--demo", "--bind", "0.0.0.0"], "name a --token-file, a --trust-proxy-header or an"),
        (["--demo", "--bind", "example.com"], "no address"),
        (["--demo", "--bind", "192.0.2.1", "--trust-proxy-header", "X-User"], "can't be listened on"),
        (["--demo", str(SHOP)], "leave PATH"),
        (["/nonexistent/input"], "can't be read"),
        (["--demo", "--token-file", "/nonexistent/token"], "can't be read"),
        (["--demo", "--token-file", os.devnull], "at least 16 characters"),
        (["--demo", "--tests", "/nonexistent/tests"], "can't be read"),
        (["--demo", "--suppressions", "README.md"], "There is no Suppressions"),
        (["--demo", "--oidc-client-id", "ringfence"], "go with --oidc-issuer only"),
        (["--demo", "--oidc-issuer", "http://id.example", "--oidc-client-id", "a"], "must begin with https://"),
        (["--demo", "--audit", "/nonexistent/audit.jsonl"], "--audit /nonexistent/audit.jsonl can't be written"),
        ([], "No path is given"),
    ],
)
def test_what_cant_be_served_is_one_sentence(arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("KUBECONFIG", ENV["KUBECONFIG"])
    ended = run("serve", *arguments)  # an error that is no sentence escapes
    assert ended.exit_code == 2
    assert said in ended.stderr


def test_a_refusal_ends_the_process() -> None:
    ended = subprocess.run(
        [*COMMAND, "/nonexistent/input"], cwd=ROOT, env=ENV, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    assert "can't be read" in ended.stderr
    assert "Traceback" not in ended.stderr
