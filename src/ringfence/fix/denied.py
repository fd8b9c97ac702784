"""The steps for a denial, by the API that denies."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.explain.istio import is_mesh
from ringfence.fix import calico, istio, network_policy, tiers
from ringfence.fix.candidate import Case, Step
from ringfence.model.verdict import DirectionVerdict, Reason


def only_isolated(side: DirectionVerdict) -> bool:
    """True where nothing but the lack of a rule denies, so that one more NetworkPolicy allows it.

    NetworkPolicies stand in Calico's tier ``default``: what only the end of that tier denies is such a denial.
    """
    if side.stages and is_mesh(side.stages[-1]):
        return False
    if side.reason is Reason.STAGE_DEFAULT:
        return side.stages[-1].stage == f"{calico.TIER}{calico.DEFAULT}"
    return side.reason is Reason.NO_RULE


def corrections(case: Case) -> Iterator[Step]:
    """Steps that correct policies which nearly allow it."""
    if is_mesh(case.verdict.stages[-1]):
        yield from istio.corrections(case)
        return
    yield from calico.corrections(case) if calico.concerns(case) else network_policy.corrections(case)


def steps(case: Case) -> Iterator[Step]:
    """Steps towards allowing what the case's stage denies."""
    if is_mesh(case.verdict.stages[-1]):
        yield from istio.steps(case)  # what a mesh refuses no policy of the network can allow
    elif calico.concerns(case):
        yield from calico.steps(case)
    elif case.verdict.reason is Reason.NO_RULE:
        yield from network_policy.steps(case)
    else:
        yield from tiers.steps(case)
