"""What manifests would open and close if they were applied."""

from __future__ import annotations

from typing import Annotated, Final

import click
from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import Response

from ringfence.model.errors import RingfenceError
from ringfence.render.diff_groups import RISKS, SIGNS, counts, groups
from ringfence.render.diff_text import places
from ringfence.server.answers import Answers
from ringfence.server.proposals import noted
from ringfence.server.views import page

_MOST_ENTRIES: Final = 200


def add_routes(router: APIRouter, answers: Answers) -> None:
    """Adds what is asked here."""

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
            noted(request, text, report)
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
