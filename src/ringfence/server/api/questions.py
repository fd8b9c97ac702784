"""The questions of the command line: what is allowed, why, what is wrong, and what a change would do."""

from __future__ import annotations

import json
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from ringfence.model.finding import Severity
from ringfence.model.ports import Icmp, Protocol
from ringfence.render import diagnose_json, lint_json
from ringfence.render.json_values import document
from ringfence.render.reach_json import summary as summary_fields
from ringfence.server.answers import LONGEST, Answers
from ringfence.server.api.described import answer, responses
from ringfence.server.api.manifests import BODY, REFUSED, manifests_of
from ringfence.server.proposals import as_json, noted

_Text = Annotated[str, Query(min_length=1, max_length=LONGEST)]
_Port = Annotated[str, Query(max_length=32, description="443 or 53/UDP; icmp/8 for ping.")]


def add_routes(router: APIRouter, answers: Answers) -> None:
    """Adds what is asked here."""

    @router.get("/cluster", responses=responses("ClusterSummary"), response_class=Response)
    def cluster() -> Response:
        """What is served, with counts over all pairs of pods."""
        studied = answers.study.newest()
        told = document(
            "ClusterSummary",
            name=answers.source.name,
            age=round(answers.source.age, 3),
            ready=answers.source.ready,
            cni=studied.cluster.cni,
            summary=summary_fields(studied.found.summary),
            namespaces=sorted(studied.cluster.snapshot.namespaces),
        )
        return answer(json.dumps(told, ensure_ascii=False))

    @router.get("/endpoints", responses=responses("EndpointList"), response_class=Response)
    def endpoints(
        q: Annotated[str, Query(max_length=LONGEST)] = "",
        role: Annotated[Literal["source", "destination"], Query()] = "destination",
    ) -> Response:
        """Up to 50 names of workloads, pods and, as destinations, Services that hold ``q``."""
        found = answers.complete(q, services=role == "destination")
        return answer(json.dumps(document("EndpointList", endpoints=found), ensure_ascii=False))

    @router.get("/why", responses=responses("WhyReport"), response_class=Response)
    async def why(source: _Text, destination: _Text, port: _Port = "", fixes: bool = True) -> Response:
        """May the source connect to the destination, and why? Without ``fixes`` it takes a fraction of the time."""
        ask = partial(answers.why_report, (source, destination, port, fixes))
        return answer(await (run_in_threadpool(ask) if fixes else answers.quickly(ask)))

    @router.get("/verdict", responses=responses("VerdictReport"), response_class=Response)
    def verdict(
        source: _Text,
        destination: _Text,
        port: Annotated[str, Query(min_length=1, max_length=32)],
        protocol: Annotated[Literal["TCP", "UDP", "SCTP", "ICMP", "ICMPv6"], Query()] = "TCP",
    ) -> Response:
        """The verdict alone."""
        family = next((name for name in (*Protocol.__members__, *Icmp.__members__) if name == protocol.upper()), "TCP")
        row = {"src": source, "dst": destination, "protocol": family, "port": port}
        return answer(answers.verdict(row))

    @router.get("/reach", responses=responses("ReachReport"), response_class=Response)
    def reach(
        namespace: Annotated[list[str], Query(max_length=100)] = [],  # noqa: B006 -- FastAPI copies it
        limit: Annotated[int, Query(ge=1, le=200_000)] = 20_000,
    ) -> Response:
        """What may connect to what, by workload; with an end in one of the namespaces, if any is named."""
        return answer(answers.reach(namespace, limit))

    @router.get("/findings", responses=responses("LintReport"), response_class=Response)
    def findings(severity: Annotated[Literal["note", "warning", "error"], Query()] = "note") -> Response:
        """What the linter finds, of this severity and worse. Fixes are left to ``ringfence lint``."""
        studied, least = answers.study.newest(), Severity[severity.upper()]
        report = answers.less(studied.found.lint)
        shown = [finding for finding in report.findings if finding.severity >= least]
        return answer(lint_json.render(report, shown, (), studied.cluster.snapshot))

    @router.get("/diagnose", responses=responses("DiagnoseReport"), response_class=Response)
    def diagnose() -> Response:
        """What is cut, by root cause."""
        studied = answers.study.newest()
        return answer(diagnose_json.render(studied.found.diagnosis, studied.cluster.findings))

    @router.post(
        "/diff",
        responses=responses("DiffReport") | REFUSED,
        response_class=Response,
        openapi_extra=BODY,
    )
    async def diff(request: Request) -> Response:
        """What the manifests in the body would open and close if they were applied on top."""
        text = await manifests_of(request)
        return answer(await run_in_threadpool(compared, request, text))

    def compared(request: Request, text: bytes) -> str:
        report, after = answers.diff(text)
        noted(request, text, report)
        return as_json(report, after)
