"""The application: the API, the pages, health and numbers, behind the guard."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

import ringfence
from ringfence.model.errors import RingfenceError
from ringfence.server import login
from ringfence.server.admission import Admission
from ringfence.server.answers import Answers
from ringfence.server.api import make_api
from ringfence.server.audit import Audit, note_refusal
from ringfence.server.change_answers import ChangeAnswers, HistoryAwayError
from ringfence.server.flow_answers import FlowAnswers
from ringfence.server.following import parts_of
from ringfence.server.guard import Guard
from ringfence.server.noting import LOG, Metrics, log, noting
from ringfence.server.pages import make_pages
from ringfence.server.problems import problem
from ringfence.server.settings import Settings
from ringfence.server.source import Source
from ringfence.server.suppress import Suppressions
from ringfence.server.trying import served
from ringfence.server.views import page
from ringfence.server.waiting import Waiting


def make_app(
    source: Source, settings: Settings, *, flows: FlowAnswers | None = None, changes: ChangeAnswers | None = None
) -> FastAPI:
    """The application over one source, with what is recorded of it.

    FastAPI's own pages are off: they load scripts from elsewhere.
    """
    answers, admission = Answers(source, flows=flows, changes=changes), Admission(settings)
    metrics = Metrics(answers)
    app = FastAPI(title="Ringfence", version=ringfence.__version__, docs_url=None, redoc_url=None)
    app.include_router(make_api(answers))
    app.include_router(make_pages(answers))
    app.include_router(login.make_login(admission, settings))
    app.state.answers = answers
    app.state.waiting = Waiting(parts_of(answers))
    app.state.audit = Audit(settings.audit_file)
    if settings.suppressions_file:
        answers.suppressions = Suppressions(settings.suppressions_file)
    answers.suites = served(settings.tests)

    @app.get("/healthz", include_in_schema=False)
    def healthz() -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    @app.get("/readyz", include_in_schema=False)
    def readyz() -> PlainTextResponse:
        if source.ready:
            return PlainTextResponse("ok\n")
        return PlainTextResponse("The cluster can't be followed at the moment.\n", 503)

    @app.get("/metrics", include_in_schema=False)
    def numbers() -> Response:
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    app.mount("/static", StaticFiles(packages=[("ringfence.server", "static")]))
    app.add_exception_handler(RingfenceError, _unanswered)
    app.add_exception_handler(HistoryAwayError, _away)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_middleware(Guard, settings=settings, admission=admission, seen=noting(metrics.seen, log))
    _describe(app)
    return app


async def _unanswered(request: Request, error: Exception) -> Response:
    return _answer(request, 400, str(error))


async def _away(request: Request, error: Exception) -> Response:
    LOG.warning("the history's database doesn't answer: %s", error.__cause__)
    return _answer(request, 503, str(error))


async def _invalid(request: Request, error: Exception) -> Response:
    """Says of each parameter what is wrong with it."""
    found = error.errors() if isinstance(error, RequestValidationError) else ()
    texts = [f"{each['loc'][-1]}: {each['msg']}" for each in found]
    return _answer(request, 400, "; ".join(texts) or "The question isn't well formed.")


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):  # Starlette's signature is wider than what it calls this with
        raise TypeError(type(error).__name__)
    if error.status_code == HTTPStatus.FORBIDDEN:
        note_refusal(request)
    return _answer(request, error.status_code, str(error.detail), dict(error.headers or {}))


def _answer(request: Request, status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """A page for readers, a problem for programs."""
    if request.url.path.startswith("/api/") or "text/html" not in request.headers.get("accept", ""):
        return problem(status, detail, headers)
    return page(request, "problem.html", status, title=HTTPStatus(status).phrase, detail=detail)


def _describe(app: FastAPI) -> None:
    """The description as it is: what FastAPI says of status 422 is status 400 here."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        described = made()
        for path in described["paths"].values():
            for operation in path.values():
                operation["responses"].pop("422", None)
        for name in ("HTTPValidationError", "ValidationError"):
            described.get("components", {}).get("schemas", {}).pop(name, None)
        return described

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to change its description
