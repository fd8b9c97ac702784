"""What ``learn`` prints: manifests with the evidence of each rule, and what the proof says of them, for people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import TypeVar

from ringfence.fix.yaml_dump import document as yaml
from ringfence.generate.manifest import Manifest
from ringfence.learn import Learned, Proposal
from ringfence.learn.beyond import ExtraPair, ExtraRange
from ringfence.learn.demands import text_of
from ringfence.learn.rules import LearnedRule, Side, State
from ringfence.learn.writing import seen
from ringfence.model.addresses import ALL_ADDRESSES, ALL_V4, AddressSet
from ringfence.model.flow import HOUR
from ringfence.render.lines import bad, bold, careful, count, good, place, ports

_Item = TypeVar("_Item")

SHOWN = 12


def manifests(answer: Proposal) -> str:
    """The objects as YAML, ready for ``kubectl apply -f -``, each rule with its evidence above it."""
    return "---\n".join(Manifest(made.body, notes=made.comments).text() for made in answer.objects)


def requests(answer: Proposal) -> str:
    """The egress that was seen, as documents of kind EgressRequest."""
    return "---\n".join(yaml(each) for each in answer.requests)


def text(answer: Proposal, *, every: bool = False) -> Iterator[str]:
    """The whole answer for people: each workload with its rules, then what holds of all of it."""
    yield from evidence(answer)
    for each in answer.workloads:
        yield ""
        yield from _workload(each)
    yield ""
    yield from summary(answer, every=every, head=False)


def summary(answer: Proposal, *, every: bool = False, head: bool = True) -> Iterator[str]:
    """What is proposed and what holds of it, without the rules."""
    if head:
        yield from evidence(answer)
    yield from _open(answer, every=every)
    yield from _left_out(answer, every=every)
    yield from _losses(answer, every=every)
    yield from _proof(answer, every=every)
    yield from _beyond(answer, every=every)
    yield from _gaps(answer, every=every)
    yield from _holdout(answer, every=every)
    for note in answer.notes:
        yield f"note: {note}"


def evidence(answer: Proposal) -> Iterator[str]:
    """What was learned from, and how much of the window it covers."""
    window = answer.window
    yield bold(f"{count(len(answer.objects), 'object')} of {answer.to} for {_isolated(answer)}. Nothing is applied.")
    if window.first is None or window.last is None:
        yield bad("no evidence: the flows have no edge")
        return
    covered = f"{window.hours:,} of {count(window.span, 'hour')}, {window.weekdays} of 7 weekdays"
    lost = f"{count(window.records, 'record')}, {window.lost:,} known to be lost"
    yield f"evidence: {_moment(window.first)} to {_moment(window.last)}; {covered}, {lost}"
    for loss in window.losses:
        yield f"  {careful('lost')}: {loss.detail}"


def _isolated(answer: Proposal) -> str:
    return count(len({str(made.group) for made in answer.objects}), "workload")


def _moment(seconds: float) -> str:
    return f"{dt.datetime.fromtimestamp(seconds, tz=dt.UTC):%Y-%m-%d %H:%M}"


# ---- workloads -----------------------------------------------------------------------------------------------------


def _workload(each: Learned) -> Iterator[str]:
    own = each.confidence
    mark = {"high": good, "fair": careful, "low": bad}[own.word]
    lost = f"; {own.not_arrived:,} only seen to leave for it" if own.not_arrived else ""
    unseen = f"; {own.pods_unseen} of {count(own.pods, 'pod')} never seen" if own.pods_unseen else ""
    yield (
        f"{bold(str(each.group))}  confidence {mark(f'{own.score}, {own.word}')}: "
        f"{count(own.connections, 'connection')} of {count(own.kinds, 'kind')}, {own.once} seen once{lost}{unseen}"
    )
    if each.group.also:
        others = ", ".join(map(str, each.group.also))
        yield f"  {careful('no exact selector')}: {each.group.selector} also selects {others}"
    for side in (each.egress, each.ingress):
        yield f"  {side.direction} {_state(side)}"
        for rule in side.rules:
            yield f"    {_rule(rule)}"


def _state(side: Side) -> str:
    known = f"; {count(side.known, 'kind')} of connections allowed by policies that are there" if side.known else ""
    match side.state:
        case State.ISOLATED:
            return f"isolated by {count(len(side.rules), 'rule')}{known}"
        case State.GUARDED:
            return f"needs no new rule{known}"
        case State.OPEN:
            return f"{careful('left open')}: {'; '.join(side.reasons[:3])}"
        case State.UNSEEN:
            return "left open: nothing was seen"


def _rule(rule: LearnedRule) -> str:
    numbers = ", ".join(map(text_of, rule.ports))
    total = rule.total
    why = seen(total) if total is not None else "the platform needs it"
    added = f"{rule.added:,} addresses more than were seen" if rule.added else ""
    return f"{rule.peer}  {numbers}  ({'; '.join(filter(None, (why, rule.note, added)))})"


# ---- what holds of all of it ---------------------------------------------------------------------------------------


def _open(answer: Proposal, *, every: bool) -> Iterator[str]:
    found = [
        (each.group, side)
        for each in answer.workloads
        for side in (each.egress, each.ingress)
        if side.state is State.OPEN
    ]
    if found:
        yield careful(f"{count(len(found), 'direction')} left open, since isolating would cut what no rule can name:")
        for group, side in _some(found, every=every):
            yield f"  {group} {side.direction}: {'; '.join(side.reasons[:3])}"
        yield from _rest(len(found), every=every)


def _left_out(answer: Proposal, *, every: bool) -> Iterator[str]:
    if answer.left_out:
        yield "learned nothing from:"
    for each in answer.left_out:
        yield f"  {each.reason}: {count(each.edges, 'edge')}, {count(each.connections, 'connection')}"
        for example in each.examples if every else each.examples[:2]:
            yield f"    {example}"


def _losses(answer: Proposal, *, every: bool) -> Iterator[str]:
    if not answer.losses:
        return
    alike: dict[tuple[str, str], list[str]] = {}
    for loss in answer.losses:
        alike.setdefault((loss.what, loss.why), []).append(str(loss.ref))
    yield careful(f"{answer.to} can't say {count(len(answer.losses), 'thing')}:")
    for (what, why), refs in alike.items():
        names = ", ".join(refs if every else refs[:3])
        more = f" and {len(refs) - 3} more" if len(refs) > 3 and not every else ""
        yield f"  {what} {why} ({names}{more})"


def _proof(answer: Proposal, *, every: bool) -> Iterator[str]:
    proof = answer.proof
    if proof.cut:
        yield bad(f"CUT: {len(proof.cut)} of {count(proof.connections, 'kind')} of connections that were seen:")
        for cut in _some(proof.cut, every=every):
            before = "; it is cut already" if cut.before else ""
            yield f"  {cut.connection} ({seen(cut.connection.evidence)}): {cut.why}{before}"
        yield from _rest(len(proof.cut), every=every)
    else:
        yield good(f"kept: all {count(proof.connections, 'kind')} of connections that were seen pass.")
    if proof.probes_cut:
        yield bad(f"CUT: probes of {', '.join(proof.probes_cut)}")
    elif proof.probes:
        yield f"kept: {count(proof.probes, 'pod')} can be probed by the node that runs it."
    if proof.needs:
        yield careful(
            f"{count(len(proof.needs), 'connection')} that nobody saw and that manifests ask for would be cut:"
        )
        for need in _some(proof.needs, every=every):
            where = place(need.origin)
            yield f"  {need.source} → {need.target} {need.ports}: {need.text}{f' ({where})' if where else ''}"
        yield from _rest(len(proof.needs), every=every)


def _beyond(answer: Proposal, *, every: bool) -> Iterator[str]:
    found = answer.beyond
    pairs = [each for each in found.pairs if not each.platform]
    ranges = [each for each in found.ranges if not each.platform]
    served = len(found.pairs) - len(pairs)
    apart = f"{count(len(pairs), 'pair')} of workloads, and {count(served, 'pair')} for the platform"
    yield f"beyond what was seen: {apart}; {found.addresses:,} addresses of {count(len(ranges), 'workload')}"
    for pair in _some(pairs, every=every):
        yield f"  {_pair(pair)}"
    yield from _rest(len(pairs), every=every)
    for each in _some(ranges, every=every):
        yield f"  {_range(each)}"
    yield from _rest(len(ranges), every=every)


def _pair(each: ExtraPair) -> str:
    return f"{each.source} → {each.destination}: {ports(each.ports)}"


def _range(each: ExtraRange) -> str:
    way = "to" if str(each.direction) == "egress" else "from"
    return f"{each.group} {way} {_addresses(each.addresses)}: {ports(each.ports)}"


def _addresses(addresses: AddressSet) -> str:
    if not (ALL_ADDRESSES - addresses):
        return "every address"
    if addresses.size > ALL_V4.size // 2:
        return f"{addresses.size:,} addresses"
    ranges = str(addresses).split(",")
    more = f" and {len(ranges) - 3} more ranges" if len(ranges) > 3 else ""
    return f"{addresses.size:,} addresses ({', '.join(ranges[:3])}{more})"


def _gaps(answer: Proposal, *, every: bool) -> Iterator[str]:
    if answer.never_seen:
        names = [str(group) for group in answer.never_seen]
        yield f"never seen: {count(len(names), 'workload')}, left as they are: {_names(names, every=every)}"
    if answer.idle_cron:
        names = [str(group) for group in answer.idle_cron]
        yield careful(f"did not run in the window: {_names(names, every=every)}")
    if answer.replaced:
        yield f"written anew: {_names([str(ref) for ref in answer.replaced], every=every)}"
    if answer.obsolete:
        yield careful(f"to be deleted, since it has another name now: {_names(map(str, answer.obsolete), every=True)}")


def _holdout(answer: Proposal, *, every: bool) -> Iterator[str]:
    found = answer.holdout
    if found is None:
        return
    start = _moment(found.hour * HOUR)
    tested = f"{count(found.connections, 'connection')} of {count(found.kinds, 'kind')}"
    if not found.lost:
        yield good(f"held out: the rest of the window, from {start}, loses nothing of {tested}.")
        return
    yield bad(
        f"held out: the rest of the window, from {start}, loses {found.lost_connections:,} of {tested}, "
        f"by {count(len(found.lost), 'kind')} that came new:"
    )
    for each in _some(found.lost, every=every):
        yield f"  {each} ({seen(each.evidence)})"
    yield from _rest(len(found.lost), every=every)
    lost = [f"{name} {number:,}" for name, number in found.by_source]
    yield f"  lost by who calls: {_names(lost, every=every)}"


def _names(names: Iterable[str], *, every: bool) -> str:
    listed = list(names)
    more = len(listed) - SHOWN
    return ", ".join(listed if every else listed[:SHOWN]) + (f" and {more} more" if more > 0 and not every else "")


def _some(items: Iterable[_Item], *, every: bool) -> list[_Item]:
    return list(items) if every else list(items)[:SHOWN]


def _rest(number: int, *, every: bool) -> Iterator[str]:
    if not every and number > SHOWN:
        yield f"  and {number - SHOWN} more; -v shows all"
