"""Recorded traffic: who is denied and why, by hour, who talks most, and what a change would cut of it."""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from ringfence.flows.choosing import Choice
from ringfence.model.errors import RingfenceError
from ringfence.observe.top import By
from ringfence.render import flows_evidence, replay_text
from ringfence.render.flows_top import octets
from ringfence.render.lines import place, ports
from ringfence.replay import Fate, summary
from ringfence.server.answers import LONGEST, Answers
from ringfence.server.flow_answers import FlowAnswers, NothingRecordedError
from ringfence.server.flow_choice import WINDOWS, choice_of, windowed
from ringfence.server.flow_rows import denials, hours, traffic, turns
from ringfence.server.proposals import joined, sent
from ringfence.server.views import page

_TALKERS: Final = 12
_MOST_REPLAYED: Final = 60
_MOST_PEERS: Final = 200


def add_routes(router: APIRouter, answers: Answers) -> None:
    """Adds what is asked here."""

    @router.get("/flows")
    def flows(
        request: Request,
        namespace: str = "",
        workload: str = "",
        window: str = "",
        since: str = "",
        until: str = "",
        by: str = By.PAIR.value,
    ) -> Response:
        given = {"namespace": namespace, "workload": workload, "window": window, "since": since, "until": until}
        if answers.flows is None:
            return page(request, "flows_none.html", preparing=answers.preparing)
        shown: dict[str, Any] = {**given, "windows": WINDOWS, "trouble": "", "found": None}
        status = 200
        namespaces = sorted({party.namespace for party in answers.flows.store.edges().parties if party.namespace})
        try:
            shown["found"] = _found(answers.flows, given, by)
        except RingfenceError as error:
            shown["trouble"] = str(error)
            status = 200 if isinstance(error, NothingRecordedError) else 400
        return page(request, "flows.html", status, **shown, namespaces=namespaces, link=_linker(given, by))

    @router.get("/flows/replay")
    def propose(request: Request) -> Response:
        if answers.flows is None:
            return page(request, "flows_none.html", preparing=answers.preparing)
        return page(request, "flows_replay.html", manifests="", trouble="", found=None)

    @router.post("/flows/replay")
    def replayed(request: Request, manifests: Annotated[str, Form()] = "") -> Response:
        if answers.flows is None:
            return page(request, "flows_none.html", preparing=answers.preparing)
        try:
            sent(request, "replay", text := joined(manifests, ()))
            found = _replayed(answers.flows, text)
        except RingfenceError as error:
            return page(request, "flows_replay.html", 400, manifests=manifests, trouble=str(error), found=None)
        return page(request, "flows_replay.html", manifests=manifests, trouble="", found=found)


def _linker(given: dict[str, str], by: str) -> Any:
    """Makes the page's address with some of its filters replaced."""

    def link(**changed: str) -> str:
        wanted = {**given, "by": "" if by == By.PAIR.value else by, **changed}
        query = urlencode({name: value for name, value in wanted.items() if value})
        return f"/flows?{query}" if query else "/flows"

    return link


def _found(flows: FlowAnswers, given: dict[str, str], by: str) -> dict[str, Any]:
    """Everything on the page, for the filters that were given.

    Raises:
        RingfenceError: a filter can't be read, or nothing is recorded for it.
    """
    if max(map(len, given.values())) > LONGEST:
        raise RingfenceError(f"A name has at most {LONGEST} characters.")
    named = [given["namespace"]], [given["workload"]]
    choice = choice_of(*named, since=given["since"], until=given["until"])
    choice = windowed(choice, given["window"], flows.coverage().last)
    report, line = flows.denied(choice), flows.timeline(choice)
    kind = By(by) if by in {each.value for each in By} else By.PAIR
    talkers = flows.top(choice, kind)
    workloads = {str(ref) for ref in flows.cluster().snapshot.workloads()}
    return {
        "denied": denials(report),
        "hours": hours(line),
        "turns": turns(line),
        "disagreements": [(each, place(each.origin)) for each in report.findings],
        "evidence": flows_evidence.window(report.evidence),
        "gaps": list(flows_evidence.gaps(report.evidence)),
        "read": flows_evidence.moment(flows.store.read),
        "stale": flows.store.trouble,
        "by": kind.value,
        "kinds": [each.value for each in By],
        "talkers": [(row, octets(row.octets), octets(row.octets_back)) for row in talkers.rows[:_TALKERS]],
        "most": max((row.connections for row in talkers.rows), default=0),
        "more": len(talkers.rows) - len(talkers.rows[:_TALKERS]),
        "traffic": traffic(flows.store.edges(choice), workloads),
        "use": _use(flows, given["workload"], choice, workloads),
    }


def _use(flows: FlowAnswers, workload: str, choice: Choice, workloads: set[str]) -> dict[str, Any] | None:
    """What of one workload's connections is used; None where none is named by its whole name."""
    if workload.strip() not in workloads:
        return None
    found = flows.workload(workload.strip(), choice)
    sides = (
        ("Connections that it opens", "to", found.outgoing),
        ("Connections that it serves", "from", found.incoming),
    )
    return {
        "workload": found.workload,
        "sides": [
            (
                title,
                word,
                [
                    {
                        "peer": use.peer,
                        "state": use.state,
                        "probes": bool(use.seen) and all(usage.probes for usage in use.seen),
                        "allowed": ports(use.allowed) if use.allowed else "",
                        "unused": ports(use.idle) if use.idle else "",
                        "seen": use.seen,
                        "question": use.peer if use.peer in workloads else "",
                    }
                    for use in uses[:_MOST_PEERS]
                ],
                len(uses) - len(uses[:_MOST_PEERS]),
                {state: sum(use.state == state for use in uses) for state in ("denied", "used", "unused")},
            )
            for title, word, uses in sides
        ],
    }


def _replayed(flows: FlowAnswers, text: bytes) -> dict[str, Any]:
    report, after = flows.replay(text)
    told = [
        (
            rows[0].fate.value,
            [(reason.direction, reason.text, place(reason.origin)) for reason in reasons],
            [
                (replay_text.ends(row), f"{row.protocol} {row.port}", replay_text.seen(row))
                for row in rows[:_MOST_REPLAYED]
            ],
            len(rows) - len(rows[:_MOST_REPLAYED]),
        )
        for reasons, rows in replay_text.groups(report.rows)
    ]
    return {
        "headline": summary(report),
        "cuts": report.cuts,
        "unsure": any(report.of(Fate.UNSURE)),
        "groups": told,
        "unjudged": report.unjudged,
        "remarks": list(replay_text.remarks(report)),
        "evidence": flows_evidence.window(report.evidence),
        "gaps": list(flows_evidence.gaps(report.evidence)),
        "problems": [each for each in after.findings if each.origin.position.file == "proposed"],
    }
