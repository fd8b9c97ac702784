"""The difference to the base, and which of its risks are meant."""

from __future__ import annotations

import datetime as dt

from ringfence.check.config import Approval, Config
from ringfence.check.report import ApprovedRisk, DiffPart, StaleApproval
from ringfence.cluster import Cluster
from ringfence.diff import Risk, State, compute_diff
from ringfence.model.errors import InputError


def compare(config: Config, before: Cluster, after: Cluster, today: dt.date) -> DiffPart:
    """What the change opens and closes.

    Raises:
        InputError: neither side has a pod. No connection could differ, and an empty difference would say nothing.
    """
    if not before.snapshot.pods and not after.snapshot.pods:
        raise InputError(
            f"{config.file}: No pod or workload is known, so no connection can differ. Name a snapshot with cluster, "
            "such as the output of kubectl get ns,nodes,pods,svc -A -o json."
        )
    states = (State(before.snapshot, before.policies, before.engine), State(after.snapshot, after.policies))
    report = compute_diff(*states, owner_label=config.owner_label)
    approved: list[ApprovedRisk] = []
    others: list[Risk] = []
    used: set[int] = set()
    for risk in report.risks:
        match = next((each for each in config.approved if _approves(each, risk, today)), None)
        if match is None:
            others.append(risk)
        else:
            used.add(id(match))
            approved.append(ApprovedRisk(risk, match))
    stale = (StaleApproval(each, _why_stale(each, today)) for each in config.approved if id(each) not in used)
    return DiffPart(report, tuple(others), tuple(approved), tuple(stale))


def _approves(approval: Approval, risk: Risk, today: dt.date) -> bool:
    return approval.risk is risk.kind and approval.subject == risk.subject and not _is_over(approval, today)


def _is_over(approval: Approval, today: dt.date) -> bool:
    return approval.until is not None and approval.until < today


def _why_stale(approval: Approval, today: dt.date) -> str:
    return f"it ended on {approval.until}" if _is_over(approval, today) else "there is no such risk in this change"
