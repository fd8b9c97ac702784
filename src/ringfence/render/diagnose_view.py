"""A diagnosis as headings and rows: what the text, Markdown and HTML of ``diagnose`` have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ringfence.diagnose.report import Diagnosis, InternetAccess, Loss, LossKind, Problem
from ringfence.model.finding import Severity
from ringfence.model.ports import Protocol
from ringfence.render.lines import count, place, ports

_IDLE = 4
"""Rows of a problem that cuts nothing known to be needed."""

NAMED = 4
"""Names shown of a list before the rest is counted."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: ``text``, where it stands, what shows it or what to do (``because``), and command lines."""

    text: str
    place: str = ""
    because: str = ""
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """One problem."""

    severity: Severity
    title: str
    cause: Row
    rows: tuple[Row, ...]
    more: int
    works: str
    change: str
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and rows; ``more`` are left out."""

    title: str
    rows: tuple[Row, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class View:
    """The whole page."""

    headline: str
    place: str
    broken: bool
    cards: tuple[Card, ...]
    more: int
    sections: tuple[Section, ...]
    summary: str


def view(report: Diagnosis, *, most: int | None = 10) -> View:
    """The page of a report, with at most ``most`` problems, and rows under each heading; ``None`` for all."""
    first = report.lead
    shown = report.problems[: None if most is None else 2 * most]
    return View(
        report.headline,
        place(first.origin) if first is not None else "",
        report.cut,
        tuple(_card(problem, most if problem.cut or most is None else min(most, _IDLE)) for problem in shown),
        len(report.problems) - len(shown),
        tuple(_sections(report, most)),
        _summary(report),
    )


def _card(problem: Problem, most: int | None) -> Card:
    dns = list(_dns_rows(problem.of(LossKind.DNS)))
    others = [loss for loss in problem.losses if loss.kind is not LossKind.DNS]
    left = None if most is None else max(most - len(dns), 0)
    shown = [*dns[:most], *(_row(loss) for loss in others[:left])]  # a place in JSON is worked out when asked for
    return Card(
        problem.severity,
        _capital(problem.what),
        Row(problem.cause, place(problem.origin)),
        tuple(shown),
        len(dns) + len(others) - len(shown),
        problem.works,
        problem.change,
        problem.commands,
    )


def _dns_rows(losses: Sequence[Loss]) -> Iterable[Row]:
    """DNS by namespace: which workloads lost it, and by which protocols."""
    by_protocols: dict[tuple[str, str, int, bool, bool], dict[str, None]] = {}
    protocols: dict[tuple[str, str], dict[Protocol, int]] = {}
    for loss in losses:
        protocols.setdefault((loss.source, loss.target), {})[loss.protocol] = loss.pod_port
    for loss in losses:
        lost = protocols[loss.source, loss.target]
        over = " and ".join(str(protocol) for protocol in (Protocol.UDP, Protocol.TCP) if protocol in lost)
        key = (loss.namespace, f"{loss.target} over {over}", loss.pod_port, loss.partial, loss.severity > Severity.NOTE)
        if loss.protocol is max(lost):
            by_protocols.setdefault(key, {})[loss.source] = None
    for (namespace, what, pod_port, partial, needed), workloads in by_protocols.items():
        names = [name.partition("/")[2] for name in workloads]
        listens = f", pod port {pod_port}"
        some = ", from some pods only" if partial else ""
        idle = "" if needed else " (they may open no connection by name, and perhaps need none)"
        yield Row(f"{namespace}: {listed(names, 8)} can't ask {what}{listens}{some}{idle}")


def _row(loss: Loss) -> Row:
    seen = f" ({loss.seen})" if loss.seen else ""
    if loss.kind is LossKind.UPSTREAM:
        return Row(f"{loss.source} → {loss.target} on {loss.protocol} {loss.port}{seen}")
    arrives = f" (pod port {loss.pod_port})" if loss.pod_port != loss.port else ""
    some = ", some pods only" if loss.partial else ""
    sides = " and ".join(map(str, loss.directions))
    text = f"{loss.source} → {loss.question}{arrives}: {sides} denied{some}{seen}"
    if loss.evidence is None:
        return Row(text)
    return Row(text, place(loss.evidence.origin), loss.evidence.text)


def _sections(report: Diagnosis, most: int | None) -> Iterable[Section]:
    if report.remarks:
        rows = [Row(each.what, place(each.origin), each.change, each.commands) for each in report.remarks]
        yield _section("Worth a look", rows, most)
    if report.set_aside:
        yield Section("Set aside", tuple(Row(each.what, place(each.origin)) for each in report.set_aside))
    if report.internet:
        yield _section("What reaches the Internet", [_internet(access) for access in report.internet], most)
    if report.host_network:
        names = [f"{name} ({count(pods, 'pod')})" for name, pods in report.host_network]
        text = f"{listed(names, most)}: outside pod policy, and reached and reaching as their nodes"
        yield Section("Pods of the host network", (Row(text),))
    if report.dns_servers or report.node_resolver:
        yield _section("DNS", list(_dns(report)), most)


def _section(title: str, rows: list[Row], most: int | None) -> Section:
    shown = rows[:most]
    return Section(title, tuple(shown), len(rows) - len(shown))


def _internet(access: InternetAccess) -> Row:
    why = access.rule or "nothing limits their egress"
    who = f"{count(access.pods, 'pod')} of {listed(access.workloads, NAMED)}"
    return Row(f"{who}: {access.addresses} on {ports(access.ports)}", place(access.origin), why)


def _dns(report: Diagnosis) -> Iterable[Row]:
    if report.dns_servers:
        yield Row("; ".join(report.dns_servers))
    works = [f"{status.namespace} ({status.workloads})" for status in report.dns if not status.cut]
    cut = [f"{status.namespace} ({status.cut} of {status.workloads})" for status in report.dns if status.cut]
    if cut:
        yield Row(f"cut, at least in part, for workloads of {listed(cut, 8)}")
    if works:
        yield Row(f"allowed for all workloads of {listed(works, 8)}")
    if report.node_resolver:
        who = listed(report.node_resolver, NAMED)
        yield Row(
            f"not judged for {who}: dnsPolicy Default asks the resolver of the node, which the input doesn't tell"
        )


def _summary(report: Diagnosis) -> str:
    numbers = ", ".join(
        count(report.counts.get(name, 0), noun)
        for name, noun in (
            ("pods", "pod"),
            ("workloads", "workload"),
            ("namespaces", "namespace"),
            ("policies", "policy"),
        )
    )
    needs = f" Known dependencies allowed: {report.needs_met:,} of {report.needs:,}." if report.needs else ""
    return " ".join((f"{numbers}.{needs}", *report.evidence))


def listed(names: Iterable[str], most: int | None) -> str:
    """``a, b and 3 more``."""
    found = list(names)
    if most is None or len(found) <= most:
        return ", ".join(found)
    return f"{', '.join(found[:most])} and {len(found) - most} more"


def _capital(text: str) -> str:
    """A sentence's begin; a name such as ``shop/Deployment/web`` stays as it is."""
    word = text.partition(" ")[0]
    return text if "/" in word else text[:1].upper() + text[1:]
