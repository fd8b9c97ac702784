"""The point suites: every row, by the point verdict and by the all-pairs tables, and by the slow evaluators.

Nothing is left out.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import ringfence
from ringfence.model.ports import Protocol
from tests import oracle, raw_tiers
from tests.corpora.places import case_id, cases, manifests, needs_corpora

SUITES = (
    "k8s-e2e-netpol",
    "npa-conformance-cnp-v1alpha2",
    "npa-conformance-anp-v1alpha1",
    "policy-assistant",
    "cyclonus",
)


@needs_corpora
@pytest.mark.parametrize("case", cases(*SUITES, expected="expected.csv"), ids=case_id)
def test_every_row_of_a_point_suite_agrees(case: Path) -> None:
    cluster = ringfence.load(str(manifests(case)))
    snapshot, policy_set, engine = cluster.snapshot, cluster.policies, cluster.engine
    pods = {f"{pod.namespace}/{pod.name}": pod for pod in snapshot.pods}
    bodies = [{**raw.body, "metadata": _metadata(raw.ref.name, raw.ref.namespace)} for raw in snapshot.policies]
    with (case / "expected.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    for row in rows:
        call = (pods[row["src"]], pods[row["dst"]], Protocol[row["protocol"]], int(row["port"]))
        verdict = engine.verdict(*call, misses=False)
        found = (verdict.egress.allowed, verdict.ingress.allowed)
        assert all(found) == (row["verdict"] == "allowed"), row
        if row.get("egress"):
            assert found == (row["egress"] == "allowed", row["ingress"] == "allowed"), row
        assert engine.allowed(*call[:2]).has(*call[2:]) == all(found), row
        assert oracle.allowed(snapshot, policy_set, *call) == found, row
        assert raw_tiers.allowed(snapshot, bodies, *call) == found, row


def _metadata(name: str, namespace: str) -> dict[str, str]:
    return {"name": name, "namespace": namespace}
