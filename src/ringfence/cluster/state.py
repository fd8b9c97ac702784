"""A cluster as it is read: its policies, and what answers are worked out with, made when it is first needed."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Self

from ringfence.dialects import AUTO, cni_of, read_policies, staged_of, with_staged
from ringfence.dialects.memory import Memory
from ringfence.engine import Engine
from ringfence.engine.changed import carried
from ringfence.explain.endpoints import Endpoints
from ringfence.fix.world import World
from ringfence.model.finding import Finding
from ringfence.model.names import Names
from ringfence.model.objects import RawObject, Snapshot
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import PolicySet

if TYPE_CHECKING:
    from ringfence.survey import Survey


class ClusterState:
    """A snapshot with its policies, and what is made of both; see :class:`~ringfence.cluster.Cluster`."""

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        cni: str = AUTO,
        names: Names | None = None,
        staged: bool = False,
        memory: Memory | None = None,
    ) -> None:
        if names:
            snapshot = replace(snapshot, names=names)
        self.staged: Mapping[ObjectRef, RawObject] = {}
        """Staged policies that are read as if enforced, by what they would then be called."""
        if staged:
            self.staged = {ref: raw for (ref, _), raw in staged_of(snapshot).items()}
            snapshot = with_staged(snapshot)
        self.snapshot = snapshot
        self._asked_cni = cni
        self.cni = cni_of(snapshot) if cni == AUTO else cni
        self._asked = cni, names, staged
        self.memory = memory
        self._policies, self._policy_findings = read_policies(snapshot, cni=cni, memory=memory)

    def renewed(self, snapshot: Snapshot) -> Self:
        """The cluster at a later moment, read with the same options.

        Only the policies that changed, or that what changed is for, are read again; where little but pods and policies
        changed, its engine is this one's with those. The answers are those of a cluster made anew. The policies of the
        first are remembered if it was given a ``memory``.
        """
        cni, names, staged = self._asked
        later = type(self)(snapshot, cni=cni, names=names, staged=staged, memory=self.memory or Memory())
        if "engine" in self.__dict__:
            engine = carried(self.engine, self.snapshot, later.snapshot, later.policies)
            if engine is not None:
                later.engine = engine
        return later

    def apart(self) -> Self:
        """The same cluster with an engine of its own. Engines remember what they work out: each is for one thread."""
        other = copy(self)
        for name in ("engine", "engine_with_icmp", "endpoints", "world"):
            other.__dict__.pop(name, None)
        other.memory = None
        return other

    @property
    def policies(self) -> PolicySet:
        """Every policy of the snapshot, as the stages that judge it."""
        return self._policies

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the input and its policies, worst first, in the order found among equals."""
        return tuple(sorted((*self.snapshot.findings, *self._policy_findings), key=lambda finding: -finding.severity))

    @cached_property
    def engine(self) -> Engine:
        """The engine over this snapshot."""
        return Engine.build(self.snapshot, self._policies)

    @cached_property
    def engine_with_icmp(self) -> Engine:
        """The same with ICMP in its sets of ports, which :attr:`engine` needs for no single connection."""
        return self.engine.with_icmp()

    @cached_property
    def endpoints(self) -> Endpoints:
        """Finds what endpoint texts name."""
        return Endpoints(self.snapshot)

    @cached_property
    def world(self) -> World:
        """This cluster, ready to have patches applied to it."""
        return World.of(self.snapshot, self.engine, cni=self.cni)

    @cached_property
    def survey(self) -> Survey:
        """What the cluster needs to work, as far as its manifests show: DNS, dependencies, and who serves all."""
        from ringfence.survey import survey

        return survey(self.snapshot)
