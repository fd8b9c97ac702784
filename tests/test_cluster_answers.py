"""``Cluster.diagnose``, ``diff`` and ``generate``: the same answers as the commands, and clear errors."""

from __future__ import annotations

import json
from typing import Any

import pytest

import ringfence
from ringfence.cluster import Cluster
from tests.cli.running import run
from tests.incidents.states import paths

PLACE = "01-default-deny-dns/forty-services"


@pytest.fixture(scope="module")
def broken() -> Cluster:
    return ringfence.load(*paths(PLACE, "broken"))


def test_a_diagnosis_is_the_commands(broken: Cluster) -> None:
    inputs = paths(PLACE, "broken")
    printed = json.loads(run("diagnose", *inputs, "-o", "json").stdout)
    answer = broken.diagnose(paths=inputs)
    assert (answer.headline, answer.cut) == (printed["headline"], True)
    assert [list(problem.commands) for problem in answer.problems] == [p["commands"] for p in printed["problems"]]


def test_a_diagnosis_keeps_to_the_namespaces_that_are_asked_for(broken: Cluster) -> None:
    assert broken.diagnose(namespaces=["ingress-nginx"]).losses() is not None
    sources = {loss.namespace for loss in broken.diagnose(namespaces=["ingress-nginx"]).losses()}
    assert sources == {"ingress-nginx"}


def test_a_difference_is_the_commands(broken: Cluster) -> None:
    before, after = paths(PLACE, "broken"), paths(PLACE, "fixed")
    fixed = ringfence.load(*after)
    report = broken.diff(fixed, external=False)
    # 47 workloads ask for names by two protocols on one destination, 77 calls, some of them between the same two.
    asked = {(change.src.name, change.dst.name) for change in report.changes}
    assert sum(destination == "kube-system/Deployment/coredns" for _, destination in asked) == 47
    assert (report.opens, report.closes) == (True, False)
    back = fixed.diff(broken, external=False)
    assert {(change.src.name, change.dst.name) for change in back.changes} == asked
    assert (back.opens, back.closes) == (False, True)
    assert before != after


def test_a_template_is_the_commands(broken: Cluster) -> None:
    generated = broken.generate("allow-dns", "production")
    printed = run("generate", "allow-dns", "-q", *paths(PLACE, "broken"), "-n", "production").stdout
    assert generated.manifests[0].text() == printed


@pytest.mark.parametrize(
    ("template", "options", "said"),
    [
        ("no-such", {"namespace": "production"}, "no template 'no-such'"),
        ("allow-dns", {"namespace": "elsewhere"}, "no namespace elsewhere"),
        ("allow-dns", {"namespace": "production", "dialect": "iptables"}, "'iptables' is no dialect"),
        ("allow-dns", {"namespace": "production", "resolver": "10.0.0"}, "--resolver"),
        ("allow-dns", {"tenant": "team"}, "write KEY=VALUE"),
        ("allow-dns", {"tenant": "team=nobody"}, "No namespace of the input has the label team=nobody"),
        ("allow-dns", {"namespace": "production", "tenant": "a=b"}, "give one of them"),
        ("isolate-namespace", {"namespace": "production", "shared": ["9090"]}, "write NAMESPACE:PORT"),
        ("isolate-namespace", {"namespace": "production", "callers": ["a:x"]}, "x"),
    ],
)
def test_an_option_that_is_wrong_is_told(broken: Cluster, template: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ringfence.QueryError, match=said):
        broken.generate(template, **options)


def test_a_question_that_means_nothing_is_refused(broken: Cluster) -> None:
    with pytest.raises(ringfence.QueryError, match="no namespace elsewhere"):
        broken.diagnose(namespaces=["elsewhere"])
    with pytest.raises(ringfence.QueryError, match="'team' is no kind of end"):
        broken.diff(broken, by="team")
    empty = ringfence.load("examples/incidents/01-default-deny-dns/forty-services/broken")
    with pytest.raises(ringfence.QueryError, match="no connection can differ"):
        empty.diff(empty)
