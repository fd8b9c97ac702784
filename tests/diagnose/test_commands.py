"""The commands that a diagnosis prints are runnable, and what they print repairs what is cut."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from ringfence.diagnose import Diagnosis
from tests.cli.running import run
from tests.diagnose.diagnosing import diagnosed, of, pods, policy, to
from tests.sources.loading import load_text
from tests.survey.manifests import Json, deployment, dns_pods, service, written

WEB = [deployment("web", env={"API": "http://api"}), deployment("api", ports={"http": 8080})]
API = service("api", ports=[{"port": 80, "targetPort": 8080}])
INSIDE: Json = {"namespaceSelector": {}}


def commands(report: Diagnosis) -> list[str]:
    return [command for problem in report.problems for command in problem.commands]


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        # the pods that ask may not: their namespace
        ([policy("deny", egress=[to(pods())])], ["generate allow-dns {} -n shop"]),
        # the DNS pods may not be asked, or may not ask: theirs
        ([policy("deny", "kube-system", ingress=[])], ["generate default-deny {} -n kube-system"]),
        ([policy("deny", "kube-system", egress=[], ingress=[of(INSIDE)])], ["generate default-deny {} -n kube-system"]),
        # a dependency: that connection
        (
            [policy("deny", pods={"app": "api"}, ingress=[])],
            ["fix {} shop/Deployment/web service:shop/api:80"],
        ),
    ],
)
def test_what_is_printed_restores_what_is_cut(tmp_path: Path, objects: list[Json], expected: list[str]) -> None:
    path = tmp_path / "cluster.json"
    every = [*WEB, API, *dns_pods(8053), *objects]
    path.write_text(written(*every), encoding="utf-8")
    report = diagnosed(*every, paths=[str(path)])
    assert commands(report) == [f"ringfence {command.format(path)}" for command in expected]
    for command in commands(report):
        words = shlex.split(command)[1:]
        if words[0] == "fix":
            assert "Verified" in run(*words, "-q").stdout
            continue
        added = tmp_path / "added.yaml"
        added.write_text(run(*words, "-q").stdout, encoding="utf-8")
        assert load_text(added.read_text(encoding="utf-8")).policies
        assert run("diagnose", "-q", str(path), str(added)).exit_code == 0


def test_a_path_with_a_space_is_quoted() -> None:
    objects = [*WEB, API, policy("deny", pods={"app": "api"}, ingress=[])]
    (command,) = commands(diagnosed(*objects, paths=["my files"]))
    assert shlex.split(command)[2] == "my files"
