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
from ringfence.survey.names import mentions_of, outside

_PROXY: Final = re.compile(r"(.*_)?(https?|all)_proxy", re.IGNORECASE)
"""Variables by which programs find their proxy: such a workload needn't reach the host itself."""


@dataclass(frozen=True, slots=True)
class OutsideUse:
    """``pods`` call ``host`` on a TCP port. Its addresses are not known: nothing here asks DNS.

    The pods are the workload's own, or those of ``proxy`` where the workload is given one of the input.
    """

    workload: WorkloadRef
    pods: tuple[Pod, ...]
    host: str
    port: int
    evidence: Evidence
    proxy: WorkloadRef | None = None


def outside_uses(snapshot: Snapshot, backends: Backends) -> tuple[OutsideUse, ...]:
    """Each host and port of each workload once. A name that may be that of a namespace's Service is left out."""
    asked = [reference for reference in snapshot.references if "://" in reference.text]
    if not asked:
        return ()
    pods: dict[WorkloadRef, list[Pod]] = {}
    for pod in snapshot.pods:
        pods.setdefault(pod.workload, []).append(pod)
    proxies = _proxies(snapshot.references, backends)
    found: dict[tuple[WorkloadRef, str, int], OutsideUse] = {}
    for reference in asked:
        own = proxies.get(reference.workload, ())
        group = tuple(pods.get(reference.workload, ())) if reference.workload not in proxies else own
        proxy = own[0].workload if own else None
        if group and not is_proxy_variable(reference.key):
            for use in _uses(reference, group, proxy, snapshot, backends):
                found.setdefault((use.workload, use.host, use.port), use)
    return tuple(found.values())


def is_proxy_variable(key: str) -> bool:
    """True for ``HTTPS_PROXY`` and its like."""
    return _PROXY.fullmatch(key) is not None


def _proxies(references: tuple[TextReference, ...], backends: Backends) -> dict[WorkloadRef, tuple[Pod, ...]]:
    """The pods of the proxy that a workload is given; none for one that the input doesn't have."""
    found: dict[WorkloadRef, tuple[Pod, ...]] = {}
    for reference in references:
        if is_proxy_variable(reference.key):
            services = (
                backends.service(mention.namespace or reference.workload.namespace, mention.name)
                for mention in mentions_of(reference)
            )
            pods = next((backends.pods(service) for service in services if service is not None), ())
            found[reference.workload] = found.get(reference.workload) or pods
    return found


def _uses(
    reference: TextReference,
    pods: tuple[Pod, ...],
    proxy: WorkloadRef | None,
    snapshot: Snapshot,
    backends: Backends,
) -> Iterator[OutsideUse]:
    for url in outside(reference.text):
        labels = url.host.split(".")
        if len(labels) == 2 and labels[1] in snapshot.namespaces:
            continue
        if backends.service(labels[1], labels[0]) is not None:
            continue
        text = f"{reference.key}={url.excerpt}" if reference.key else url.excerpt
        yield OutsideUse(reference.workload, pods, url.host, url.port, Evidence(text, reference), proxy)
