"""Ringfence against a whole cluster, from its manifests to its page."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import yaml
from click.testing import CliRunner, Result

from ringfence.cli import main
from tests.e2e.world import World, policy

PROGRAM = str(Path(sys.executable).with_name("ringfence"))
pytestmark = pytest.mark.timeout(300)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def allowed(made: World, *arguments: str) -> set[tuple[str, str, str]]:
    """The allowed connections between the pods of the two namespaces, with their ports, by the pods' names."""
    done = run("reach", *arguments, "-o", "csv")
    assert done.exit_code == 0, done.output
    names = {f"{made.shop}/Pod/web": "web", f"{made.shop}/Pod/api": "api", f"{made.data}/Pod/db": "db"}
    rows = csv.DictReader(io.StringIO(done.stdout))
    return {
        (names[row["src"]], names[row["dst"]], row["ports"])
        for row in rows
        if row["protocol"] == "TCP" and row["src"] in names and row["dst"] in names and row["src"] != row["dst"]
    }


EVERY = "1-65535"
TODAY = {("web", "api", EVERY), ("web", "db", "5432-5432")}


class TestQuestions:
    """Asked of the cluster, and of a snapshot of it."""

    def test_reach_tells_what_the_policies_allow(self, made: World) -> None:
        assert allowed(made, *made.options) == TODAY

    def test_a_snapshot_answers_as_the_cluster_does(self, made: World, tmp_path: Path) -> None:
        file = str(tmp_path / "snapshot.tar.gz")
        assert run("snapshot", *made.options, "--out", file).exit_code == 0
        assert allowed(made, file) == TODAY

    @pytest.mark.parametrize(("port", "status"), [(5432, 0), (5433, 1)])
    def test_why_tells_the_policy_that_decides(self, made: World, port: int, status: int) -> None:
        done = run("why", *made.options, f"{made.shop}/web", f"{made.data}/db:{port}")
        assert done.exit_code == status, done.output
        assert f"cluster:{made.data}/NetworkPolicy/db" in done.output

    def test_the_place_of_a_rule_is_that_in_the_cluster(self, made: World) -> None:
        done = run("why", *made.options, f"{made.shop}/api", f"{made.data}/db:5432", "-o", "json")
        assert done.exit_code == 1
        assert f"cluster:{made.data}/NetworkPolicy/db" in done.stdout

    def test_lint_finds_a_selector_with_a_slip(self, made: World) -> None:
        made.apply(policy(made.shop, "slip", "wbe", {"podSelector": {}}))
        try:
            done = run("lint", *made.options, "-o", "json")
        finally:
            made.delete(made.shop, "slip")
        found = {each["code"] for each in json.loads(done.stdout)["findings"] if "slip" in json.dumps(each)}
        assert found & {"RF201", "RF203"}, "it selects nothing, and nearly something"

    def test_what_if_a_policy_were_deleted(self, made: World) -> None:
        done = run("diff", *made.options, "--delete", f"{made.data}/NetworkPolicy/db", "-o", "json")
        assert done.exit_code in (0, 1), done.output
        summary = json.loads(done.stdout)["summary"]
        assert (summary["opens"], summary["closes"]) == (True, False)
        assert allowed(made, *made.options) == TODAY, "nothing was deleted"

    def test_what_if_a_policy_were_applied(self, made: World, tmp_path: Path) -> None:
        file = tmp_path / "closed.yaml"
        file.write_text(yaml.safe_dump(policy(made.shop, "api", "api", None)), encoding="utf-8")
        assert allowed(made, *made.options, "--apply", str(file)) == {("web", "db", "5432-5432")}
        assert allowed(made, *made.options) == TODAY, "nothing was applied"

    def test_policy_tests_are_judged(self, made: World, tmp_path: Path) -> None:
        suite = tmp_path / "suite.yaml"
        test = {
            "name": "web alone reaches the database",
            "from": {"namespace": [made.shop, made.data]},
            "to": f"{made.data}/db",
            "exactly": [{"from": f"{made.shop}/web", "ports": 5432}],
        }
        kind = {"apiVersion": "ringfence.dev/v1", "kind": "PolicyTest", "metadata": {"name": "data"}, "tests": [test]}
        suite.write_text(yaml.safe_dump(kind), encoding="utf-8")
        done = run("test", *made.options, "--suite", str(suite))
        assert done.exit_code == 0, done.output


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [PROGRAM, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "KUBECONFIG": "/nonexistent"},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_history_records_a_change(made: World, tmp_path: Path) -> None:
    database = str(tmp_path / "history.db")
    cluster = ["--kubeconfig", made.kubeconfig, "--context", made.context]
    with started("history", "watch", "--history", database, *cluster, "-o", "json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stderr:  # it says so once all has been listed
            if "following" in line:
                break
        made.apply(policy(made.shop, "new", "web", {"podSelector": {}}))
        try:
            for line in process.stdout:
                change = json.loads(line)
                if change["object"]["name"] == "new":
                    break
        finally:
            made.delete(made.shop, "new")
        for line in process.stdout:
            change = json.loads(line)
            if change["object"]["name"] == "new":
                break
    listed = json.loads(run("history", "list", "--history", database, "-n", made.shop, "-o", "json").stdout)
    verbs = [each["verb"] for each in listed["changes"] if each["object"]["name"] == "new"]
    assert verbs == ["deleted", "created"], "the latest first"


def test_the_page_follows_a_change(made: World) -> None:
    """Within seconds here, since machines differ; how fast it is, is measured elsewhere."""
    cluster = ["--kubeconfig", made.kubeconfig, "--context", made.context]
    with started("serve", *cluster, "--port", "0") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None, process.stderr.read()
        asked = {"source": f"{made.shop}/web", "destination": f"{made.data}/db", "port": "5432"}

        def verdict() -> str:
            answer = httpx.get(f"{found[0]}/api/v1/verdict", params=asked, timeout=60, trust_env=False).json()
            return str(answer["rows"][0]["verdict"])

        def comes(wanted: str) -> bool:
            end = time.monotonic() + 60
            while verdict() != wanted and time.monotonic() < end:
                time.sleep(0.1)
            return verdict() == wanted

        assert verdict() == "allowed"
        made.delete(made.data, "db")
        try:
            made.apply(policy(made.data, "closed", "db", None))
            assert comes("blocked")
            made.delete(made.data, "closed")
        finally:
            shop = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": made.shop}}}
            made.apply(policy(made.data, "db", "db", {**shop, "podSelector": {"matchLabels": {"app": "web"}}}, 5432))
        assert comes("allowed")
        assert httpx.get(f"{found[0]}/", timeout=60, trust_env=False).status_code == 200
