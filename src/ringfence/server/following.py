"""Which parts of what is served a page follows, and in which revision it shows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fastapi import Request

from ringfence.server.waiting import CLUSTER, Waiting

if TYPE_CHECKING:
    from ringfence.server.answers import Answers

_STUDIED: Final = (CLUSTER, "study")
_FLOWS: Final = (CLUSTER, "flows")
_CHANGES: Final = (CLUSTER, "changes")
_PAGES: Final = {
    "/": _STUDIED,
    "/findings": _STUDIED,
    "/map": _FLOWS,
    "/flows": _FLOWS,
    "/changes": _CHANGES,
    "/changes/compare": _CHANGES,
    "/changes/{number}": _CHANGES,
}
"""What pages show beside the cluster, by the paths of their routes."""


@dataclass(frozen=True, slots=True)
class Follows:
    """Parts, and their revision when the page began to be made: at least that is shown. Empty if they never change."""

    parts: tuple[str, ...] = (CLUSTER,)
    revision: str = ""


def parts_of(answers: Answers) -> dict[str, Callable[[], str]]:
    """What can be followed."""
    source = answers.source
    return {
        CLUSTER: lambda: source.revision,
        "study": lambda: answers.study.revision if source.revision else "",
        "flows": lambda: answers.flows.store.revision if answers.flows is not None else "",
        "changes": lambda: answers.changes.glance.look() if answers.changes is not None else "",
    }


async def before(request: Request) -> None:
    """Notes what the page that is asked for follows, before it is made."""
    note(request)


def note(request: Request) -> None:
    """Notes what the page that is asked for follows, as it is now."""
    waiting: Waiting = request.app.state.waiting
    parts = _PAGES.get(request.scope["route"].path, (CLUSTER,))
    request.state.follows = Follows(parts, waiting.revision(parts))


def noted(request: Request) -> Follows:
    """What was noted."""
    found: Follows = getattr(request.state, "follows", Follows())
    return found
