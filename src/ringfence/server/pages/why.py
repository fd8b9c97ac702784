"""May one end connect to another, why not, and what would let it."""

from __future__ import annotations

import click
from fastapi import APIRouter, Request
from fastapi.responses import Response

from ringfence.explain.causes import first_causes
from ringfence.fix.search import Fix
from ringfence.fix.writing import WriteError, changes
from ringfence.model.errors import RingfenceError
from ringfence.render import fix_text, why_text
from ringfence.render.lines import place, ports
from ringfence.server.answers import LONGEST, Answers, Asked
from ringfence.server.views import page


def add_routes(router: APIRouter, answers: Answers) -> None:
    """Adds what is asked here."""

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
    if len(answer.judgements) == 1:  # the verdict and its cause stand above
        trace = trace.partition("\n\n")[2] or trace
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
