"""Policy tests over HTTP."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from ringfence.server.answers import Answers
from ringfence.server.api.described import answer, responses
from ringfence.server.api.manifests import BODY, REFUSED, manifests_of
from ringfence.server.proposals import sent
from ringfence.server.trying import report_of


def add_routes(router: APIRouter, answers: Answers) -> None:
    """Adds what is asked here."""

    @router.post("/test", responses=responses("TestReport") | REFUSED, response_class=Response, openapi_extra=BODY)
    async def test(request: Request) -> Response:
        """Judges the policy tests in the body, else those of the server, with the manifests of the body applied."""
        text = await manifests_of(request)
        return answer(await run_in_threadpool(judged, request, text))

    def judged(request: Request, text: bytes) -> str:
        sent(request, "test", text)
        return report_of(answers, text)
