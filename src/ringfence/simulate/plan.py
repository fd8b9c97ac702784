"""What a simulation is asked for."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_START = 1_794_787_200.0
"""Monday 2026-11-16, 00:00 UTC: fixed, so that equal plans give equal logs."""


@dataclass(frozen=True, slots=True)
class ExternalName:
    """A DNS name outside the cluster.

    ``ranges`` are the CIDRs that its addresses come from; an answer has ``addresses`` of them, and every ``moves``
    hours the oldest is replaced. ``ttl`` is in seconds. ``chain`` are the CNAMEs that an answer leads through.
    """

    host: str
    ranges: tuple[str, ...] = ("198.51.100.0/24",)
    addresses: int = 2
    ttl: int = 60
    chain: tuple[str, ...] = ()
    moves: float = 6.0


@dataclass(frozen=True, slots=True)
class Wish:
    """A dependency that no manifest shows: ``source`` (``namespace/Kind/name``) calls ``destination``.

    The destination is ``service:namespace/name``, a DNS name or an address. ``rate`` is in connections an hour, None
    for the plan's. ``hours`` are those of the day (UTC) in which the calls happen; none means around the clock.
    """

    source: str
    destination: str
    port: int
    protocol: str = "TCP"
    rate: float | None = None
    hours: tuple[int, ...] = ()
    intended: bool = True


@dataclass(frozen=True, slots=True)
class Closed:
    """Pods of ``workload`` (``namespace/Kind/name``) don't listen on ``port`` from ``start`` to ``end``.

    The times are hours since the simulation's start. Connections are allowed, and answered with a reset.
    """

    workload: str
    port: int
    start: float = 0.0
    end: float = float("inf")


@dataclass(frozen=True, slots=True)
class Plan:
    """Traffic to simulate. Equal plans over equal snapshots give equal records, byte for byte.

    ``start`` is in seconds since 1970 (UTC). ``rate`` is the mean number of connections an hour from a workload to one
    of its dependencies; by day it is higher, by night lower. ``random_calls`` and ``random_names`` are mean numbers of
    dependencies, for each workload, on a random Service and on an outside name that no manifest shows. ``rollouts``
    are per day, over the whole cluster. ``scanners`` are workloads that probe ports of pods at random.
    ``platform`` adds probes, scrapes of metrics and calls of the API server. ``not_enforced`` are nodes whose agent
    enforces nothing. ``reject`` answers denied packets with a reset, as some dialects can, and doesn't leave the client
    waiting. ``replicas`` and ``nodes`` count for workloads without pods and clusters without nodes.
    """

    seed: int = 1
    start: float = DEFAULT_START
    hours: float = 24.0
    rate: float = 12.0
    random_calls: float = 0.5
    random_names: float = 0.25
    names: tuple[ExternalName, ...] = ()
    wishes: tuple[Wish, ...] = ()
    rollouts: float = 2.0
    scanners: int = 1
    platform: bool = True
    not_enforced: frozenset[str] = frozenset()
    reject: bool = False
    closed: tuple[Closed, ...] = ()
    replicas: int = 2
    nodes: int = 3

    @property
    def end(self) -> float:
        """The moment after the last connection."""
        return self.start + self.hours * 3600
