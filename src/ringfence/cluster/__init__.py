"""The public API: a cluster as its manifests describe it, and the questions that can be asked about it."""

from ringfence.cluster.cluster import Cluster
from ringfence.cluster.loading import load

__all__ = ["Cluster", "load"]
