"""Why a connection fails now and then although it is allowed: what varies between attempts.

Policies are stateful and can't drop replies, so what varies is on the way out: the replica that connects or answers,
or the address that is dialled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ringfence.engine import Engine
from ringfence.explain.endpoints import End, Endpoints
from ringfence.explain.judge import Judgement, alike_pairs
from ringfence.model.addresses import V4_MAX, format_address
from ringfence.model.objects import Pod
from ringfence.model.ports import AnyProtocol
from ringfence.model.verdict import Endpoint, Outcome, RuleTrace, Verdict

STATEFUL = (
    "Policies are stateful: replies to an allowed connection always pass, whatever their path. What fails now and then "
    "is a connection whose replica or address differs from one time to the next."
)


@dataclass(frozen=True, slots=True)
class Coverage:
    """One address of a name: whether every replica may connect to it, and the rules that allow it."""

    address: str
    allowed: bool
    conditional: bool
    rules: tuple[RuleTrace, ...]


def coverage(
    engine: Engine, endpoints: Endpoints, source: End, addresses: Sequence[str], asked: tuple[AnyProtocol, int]
) -> tuple[Coverage, ...]:
    """Which addresses of a name the source may connect to, each judged by itself.

    Raises:
        EndpointError: a text is no address.
    """
    found = []
    for text in addresses:
        target = endpoints.destination(text)
        verdicts = [
            engine.verdict(pairs.source, pairs.target.endpoint, asked[0], pairs.target.port, misses=False)
            for pairs in alike_pairs(engine, source.endpoints, endpoints.targets(target, *asked))
        ]
        rules = {(rule.policy.ref, rule.index): rule for verdict in verdicts for rule in _allowing(verdict)}
        allowed = all(verdict.allowed for verdict in verdicts)
        conditional = not allowed and all(verdict.allowed or verdict.conditional for verdict in verdicts)
        found.append(Coverage(target.name, allowed, conditional, tuple(rules.values())))
    return tuple(found)


def _allowing(verdict: Verdict) -> Iterator[RuleTrace]:
    for stage in verdict.egress.stages:
        if stage.outcome is Outcome.ALLOW:
            yield from stage.deciding


def variations(judgement: Judgement, engine: Engine) -> tuple[str, ...]:
    """What varies within one answer, in sentences: labels of replicas with different verdicts, address families."""
    return (*_replicas(judgement), *_families(judgement, engine))


def _replicas(judgement: Judgement) -> Iterator[str]:
    """The labels that tell the replicas that get through from those that don't."""
    if not judgement.varies:
        return
    for ends, name, side in (
        (judgement.source.endpoints, judgement.source.name, "sources"),
        (judgement.destination.endpoints, judgement.destination.name, "destinations"),
    ):
        good: dict[str, Endpoint] = {}
        bad: dict[str, Endpoint] = {}
        for group in judgement.groups:
            (good if group.verdict.allowed else bad).update(getattr(group, side))
        only_good = [end for key, end in good.items() if key not in bad]
        only_bad = [end for key, end in bad.items() if key not in good]
        if not only_bad or not only_good or len(ends) < 2:
            continue
        told = list(_telling(only_good, only_bad))
        by = f" They differ by {', '.join(told)}." if told else ""
        what = "replicas" if all(isinstance(end, Pod) for end in ends) else "addresses"
        some = f"{len(only_bad)} of {len(ends)} {what} of {name} are denied, such as {only_bad[0]}"
        yield f"{some}; {len(only_good)} are not, such as {only_good[0]}.{by}"


def _telling(good: Sequence[Endpoint], bad: Sequence[Endpoint]) -> Iterator[str]:
    values: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    keys = {key for end in (*good, *bad) if isinstance(end, Pod) for key in end.labels}
    for side, ends in ((0, good), (1, bad)):
        for end in ends:
            for key in keys:
                values[key][side].add(end.labels.get(key, "(none)") if isinstance(end, Pod) else "(none)")
    for key, (right, wrong) in sorted(values.items()):
        if right.isdisjoint(wrong):
            yield f"label `{key}` ({_listed(wrong)} is denied, {_listed(right)} is not)"


def _listed(values: set[str]) -> str:
    return "/".join(sorted(values)[:3]) + ("/…" if len(values) > 3 else "")


def _families(judgement: Judgement, engine: Engine) -> Iterator[str]:
    """A pod with an IPv4 and an IPv6 address is matched by either here; an enforcer sees the one that is dialled."""
    for group in judgement.groups[:1]:
        verdict = group.verdict
        for end, place in ((verdict.source, 0), (verdict.destination, 1)):
            if not isinstance(end, Pod) or len({address > V4_MAX for address in end.addresses}) < 2:
                continue
            answers = {}
            for address in end.addresses:
                only = replace(end, addresses=(address,))
                source, destination = (only, verdict.destination) if place == 0 else (verdict.source, only)
                judged = engine.verdict(source, destination, verdict.protocol, verdict.port, misses=False)
                answers[address] = judged.allowed
            if len(set(answers.values())) > 1:
                allowed = ", ".join(format_address(a) for a, ok in answers.items() if ok)
                denied = ", ".join(format_address(a) for a, ok in answers.items() if not ok)
                yield f"{end} is allowed by its address {allowed} and not by {denied}: it depends on the family used."
