"""No rule about cuts cries wolf: what fires on the corpora, on the examples, and after the fix of each incident.

The table says why each is right; a pair that is not in it fails, and so does a line that nothing needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from ringfence.dialects import read_policies
from ringfence.lint.context import LintContext
from ringfence.lint.registry import choose
from ringfence.lint.run import run
from ringfence.sources import load_snapshot
from tests.corpora.places import ROOT as CORPORA, manifests, needs_corpora

EXAMPLES = Path(__file__).parents[2] / "examples"

SUITES = (
    "cyclonus",
    "k8s-e2e-netpol",
    "netpol-analyzer-anp-parsed",
    "netpol-analyzer-connlist",
    "npa-conformance-anp-v1alpha1",
    "npa-conformance-cnp-v1alpha2",
    "policy-assistant",
)

RIGHT: dict[tuple[str, str], str] = {
    ("netpol-analyzer-connlist/ipblockstest_4", "RF301"): "egress to two ranges only, and DNS pods elsewhere",
    (
        "netpol-analyzer-connlist/test_with_named_ports_changed_netpol",
        "RF301",
    ): "the DNS pods accept named ports only, which they lack",
    ("netpol-analyzer-connlist/onlineboutique_workloads", "RF306"): "cartservice has egress: [] and REDIS_ADDR",
    ("k8s-e2e-netpol/28-1-*", "RF307"): "the case lets x/a in at y/b, and lets it out to y/a only",
    ("apiserver/cluster.*", "RF306"): "order-worker is told of postgres and rabbitmq, and has no egress but DNS",
    ("apiserver/cluster.*", "RF307"): "payments is called on 443 and accepts 8443",
    # The faults of the shop are told in its README.
    ("examples/shop", "RF303"): "payments opens port 53 of DNS pods that listen on 8053",
    ("examples/shop", "RF306"): "frontend lacks search, and checkout lacks payments",
    ("examples/shop", "RF307"): "the same two, each opened at one end",
    ("examples/shop", "RF309"): "data admits metrics from a namespace label that monitoring lacks",
    # After the fix of an incident, what the fix leaves alone.
    (
        "05-fifteen-teams/hierarchy/proposed",
        "RF306",
    ): "warehouse, of a new team, names orders, which doesn't admit it yet",
    ("05-fifteen-teams/hierarchy/proposed-calico", "RF306"): "likewise, with Calico's guard rails",
    ("07-moving-addresses/dns-circle/fixed", "RF301"): "console names postgres, and only exporter gets DNS",
    ("08-reached-anyway/no-policy-types/fixed", "RF301"): "reports loses all egress, DNS too, as it was meant to",
}


def cases() -> Iterator[tuple[str, list[Path]]]:
    for suite in SUITES:
        for case in sorted((CORPORA / suite).glob("*/")):
            yield f"{suite}/{case.name}", [manifests(case)]
    for file in ("cluster.json", "cluster.yaml"):
        yield f"apiserver/{file}", [CORPORA / "apiserver" / file]
    yield "examples/shop", [EXAMPLES / "shop"]
    for state in sorted((EXAMPLES / "incidents").glob("*/*/*/")):
        if state.name.startswith(("fixed", "proposed", "before")):
            place = "/".join(state.parts[-3:])
            yield place, [state.parent / "cluster", state]


CASES = dict(cases()) if CORPORA.is_dir() else {}


def fired(paths: list[Path]) -> set[str]:
    """The codes of the rules about cuts that find something there."""
    snapshot = load_snapshot([str(path) for path in paths])
    policies, _ = read_policies(snapshot)
    return {finding.code.code for finding in run(LintContext(snapshot, policies), choose(["RF3"])).findings}


@needs_corpora
@pytest.mark.parametrize("name", CASES)
def test_what_fires_is_in_the_table(name: str) -> None:
    known = {code for (pattern, code) in RIGHT if fnmatch(name, pattern)}
    assert fired(CASES[name]) <= known


@needs_corpora
@pytest.mark.parametrize(("pattern", "code"), RIGHT)
def test_every_line_of_the_table_is_needed(pattern: str, code: str) -> None:
    assert any(code in fired(paths) for name, paths in CASES.items() if fnmatch(name, pattern))
