"""Root causes as cards, each with the question that shows it best."""

from __future__ import annotations

from urllib.parse import urlencode

from ringfence.diagnose.report import Diagnosis, LossKind, Problem
from ringfence.render.diagnose_view import Card, View


def cards(diagnosis: Diagnosis, shown: View) -> list[tuple[Card, str]]:
    """Each root cause with the address of a ``why`` about the first connection that it cuts; empty for none."""
    return [(card, _question(problem)) for card, problem in zip(shown.cards, diagnosis.problems, strict=False)]


def _question(problem: Problem) -> str:
    for loss in problem.losses:
        if loss.kind is not LossKind.UPSTREAM:  # what is behind a resolver is no end of the cluster
            return f"/why?{urlencode({'source': loss.source, 'destination': loss.question})}"
    return ""
