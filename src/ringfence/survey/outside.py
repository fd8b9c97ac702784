"""Who calls which host outside the cluster by its name, as URLs in the manifests tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ringfence.model.objects import Pod, Snapshot, WorkloadRef
from ringfence.model.references import TextReference
from ringfence.survey.backends import Backends
from ringfence.survey.dependency import Evidence
from ringfence.survey.names import outside

_PROXY: Final = re.compile(r"(.*_)?(https?|all)_proxy", re.IGNORECASE)
"""Variables by which programs find their proxy: such a workload needn't reach the host itself."""


@dataclass(frozen=True, slots=True)
class OutsideUse:
    """The pods of a workload call ``host`` on a TCP port. Its addresses are not known: nothing here asks DNS."""

    workload: WorkloadRef
    pods: tuple[Pod, ...]
    host: str
    port: int
    evidence: Evidence


def outside_uses(snapshot: Snapshot, backends: Backends) -> tuple[OutsideUse, ...]:
    """Each host and port of each workload once. A name that may be that of a namespace's Service is left out."""
    asked = [reference for reference in snapshot.references if "://" in reference.text]
    if not asked:
        return ()
    pods: dict[WorkloadRef, list[Pod]] = {}
    for pod in snapshot.pods:
        pods.setdefault(pod.workload, []).append(pod)
    by_proxy = {reference.workload for reference in snapshot.references if _PROXY.fullmatch(reference.key)}
    found: dict[tuple[WorkloadRef, str, int], OutsideUse] = {}
    for reference in asked:
        group = pods.get(reference.workload)
        if group and reference.workload not in by_proxy:
            for use in _uses(reference, tuple(group), snapshot, backends):
                found.setdefault((use.workload, use.host, use.port), use)
    return tuple(found.values())


def _uses(
    reference: TextReference, pods: tuple[Pod, ...], snapshot: Snapshot, backends: Backends
) -> Iterator[OutsideUse]:
    for url in outside(reference.text):
        labels = url.host.split(".")
        if len(labels) == 2 and labels[1] in snapshot.namespaces:
            continue
        if backends.service(labels[1], labels[0]) is not None:
            continue
        text = f"{reference.key}={url.excerpt}" if reference.key else url.excerpt
        yield OutsideUse(reference.workload, pods, url.host, url.port, Evidence(text, reference))
