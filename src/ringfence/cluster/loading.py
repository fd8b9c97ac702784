"""Reads a cluster from manifests."""

from __future__ import annotations

from typing import BinaryIO

from ringfence.cluster.cluster import Cluster
from ringfence.dialects import AUTO
from ringfence.names import read_names
from ringfence.sources import load_snapshot


def load(
    *paths: str, cni: str = AUTO, stdin: BinaryIO | None = None, resolve: str = "", staged: bool = False
) -> Cluster:
    """Reads manifests: files, directories, ``.tar.gz`` archives, or ``-`` for ``stdin``.

    ``cni`` names the enforcer whose reading to follow where they differ; ``auto`` is the one that the input speaks of.
    ``resolve`` is a file of recorded DNS answers, by which names in rules and destinations are read. ``staged`` reads
    policies that are staged as if they were enforced.

    Raises:
        InputError: a path can't be read at all, nothing could be read, or the file of DNS answers is wrong. Everything
            else that is wrong with the input is in :attr:`Cluster.findings`.
    """
    names = read_names(resolve) if resolve else None
    return Cluster(load_snapshot([str(path) for path in paths], stdin=stdin), cni=cni, names=names, staged=staged)
