"""What is allowed: every connection of a cluster, by pod or by workload."""

from ringfence.reach.compute import PodFilter, compute_reach
from ringfence.reach.report import Connection, Grouping, ReachEnd, ReachReport, ReachSummary

__all__ = ["Connection", "Grouping", "PodFilter", "ReachEnd", "ReachReport", "ReachSummary", "compute_reach"]
