"""Pods that a suite invents: what a pod with such labels in such a namespace could do, before it exists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ringfence.explain.suggest import did_you_mean
from ringfence.model.codes import BAD_FIELD
from ringfence.model.finding import Finding
from ringfence.model.objects import NAMESPACE_NAME_LABEL, Namespace, Pod, Snapshot, WorkloadRef
from ringfence.testing.suite import Connections, End, NewPodEnd, Suite

KIND = "NewPod"
"""How such a pod is called in answers: ``shop/NewPod/app=web``."""


class NewPods:
    """The pods of all suites, each once; equal ones are one pod with several replicas."""

    def __init__(self, suites: Iterable[Suite], snapshot: Snapshot, sink: list[Finding]) -> None:
        self.pods: dict[NewPodEnd, Pod] = {}
        self.namespaces: dict[str, Namespace] = {}
        self._by_shape: dict[object, Pod] = {}
        self._snapshot = snapshot
        self._sink = sink
        for end in _ends(suites):
            if isinstance(end, NewPodEnd):
                self._add(end)

    def _add(self, end: NewPodEnd) -> None:
        known = self._snapshot.namespaces
        if end.namespace in known and end.namespace_labels is not None:
            self._report(
                end, f"Namespace {end.namespace} is in the input, with its own labels.", "Leave the labels out."
            )
        elif end.namespace not in known:
            self._add_namespace(end)
        shape = (end.namespace, tuple(sorted(end.labels.items())), end.ports)
        if shape not in self._by_shape:
            name = ",".join(f"{key}={value}" for key, value in sorted(end.labels.items())) or "unlabelled"
            taken = sum(1 for other in self._by_shape.values() if other.namespace == end.namespace)
            if any(pod.workload.name == name and pod.namespace == end.namespace for pod in self._by_shape.values()):
                name = f"{name}#{taken}"
            workload = WorkloadRef(end.namespace, KIND, name)
            self._by_shape[shape] = Pod(end.namespace, "", end.labels, workload, ports=end.ports, planned=True)
        self.pods[end] = self._by_shape[shape]

    def _add_namespace(self, end: NewPodEnd) -> None:
        if end.namespace_labels is None:
            hint = did_you_mean(end.namespace, self._snapshot.namespaces).strip()
            more = "For a namespace that doesn't exist yet, add its namespaceLabels."
            self._report(end, f"There is no namespace {end.namespace} in the input.", f"{hint} {more}".strip())
            return
        made = Namespace(end.namespace, {**end.namespace_labels, NAMESPACE_NAME_LABEL: end.namespace})
        if self.namespaces.setdefault(end.namespace, made) != made:
            self._report(end, f"The new namespace {end.namespace} has other labels elsewhere in the tests.", "")

    def _report(self, end: NewPodEnd, what: str, hint: str) -> None:
        self._sink.append(Finding(BAD_FIELD, what, end.origin, hint=hint))


def _ends(suites: Iterable[Suite]) -> Iterator[End]:
    for suite in suites:
        for case in suite.cases:
            for connections in (case.connections, *case.exceptions):
                yield from _of(connections)


def _of(connections: Connections) -> Iterator[End]:
    yield from connections.sources or ()
    yield from connections.destinations or ()
