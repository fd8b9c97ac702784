"""The pages: the same answers, for reading. Each works without a script."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import urlencode

import click
from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import Response

from ringfence.diagnose.report import Diagnosis, LossKind, Problem
from ringfence.explain.causes import first_causes
from ringfence.fix.search import Fix
from ringfence.fix.writing import WriteError, changes
from ringfence.model.errors import RingfenceError
from ringfence.model.finding import Severity
from ringfence.render import fix_text, why_text
from ringfence.render.diagnose_view import Card, View, view
from ringfence.render.diff_groups import RISKS, SIGNS, counts, groups
from ringfence.render.diff_text import places
from ringfence.render.lines import place, ports
from ringfence.server.answers import LONGEST, Answers, Asked
from ringfence.server.matrix import MOST, matrix
from ringfence.server.views import page

_WORST: Final = 5
_MOST_ROWS: Final = 25
_MOST_FINDINGS: Final = 500
_MOST_ENTRIES: Final = 200


def make_pages(answers: Answers) -> APIRouter:
    """The routes of the pages."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def overview(request: Request) -> Response:
        summary, diagnosis, report = answers.summary(), answers.diagnosis(), answers.lint()
        shown = view(diagnosis, most=_WORST)
        by_severity = [(severity, sum(each.severity is severity for each in report.findings)) for severity in Severity]
        return page(
            request,
            "overview.html",
            name=answers.source.name,
            ready=answers.source.ready,
            age=answers.source.age,
            summary=summary,
            view=shown,
            by_severity=by_severity[::-1],
            cards=_cards(diagnosis, shown),
        )

    @router.get("/why")
    def why(request: Request, source: str = "", destination: str = "", port: str = "") -> Response:
        asked, trouble = None, ""
        if source or destination:
            try:
                asked = _ask(answers, source, destination, port)
            except RingfenceError as error:
                trouble = str(error)
        given = {"source": source, "destination": destination, "port": port}
        return page(
            request, "why.html", 400 if trouble else 200, **given, trouble=trouble, found=asked and _told(asked)
        )

    @router.get("/findings")
    def findings(request: Request, severity: str = "", code: str = "", namespace: str = "") -> Response:
        report, diagnosis = answers.lint(), answers.diagnosis()
        shown = view(diagnosis, most=_MOST_ROWS)
        kept = [
            each
            for each in report.findings
            if severity in ("", str(each.severity))
            and code in ("", each.code.code)
            and namespace in ("", each.subject.namespace if each.subject is not None else "")
        ]
        spaces = {each.subject.namespace for each in report.findings if each.subject is not None}
        return page(
            request,
            "findings.html",
            view=shown,
            cards=_cards(diagnosis, shown),
            findings=[(each, place(each.origin)) for each in kept[:_MOST_FINDINGS]],
            total=len(kept),
            severity=severity,
            code=code,
            namespace=namespace,
            severities=[str(each) for each in reversed(Severity)],
            codes=sorted({(each.code.code, each.code.title) for each in report.findings}),
            namespaces=sorted(filter(None, spaces)),
        )

    @router.get("/what-if")
    def propose(request: Request) -> Response:
        return page(request, "what_if.html", manifests="", trouble="", found=None)

    @router.post("/what-if")
    def proposed(
        request: Request,
        manifests: Annotated[str, Form()] = "",
        file: Annotated[UploadFile | None, File()] = None,
    ) -> Response:
        text = manifests.encode()
        if file is not None and file.filename:
            text = file.file.read()
        try:
            report, after = answers.diff(text)
        except RingfenceError as error:
            return page(request, "what_if.html", 400, manifests=manifests, trouble=str(error), found=None)
        told = [
            (
                [(cause.text, places(cause)) for cause in group.causes],
                [(SIGNS[each.kind], str(each.kind), each) for each in group.entries[:_MOST_ENTRIES]],
                len(group.entries) - len(group.entries[:_MOST_ENTRIES]),
            )
            for group in groups(report)
        ]
        found = {
            "headline": click.unstyle(counts(report)),
            "risks": [(RISKS[risk.kind], risk.text) for risk in report.risks],
            "groups": told,
            "problems": [each for each in after.findings if each.origin.position.file == "proposed"],
        }
        return page(request, "what_if.html", manifests=text.decode(errors="replace"), trouble="", found=found)

    @router.get("/matrix")
    def table(request: Request, src: str = "", dst: str = "") -> Response:
        found = matrix(answers.cluster(), answers.connections(), src, dst)
        return page(request, "matrix.html", matrix=found, src=src, dst=dst, most=MOST, query=urlencode)

    return router


def _ask(answers: Answers, source: str, destination: str, port: str) -> Asked:
    """The answer of the form's question.

    Raises:
        RingfenceError: it can't be asked so.
    """
    if not source.strip() or not destination.strip():
        raise RingfenceError("Name a source and a destination.")
    if max(len(source), len(destination), len(port)) > LONGEST:
        raise RingfenceError(f"A name has at most {LONGEST} characters.")
    return answers.why(source.strip(), destination.strip(), port.strip())


def _told(asked: Asked) -> list[dict[str, object]]:
    """For each port: the verdict, its causes, the best fix, and the whole trace as text."""
    answer = asked.answer
    trace = click.unstyle(why_text.render(answer))
    told: list[dict[str, object]] = []
    for number, (judgement, causes) in enumerate(zip(answer.judgements, answer.causes, strict=True)):
        fix = asked.fixes.get(number)
        told.append(
            {
                "verdict": "allowed" if judgement.allowed else "conditional" if judgement.conditional else "denied",
                "sentence": click.unstyle(why_text.sentence(judgement)),
                "causes": [(each.text, place(each.origin)) for each in first_causes(causes)],
                "fix": fix
                and {
                    "title": fix.title,
                    "effects": click.unstyle(fix_text.effects_sentence(fix)),
                    "opens": [(each.source, each.destination, ports(each.ports)) for each in fix.effects.opens],
                    "closes": [(each.source, each.destination, ports(each.ports)) for each in fix.effects.closes],
                    "notes": fix.notes,
                    "difference": _difference(asked, fix),
                    "commands": fix_text.kubectl([fix]),
                    "manifests": fix_text.manifests([fix]),
                },
                "trace": trace,
            }
        )
    return told or [
        {
            "verdict": "allowed" if answer.allowed else "denied",
            "sentence": "",
            "causes": [],
            "fix": None,
            "trace": trace,
        }
    ]


def _difference(asked: Asked, fix: Fix) -> str:
    """What the fix changes in the files that are served; empty where they can't be edited, as those of a cluster."""
    moved = any(patch.delete for patch in fix.patches)  # one object in another place, which is an edit
    edits = [patch for patch in fix.patches if patch.manifest is None or moved]
    try:
        return "".join(change.difference() for change in changes(edits, asked.cluster.snapshot))
    except WriteError:
        return ""


def _cards(diagnosis: Diagnosis, shown: View) -> list[tuple[Card, str]]:
    """Each root cause with the address of a ``why`` about the first connection that it cuts; empty for none."""
    return [(card, _question(problem)) for card, problem in zip(shown.cards, diagnosis.problems, strict=False)]


def _question(problem: Problem) -> str:
    for loss in problem.losses:
        if loss.kind is not LossKind.UPSTREAM:  # what is behind a resolver is no end of the cluster
            return f"/why?{urlencode({'source': loss.source, 'destination': loss.question})}"
    return ""
