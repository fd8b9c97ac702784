"""Recorded traffic and a history, of a cluster of four workloads and of the example shop."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ringfence.history.journal import Journal, open_journal
from ringfence.history.revision import Revision
from ringfence.model.flow import Outcome
from ringfence.model.origin import ObjectRef
from ringfence.server.change_answers import ChangeAnswers
from ringfence.server.flow_answers import FlowAnswers
from ringfence.server.flow_store import FlowStore
from ringfence.server.source import Loaded, Source
from ringfence.sources import load_snapshot
from tests.cli.running import run, write
from tests.replay.stores import seen, store
from tests.server.serving import SHOP

WEB, API, DB = "10.0.0.10", "10.0.0.12", "10.0.1.10"
"""Addresses of shop's StatefulSet web, of whose replicas this one may not reach db, its pod api, which may, and db."""

OUTSIDE = "198.51.100.7"

DENYING = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: data}
spec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress]}
"""
"""In place of the policy that admits pods with ``tier: api``: nobody."""

OPENING = DENYING.replace("]}\n", "], ingress: [{}]}\n")


def small(directory: Path) -> Loaded:
    """The cluster of :mod:`tests.cli.running`."""
    return Loaded([write(directory)], name="small")


def small_store(directory: Path, cluster: Path) -> str:
    """api calls db in the first hour and an address outside; one replica of web is denied in the fourth."""
    flows = [
        seen(API, DB, 5432, times=30),
        seen(API, OUTSIDE, 443, times=4),
        seen(WEB, DB, 5432, Outcome.DENIED, times=7, hour=3),
    ]
    return store(directory, load_snapshot([str(cluster)]), flows)


@contextmanager
def flows_of(source: Source, path: str, changes: ChangeAnswers | None = None) -> Iterator[FlowAnswers]:
    """Answers about a store, until the block ends."""
    opened = FlowStore(path, pause=0.05)
    try:
        yield FlowAnswers(opened, source, changes.moments if changes is not None else None)
    finally:
        opened.close()


def shop_store(directory: Path) -> str:
    """Three hours of the shop's traffic, as a user makes a store of it; ground truth stands in ``traffic``."""
    logs, path = directory / "traffic", str(directory / "shop.duckdb")
    made = run("flows", "simulate", str(SHOP), "--hours", "3", "--rate", "2", "--seed", "5", "--out", str(logs), "-q")
    assert made.exit_code == 0, made.output
    read = run("flows", "ingest", str(logs / "logs"), "--inventory", str(logs / "inventory"), "--store", path)
    assert read.exit_code == 0, read.output
    return path


def truth(directory: Path) -> list[dict[str, Any]]:
    """What really happened, as the simulator wrote it down."""
    lines = (directory / "traffic" / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


START = dt.datetime(2026, 11, 18, 12, tzinfo=dt.UTC)
CHANGED = START + dt.timedelta(hours=2)
PAYMENTS = ObjectRef("NetworkPolicy", "payments", "payments", "networking.k8s.io/v1")


def payments(*, tier: bool) -> dict[str, Any]:
    """The policy of payments without its egress, with and without the label that its pods' callers don't have."""
    labels = {"app": "checkout", **({"tier": "api"} if tier else {})}
    space = {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}
    return {
        "apiVersion": PAYMENTS.api_version,
        "kind": PAYMENTS.kind,
        "metadata": {"name": PAYMENTS.name, "namespace": PAYMENTS.namespace},
        "spec": {
            "podSelector": {"matchLabels": {"app": "payments"}},
            "policyTypes": ["Ingress"],
            "ingress": [
                {
                    "from": [{"namespaceSelector": space, "podSelector": {"matchLabels": labels}}],
                    "ports": [{"protocol": "TCP", "port": "https"}],
                }
            ],
        },
    }


SHOP_HISTORY = (
    Revision(PAYMENTS, START, payments(tier=False), tool="kubectl-client-side-apply", source="list"),
    Revision(PAYMENTS, CHANGED, payments(tier=True), "ada@shop.example", "kubectl-edit", source="audit"),
)
"""Payments was open to checkout until somebody asked for a label, two hours later."""


@contextmanager
def changes_of(
    source: Source, database: Path | str, revisions: Sequence[Revision] = SHOP_HISTORY
) -> Iterator[tuple[ChangeAnswers, Journal]]:
    """Answers about a history of these revisions, in a file or at the URL of a server."""
    with open_journal(str(database)) as journal:
        journal.record(revisions, "shop")
        yield ChangeAnswers(journal, source), journal
