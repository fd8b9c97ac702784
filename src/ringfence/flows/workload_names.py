"""The workload that a pod belongs to, by the pod's name alone: for records that name pods and nothing else.

Controllers make the names of pods: a Deployment's are ``NAME-HASH-XXXXX``, where the hash and the ending have only the
characters of ``k8s.io/apimachinery/pkg/util/rand`` (no vowels, no 0, 1, 3); a StatefulSet's are ``NAME-0``; a CronJob's
``NAME-MINUTES-XXXXX``; a DaemonSet's, a Job's and a bare ReplicaSet's ``NAME-XXXXX``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SAFE = "bcdfghjklmnpqrstvwxz2456789"
_REPLICA = re.compile(rf"^(?P<name>.+)-[{_SAFE}]{{6,10}}(?:-[{_SAFE}]{{5}}|-\*)$")
_CRON = re.compile(rf"^(?P<name>.+)-\d{{8,10}}(?:-[{_SAFE}]{{5}}|-\*)$")
_ORDINAL = re.compile(r"^(?P<name>.+)-(?:\d+|\*)$")
_RANDOM = re.compile(rf"^(?P<name>.+)-(?:[{_SAFE}]{{5}}|\*)$")
_REPLICA_SET = re.compile(rf"^(?P<name>.+)-[{_SAFE}]{{6,10}}$")
_CRON_JOB = re.compile(r"^(?P<name>.+)-\d{8,10}$")

_SHAPES = ((_CRON, "CronJob"), (_REPLICA, "Deployment"), (_ORDINAL, "StatefulSet"), (_RANDOM, "DaemonSet"))


def workload_of(pod: str, known: Mapping[str, str]) -> str:
    """``Kind/name`` of the workload of a pod, whose name may end in ``-*``.

    ``known`` are the workloads of its namespace, by name: one of them that the name can belong to is taken, whatever
    its kind. Otherwise the shape of the name tells; a name of no such shape is a bare pod's.
    """
    matches = [(match["name"], kind) for shape, kind in _SHAPES if (match := shape.match(pod))]
    for name, _ in sorted(matches, key=lambda each: len(each[0])):
        if name in known:
            return known[name]
    if pod in known:
        return known[pod]
    if not matches:
        return f"Pod/{pod.removesuffix('-*').removesuffix('*')}"
    name, kind = matches[0]
    return f"{kind}/{name}"


def topmost(workload: str, known: Mapping[str, str]) -> str:
    """The owner of a ReplicaSet or Job that a record names as the workload; any other stays what it is."""
    kind, _, name = workload.partition("/")
    for owned, shape, owner in (("ReplicaSet", _REPLICA_SET, "Deployment"), ("Job", _CRON_JOB, "CronJob")):
        if kind == owned and known.get(name) != workload and (match := shape.match(name)):
            return known.get(match["name"], f"{owner}/{match['name']}")
    return workload
