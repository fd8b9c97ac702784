"""The steps for a denial, by the API that denies."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.fix import calico, network_policy, tiers
from ringfence.fix.candidate import Case, Step
from ringfence.model.verdict import Reason


def steps(case: Case) -> Iterator[Step]:
    """Steps towards allowing what the case's stage denies."""
    if calico.concerns(case):
        yield from calico.steps(case)
    elif case.verdict.reason is Reason.NO_RULE:
        yield from network_policy.steps(case)
    else:
        yield from tiers.steps(case)
