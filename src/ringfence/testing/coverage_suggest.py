"""The test that would notice: one entry of a suite, as text."""

from __future__ import annotations

from ringfence.engine.core import Engine
from ringfence.engine.universe import pod_key
from ringfence.model.addresses import format_address
from ringfence.model.icmp import text_of
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.verdict import Endpoint
from ringfence.testing.coverage_witness import Change
from ringfence.testing.init_text import flow, scalar

_MOST = 2_000
"""Pairs of pods up to which whole workloads are looked at; past it the two pods are named."""


class Suggestions:
    """Writes tests that pass as things stand. A workload is named where the promise holds for all its pods."""

    def __init__(self, snapshot: Snapshot, engine: Engine) -> None:
        self._engine = engine
        self._given = {pod_key(pod) for pod in snapshot.pods}
        self._workloads: dict[object, list[Pod]] = {}
        for pod in snapshot.pods:
            self._workloads.setdefault(pod.workload, []).append(pod)

    def test(self, change: Change) -> str:
        """The test that a connection stays as it is. It fails with the mutant, for it speaks of the connection."""
        asked = change.connection
        source, destination = self._named(change)
        verb = "reaches" if change.allowed else "doesn't reach"
        port = text_of(asked.protocol, asked.port).removesuffix("/TCP")
        expect = "allowed" if change.allowed else "denied"
        name = f"{_plain(asked.source, source)} {verb} {_plain(asked.destination, destination)} on {port}"
        return "\n".join(
            [
                f"- name: {scalar(name)}",
                f"  from: {flow(source)}",
                f"  to: {flow(destination)}",
                f"  ports: {port}",
                f"  expect: {expect}",
            ]
        )

    def _named(self, change: Change) -> tuple[object, object]:
        """Both ends as a suite writes them, as wide as the promise holds."""
        source, destination = change.connection.source, change.connection.destination
        for starts, ends in (
            (self._replicas(source), self._replicas(destination)),
            (self._replicas(source), [destination]),
            ([source], self._replicas(destination)),
        ):
            if len(starts) * len(ends) <= _MOST and self._holds(change, starts, ends):
                return self._written(source, len(starts) > 1), self._written(destination, len(ends) > 1)
        return self._written(source, whole=False), self._written(destination, whole=False)

    def _replicas(self, end: Endpoint) -> list[Endpoint]:
        return list(self._workloads.get(end.workload, [end])) if isinstance(end, Pod) else [end]

    def _holds(self, change: Change, sources: list[Endpoint], destinations: list[Endpoint]) -> bool:
        asked = change.connection
        for source in sources:
            for destination in destinations:
                if source is destination and isinstance(source, Pod) and not source.planned:
                    continue
                if self._engine.allowed(source, destination).has(asked.protocol, asked.port) != change.allowed:
                    return False
        return True

    def _written(self, end: Endpoint, whole: bool) -> object:
        if not isinstance(end, Pod):
            return format_address(end.address)
        if pod_key(end) not in self._given:
            return {"newPod": {"namespace": end.namespace, "labels": dict(end.labels)}}
        alone = len(self._workloads[end.workload]) == 1
        return str(end.workload) if whole or alone else str(end)


def _plain(end: Endpoint, written: object) -> str:
    return written if isinstance(written, str) else str(end)
