"""What manifests would open and close if they were applied, and which policy tests they would break."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from ringfence.cluster import Cluster
from ringfence.diff import DiffReport
from ringfence.model.errors import RingfenceError
from ringfence.render.lines import count
from ringfence.server.answers import Answers
from ringfence.server.differences import told
from ringfence.server.proposals import FORMATS, as_file, joined, noted
from ringfence.server.source import PROPOSED
from ringfence.server.trying import Tried, suites_of, tried
from ringfence.server.views import page

_Text = Annotated[str, Form()]
_Files = Annotated[list[UploadFile], File()]


def add_routes(router: APIRouter, answers: Answers) -> None:
    """Adds what is asked here."""

    @router.get("/what-if")
    def propose(request: Request) -> Response:
        return shown(request)

    @router.post("/what-if")
    def proposed(request: Request, manifests: _Text = "", tests: _Text = "", file: _Files = []) -> Response:  # noqa: B006 -- FastAPI copies it
        text = joined(manifests, [(each.filename, each.file.read()) for each in file if each.filename])
        beside = joined(tests, ())
        given: dict[str, Any] = {"manifests": text.decode(errors="replace"), "tests": beside.decode()}
        try:
            report, after, judged = compared(request, text, beside)
        except RingfenceError as error:
            return shown(request, 400, trouble=str(error), **given)
        return shown(request, found=_told(report, after, judged), **given)

    @router.post("/what-if/report")
    def download(request: Request, form: _Text = "html", manifests: _Text = "", tests: _Text = "") -> Response:
        if form not in FORMATS:
            raise HTTPException(400, f"There is no format {form!r}: {', '.join(FORMATS)}.")
        report, after, judged = compared(request, joined(manifests, ()), joined(tests, ()))
        _, media, end = FORMATS[form]
        headers = {"Content-Disposition": f'attachment; filename="what-if.{end}"'}
        return Response(as_file(form, report, after, _headline(judged)), media_type=media, headers=headers)

    def compared(request: Request, text: bytes, beside: bytes) -> tuple[DiffReport, Cluster, list[Tried]]:
        suites = (*answers.suites, *suites_of(text)[0], *suites_of(beside, needed=True)[0])
        report, after = answers.diff(text)
        judged = tried(answers, suites, after)
        noted(request, text, report)
        return report, after, judged

    def shown(request: Request, status: int = 200, **values: Any) -> Response:
        known = sum(len(suite.cases) for suite in answers.suites)
        filled = {"manifests": "", "tests": "", "trouble": "", "found": None, "known": known, "formats": FORMATS}
        return page(request, "what_if.html", status, **(filled | values))


def _told(report: DiffReport, after: Cluster, judged: Sequence[Tried]) -> dict[str, Any]:
    return {
        **told(report),
        "problems": [each for each in after.findings if each.origin.position.file == PROPOSED],
        "tests": judged,
        "verdict": _headline(judged),
        "breaks": any(each.told == "broken" for each in judged),
    }


def _headline(judged: Sequence[Tried]) -> str:
    """What came of the tests, in a sentence; empty where there is none."""
    if not judged:
        return ""
    numbers = Counter(each.told for each in judged)
    failed = numbers["broken"] + numbers["failed"]
    parts = [f"{len(judged) - failed} passed"]
    parts += [f"{failed} failed"] if failed else []
    changed = ", ".join(f"{numbers[told]} {told}" for told in ("broken", "repaired") if numbers[told])
    text = f"{count(len(judged), 'policy test')}: {', '.join(parts)}"
    return f"{text}; {changed} by the change." if changed else f"{text}."
