"""What is wrong, by root cause and finding by finding."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ringfence.model.finding import Severity
from ringfence.render.diagnose_view import view
from ringfence.render.lines import place
from ringfence.server.answers import Answers
from ringfence.server.pages.cards import cards
from ringfence.server.views import page

_MOST_ROWS: Final = 25
_MOST_FINDINGS: Final = 500


def add_routes(router: APIRouter, answers: Answers) -> None:
    """Adds what is asked here."""

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
            cards=cards(diagnosis, shown),
            findings=[(each, place(each.origin)) for each in kept[:_MOST_FINDINGS]],
            total=len(kept),
            severity=severity,
            code=code,
            namespace=namespace,
            severities=[str(each) for each in reversed(Severity)],
            codes=sorted({(each.code.code, each.code.title) for each in report.findings}),
            namespaces=sorted(filter(None, spaces)),
        )
