"""What of a cluster a map is asked to draw."""

from __future__ import annotations

from dataclasses import dataclass

from ringfence.reach.filters import PortFilter


@dataclass(frozen=True, slots=True)
class Wanted:
    """The question. ``unfolded`` are namespaces drawn as their workloads; None for what fits.

    ``namespaces`` and ``label`` with ``value`` (of a workload's namespace or pods) keep connections with an end among
    them, ``ports`` those that include one of the ports, ``external`` those with an end outside, and ``denied`` those
    of which flows show that they were denied.
    """

    unfolded: frozenset[str] | None = None
    namespaces: frozenset[str] = frozenset()
    label: str = ""
    value: str = ""
    ports: tuple[PortFilter, ...] = ()
    external: bool = False
    denied: bool = False

    @property
    def filtered(self) -> bool:
        """True where connections may be left out."""
        return bool(self.namespaces or self.label or self.ports or self.external or self.denied)
