"""Connections that were seen to leave and not to arrive: did a policy stop them, and its record was lost?

Nobody can tell from the records alone: that of an arrival and that of a denial are lost alike. So today's policies are
asked. What they deny where it would arrive is held back; what they let in is learned from. Where the nodes that run
the destination record what arrives at all, the silence lowers the confidence in its rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from ringfence.dialects import read_policies
from ringfence.engine import Engine
from ringfence.learn.ends import End
from ringfence.learn.existing import by_atom
from ringfence.learn.groups import Group
from ringfence.model.objects import Snapshot
from ringfence.model.ports import AnyProtocol


class Arrivals:
    """``nodes`` are those whose log has something that arrived and was let in."""

    def __init__(self, snapshot: Snapshot, cni: str, nodes: Iterable[str] = ()) -> None:
        self._snapshot = snapshot
        self._cni = cni
        # Hubble writes a node's name behind that of its cluster.
        self._nodes = {name.rpartition("/")[2] for name in nodes}

    @cached_property
    def _engine(self) -> Engine:
        policies, _ = read_policies(self._snapshot, cni=self._cni)
        return Engine.build(self._snapshot, policies)

    def refused(self, source: End, group: Group, protocol: AnyProtocol, port: int) -> bool:
        """Whether ingress is denied for certain, for each kind of pods that the two ends have."""
        engine = self._engine
        for starters in by_atom(engine, source).values():
            for enders in by_atom(engine, group).values():
                side = engine.verdict(starters[0], enders[0], protocol, port, misses=False).ingress
                if side.allowed or side.conditional:
                    return False
        return True

    def recorded(self, group: Group) -> bool:
        """Whether all nodes that run the pods record what arrives; False where it isn't known which they are."""
        nodes = {pod.node for pod in group.pods}
        return bool(nodes) and nodes <= self._nodes
