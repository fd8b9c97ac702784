"""The first page: what is served, and the worst of what is cut."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ringfence.model.finding import Severity
from ringfence.render.diagnose_view import view
from ringfence.server.answers import Answers
from ringfence.server.pages.cards import cards
from ringfence.server.views import page

_WORST: Final = 5


def add_routes(router: APIRouter, answers: Answers) -> None:
    """Adds what is asked here."""

    @router.get("/")
    def overview(request: Request) -> Response:
        studied = answers.study.newest()
        report, diagnosis = answers.less(studied.found.lint), studied.found.diagnosis
        shown = view(diagnosis, most=_WORST)
        by_severity = [(severity, sum(each.severity is severity for each in report.findings)) for severity in Severity]
        return page(
            request,
            "overview.html",
            name=answers.source.name,
            ready=answers.source.ready,
            age=answers.source.age,
            studied=studied,
            summary=studied.found.summary,
            view=shown,
            by_severity=by_severity[::-1],
            cards=cards(diagnosis, shown),
        )
