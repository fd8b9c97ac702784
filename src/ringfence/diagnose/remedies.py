"""Changes that put a remark right, as commands: one is kept only if the engine shows that it does what it should."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

from ringfence.engine import Engine
from ringfence.fix.commands import clean, kubectl
from ringfence.fix.effects import effects_of
from ringfence.fix.labels import TEMPLATES
from ringfence.fix.world import PatchError, World
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.origin import ObjectRef
from ringfence.model.patch import Patch

Holds = Callable[[Engine], bool]
"""What must hold after a change."""


_MOST = 12
"""So many changes are tried: more remarks than that are read for their number, and each trial costs a comparison."""


class Remedies:
    """Tries changes on one cluster. ``paths`` are the input's, for command lines of Ringfence itself."""

    def __init__(self, engine: Engine, snapshot: Snapshot, paths: Sequence[str] = (), *, cni: str = "generic") -> None:
        self._engine = engine
        self._snapshot = snapshot
        self._cni = cni
        self._given = " ".join(shlex.quote(path) for path in paths) or "PATH"
        self._tried = 0

    def ringfence(self, command: str, *arguments: str) -> str:
        """A command line of Ringfence about the same input."""
        rest = "".join(f" {shlex.quote(argument)}" for argument in arguments)
        return f"ringfence {command} {self._given}{rest}"

    def patch(self, patch: Patch, holds: Holds, *, opens: bool = False) -> tuple[str, ...]:
        """The ``kubectl`` command for a patch of a policy, if it does what it should.

        Unless ``opens``, it may open no connection.
        """
        if not self._may_try():
            return ()
        try:
            after = self.world.patched((patch,)).engine
        except PatchError:
            return ()
        return (kubectl(patch),) if self._is_right(after, holds, opens=opens) else ()

    def moved(self, ref: ObjectRef, namespace: str) -> tuple[str, ...]:
        """The command that makes a policy anew in another namespace and deletes it where it is."""
        raw = self.world.raw(ref)
        if raw is None or not self._may_try():
            return ()
        body = clean(raw.body)
        body["metadata"] = {**body.get("metadata", {}), "namespace": namespace}
        there = replace(ref, namespace=namespace)
        made, gone = Patch(f"Add {there}", there, manifest=body), Patch(f"Delete {ref}", ref, delete=True)
        try:
            after = self.world.patched((made, gone)).engine
        except PatchError:
            return ()
        if effects_of(self._engine, after).opens:
            return ()
        text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
        return f"echo {shlex.quote(text)} | kubectl apply -f -", kubectl(gone)

    def without_namespace_label(self, name: str, key: str, holds: Holds) -> tuple[str, ...]:
        """The command that takes a label from a namespace, if that does what it should and opens nothing."""
        namespace = self._engine.facts.namespaces.get(name)
        if namespace is None or key not in namespace.labels or not self._may_try():
            return ()
        labels = {label: value for label, value in namespace.labels.items() if label != key}
        after = self._engine.with_namespace(replace(namespace, labels=labels))
        command = f"kubectl label namespace {shlex.quote(name)} {shlex.quote(f'{key}-')}"
        return (command,) if self._is_right(after, holds) else ()

    def off_the_host_network(self, pods: Sequence[Pod], holds: Holds) -> tuple[str, ...]:
        """The command that takes a workload's pods off the host network; none for a pod without a template."""
        workload = pods[0].workload
        if workload.kind not in TEMPLATES or workload.kind == "Pod" or not self._may_try():
            return ()
        after = self._engine.with_pods(pods, [replace(pod, host_network=False, addresses=()) for pod in pods])
        path = "/".join(("", *map(str, TEMPLATES[workload.kind][1][:-2]), "spec", "hostNetwork"))
        text = shlex.quote(f'[{{"op":"remove","path":"{path}"}}]')
        where = f"{workload.kind.lower()} {shlex.quote(workload.name)} -n {shlex.quote(workload.namespace)}"
        return (f"kubectl patch {where} --type=json -p {text}",) if holds(after) else ()

    def _may_try(self) -> bool:
        self._tried += 1
        return self._tried <= _MOST

    def _is_right(self, after: Engine, holds: Holds, *, opens: bool = False) -> bool:
        return holds(after) and (opens or not effects_of(self._engine, after).opens)

    @cached_property
    def world(self) -> World:
        """The cluster as it is, ready for patches."""
        return World.of(self._snapshot, self._engine, cni=self._cni)
