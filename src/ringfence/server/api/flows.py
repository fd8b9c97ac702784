"""Recorded traffic: the documents of ``ringfence flows`` and ``ringfence replay`` about the store that is served."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from ringfence.flows.choosing import Choice
from ringfence.observe.top import By
from ringfence.render import flows_denied, flows_timeline, flows_top, replay_data
from ringfence.server import flow_use
from ringfence.server.answers import LONGEST, Answers
from ringfence.server.api.described import ABSENT, answer, responses
from ringfence.server.api.manifests import BODY, REFUSED, manifests_of
from ringfence.server.flow_answers import FlowAnswers
from ringfence.server.flow_choice import choice_of
from ringfence.server.proposals import sent

_Names = Annotated[list[str], Query(max_length=100)]
_Ports = Annotated[list[Annotated[int, Query(ge=0, le=65535)]], Query(max_length=100)]
_Time = Annotated[str, Query(max_length=64, description="2026-11-23T08:00:00Z, 2026-11-23, or seconds since 1970.")]

NOT_SERVED: Final = "No store of flows is served: ringfence serve --flows STORE."


def add_routes(router: APIRouter, answers: Answers) -> None:
    """Adds what is asked here."""

    def served() -> FlowAnswers:
        if answers.flows is None:
            raise HTTPException(404, NOT_SERVED)
        return answers.flows

    @router.get("/flows/denied", responses=responses("FlowDeniedReport") | ABSENT, response_class=Response)
    def denied(
        namespace: _Names = [],  # noqa: B006 -- FastAPI copies it, here and below
        workload: _Names = [],  # noqa: B006
        port: _Ports = [],  # noqa: B006
        since: _Time = "",
        until: _Time = "",
    ) -> Response:
        """Who is denied, since when, how often and by which policy and line, as `ringfence flows denied` says it."""
        flows = served()
        report = flows.denied(choice_of(namespace, workload, port, since, until))
        return answer(flows_denied.document(report, flows.cluster().findings))

    @router.get("/flows/timeline", responses=responses("FlowTimelineReport") | ABSENT, response_class=Response)
    def timeline(
        namespace: _Names = [],  # noqa: B006
        workload: _Names = [],  # noqa: B006
        port: _Ports = [],  # noqa: B006
        since: _Time = "",
        until: _Time = "",
    ) -> Response:
        """Connections by hour, and what turned from passing to denied."""
        return answer(flows_timeline.document(served().timeline(choice_of(namespace, workload, port, since, until))))

    @router.get("/flows/top", responses=responses("FlowTopReport") | ABSENT, response_class=Response)
    def top(
        by: By = By.PAIR,
        octets: Annotated[bool, Query(alias="bytes", description="By bytes, not by connections.")] = False,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 20,
        namespace: _Names = [],  # noqa: B006
        workload: _Names = [],  # noqa: B006
        port: _Ports = [],  # noqa: B006
        since: _Time = "",
        until: _Time = "",
    ) -> Response:
        """Who talks most."""
        choice = choice_of(namespace, workload, port, since, until)
        return answer(flows_top.document(served().top(choice, by, octets=octets), limit))

    @router.get("/flows/workload", responses=responses("FlowWorkloadReport") | ABSENT, response_class=Response)
    def workload(
        workload: Annotated[str, Query(min_length=1, max_length=LONGEST, description="namespace/Kind/name")],
        since: _Time = "",
        until: _Time = "",
    ) -> Response:
        """What of one workload's allowed connections is used, what never was, and what is denied."""
        choice: Choice = choice_of(since=since, until=until)
        return answer(flow_use.render(served().workload(workload.strip(), choice)))

    @router.post(
        "/flows/replay",
        responses=responses("ReplayReport") | REFUSED | ABSENT,
        response_class=Response,
        openapi_extra=BODY,
    )
    async def replay(request: Request) -> Response:
        """Which recorded connections the manifests in the body would cut or open, if they were applied on top."""
        flows, text = served(), await manifests_of(request)
        await run_in_threadpool(sent, request, "replay", text)
        report, after = await run_in_threadpool(flows.replay, text)
        return answer(replay_data.render_json(report, after.findings))
