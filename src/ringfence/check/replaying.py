"""Recorded traffic under the policies of the work tree: what the change would have cut."""

from __future__ import annotations

from pathlib import Path

from ringfence.check.config import Config
from ringfence.check.report import FlowsPart
from ringfence.cluster import Cluster
from ringfence.explain.recorded_clusters import of_cluster
from ringfence.explain.recorded_names import names_of
from ringfence.flows.store import opened
from ringfence.model.errors import InputError
from ringfence.replay import replay


def replay_flows(config: Config, before: Cluster | None, after: Cluster) -> FlowsPart:
    """Replays the store of the configuration; today's policies are those of the base, where there is one.

    Raises:
        InputError: the store can't be read, or has no connection: a check of nothing must not pass.
    """
    assert config.flows is not None  # noqa: S101 -- the caller has asked
    path = str(Path(config.file).parent / config.flows.path)
    with opened(path) as store:
        edges = store.edges()
    if not len(edges):
        raise InputError(f"{config.flows.at}: {path} has no connection, so nothing can be said of any.")
    edges = of_cluster(edges)
    names = names_of(edges.parties, edges.coverage, after.snapshot.names)
    proposed = Cluster(after.snapshot, cni=after.cni, names=names, staged=config.staged)
    today = Cluster(before.snapshot, cni=before.cni, names=names, staged=config.staged) if before is not None else None
    return FlowsPart(
        replay(
            edges,
            proposed.snapshot,
            proposed.policies,
            today.policies if today is not None else None,
            owner_label=config.owner_label,
        )
    )
