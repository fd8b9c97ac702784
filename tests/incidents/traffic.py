"""Simulated traffic of an incident's cluster, recorded into a store as an operator would: by the command line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ringfence import Cluster, load
from ringfence.simulate import LossLaw, Plan, Truth, simulate, write
from tests.cli.running import run
from tests.incidents.states import paths


@dataclass(frozen=True)
class Recorded:
    """A store of flows, and what really happened."""

    store: str
    truth: Truth

    def ask(self, *arguments: str, status: int = 0) -> str:
        """What a flow command prints."""
        result = run("flows", arguments[0], *arguments[1:], "--store", self.store)
        assert result.exit_code == status, result.output
        return result.stdout

    def document(self, *arguments: str, status: int = 0) -> dict[str, Any]:
        """The JSON answer of a flow command."""
        document: dict[str, Any] = json.loads(self.ask(*arguments, "-o", "json", status=status))
        return document


def recorded(
    place: str,
    states: Sequence[tuple[float, str]],
    plan: Plan,
    tmp_path: Path,
    *,
    log_format: str = "hubble",
    loss: LossLaw | None = None,
) -> Recorded:
    """The traffic of a place, whose policies are those of each state from its hour on, ingested into a store."""
    (_, first), *rest = states
    cluster = load(*paths(place, first))
    later = [(hour, load(*paths(place, state)).engine) for hour, state in rest]
    return record(cluster, plan, tmp_path, later=later, log_format=log_format, loss=loss)


def record(
    cluster: Cluster,
    plan: Plan,
    tmp_path: Path,
    *,
    later: Sequence[tuple[float, Any]] = (),
    log_format: str = "hubble",
    loss: LossLaw | None = None,
) -> Recorded:
    """Simulates, writes and ingests."""
    out, store = tmp_path / "traffic", str(tmp_path / "flows.duckdb")
    simulation = simulate(cluster.snapshot, cluster.engine, plan, later=later)
    written = write(simulation, str(out), log_format, loss or LossLaw())
    inventory = [f"--inventory={path}" for path in sorted((out / "inventory").iterdir())]
    result = run("flows", "ingest", str(out / "logs"), *inventory, "--store", store)
    assert result.exit_code == 0, result.output
    return Recorded(store, written.truth)
