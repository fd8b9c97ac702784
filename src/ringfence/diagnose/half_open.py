"""Pairs that a rule at one end allows by name, and that the policies of the other end deny."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.diagnose.losses import Search
from ringfence.engine import Engine, bits
from ringfence.engine.match import rule_ports
from ringfence.engine.program import CompiledPolicy, CompiledRule
from ringfence.explain.words import object_name
from ringfence.model.labels import EVERYTHING
from ringfence.model.objects import Pod
from ringfence.model.policy import Action, Direction, PodPeer
from ringfence.model.ports import PortSet, Protocol
from ringfence.survey import Evidence, Target

_MOST_PAIRS = 400
"""A rule that means more pairs of kinds of pods than this names nobody in particular."""


def find_half_open(engine: Engine, search: Search) -> None:
    """Enter every half-open pair of the cluster.

    Only rules that select pods by label count: a rule for a whole namespace, or for everybody, is no promise that each
    of its connections is meant. Rules that allow less than they say, because of an earlier tier, are left out.
    """
    for number in sorted(engine.program.compiled):
        compiled = engine.program.compiled[number]
        subjects: list[int] | None = None
        for direction in Direction:
            for rule, peers in _specific(engine, compiled, direction):
                if subjects is None:
                    subjects = engine.program.subjects(compiled.policy, engine.universe)
                if len(subjects) * len(peers) > _MOST_PAIRS:
                    continue
                text = f"{object_name(compiled.policy.ref)} allows {direction}"
                for subject in subjects:
                    for peer in peers:
                        _check(engine, search, direction, rule, subject, peer, text)


def _specific(
    engine: Engine, compiled: CompiledPolicy, direction: Direction
) -> Iterator[tuple[CompiledRule, list[int]]]:
    for rule in compiled.rules[direction]:
        if rule.rule.action is not Action.ALLOW or rule.uncertain or not rule.peers:
            continue
        atoms = 0
        for number in rule.peers:
            peer = engine.program.peers[number]
            if isinstance(peer, PodPeer) and peer.pods != EVERYTHING:
                atoms |= engine.universe.pod_bits(peer)
        if atoms:
            yield rule, bits.members(atoms)


def _check(
    engine: Engine, search: Search, direction: Direction, rule: CompiledRule, subject: int, peer: int, text: str
) -> None:
    atoms = engine.universe.atoms
    own, other = atoms[subject].pods[0], atoms[peer].pods[0]
    if subject == peer:
        if len(atoms[peer].pods) < 2:
            return
        other = atoms[peer].pods[1]
    source, destination = (own, other) if direction is Direction.EGRESS else (other, own)
    table = engine.table
    mine = table.sets[engine.row(direction, subject).ports(peer)] & rule_ports(rule.rule, destination)
    if not mine:
        return
    there = Direction.INGRESS if direction is Direction.EGRESS else Direction.EGRESS
    if mine & table.sets[engine.row(there, peer).ports(subject)]:
        return
    protocol, port = _example(mine, destination)
    search.half_open(there, source, Target(destination, port), protocol, Evidence(text, place=rule.rule.origin))


def _example(ports: PortSet, destination: Pod) -> tuple[Protocol, int]:
    """A port to tell the pair by: one that the destination declares, else the first."""
    for declared in destination.ports:
        if ports.has(declared.protocol, declared.number):
            return declared.protocol, declared.number
    for protocol in Protocol:
        for low, _ in ports.of_protocol(protocol):
            return protocol, low
    raise AssertionError("there is a port")
