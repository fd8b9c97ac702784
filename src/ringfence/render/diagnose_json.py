"""A diagnosis as JSON; its schema is ``docs/schemas/DiagnoseReport.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ringfence.diagnose.report import Diagnosis, InternetAccess, Loss, Problem, Remark
from ringfence.model.finding import Finding
from ringfence.render import json_values
from ringfence.render.json_values import Json


def render(report: Diagnosis, findings: Iterable[Finding]) -> str:
    """The report as one JSON document."""
    document = json_values.document(
        "DiagnoseReport",
        headline=report.headline,
        cut=report.cut,
        problems=[_problem(problem) for problem in report.problems],
        remarks=[_remark(remark) for remark in report.remarks],
        setAside=[_remark(remark) for remark in report.set_aside],
        internet=[_internet(access) for access in report.internet],
        hostNetwork=[{"workload": name, "pods": pods} for name, pods in report.host_network],
        dns={
            "servers": list(report.dns_servers),
            "namespaces": [
                {"namespace": status.namespace, "workloads": status.workloads, "cut": status.cut}
                for status in report.dns
            ],
            "nodeResolver": list(report.node_resolver),
        },
        needs={"known": report.needs, "allowed": report.needs_met},
        counts=dict(report.counts),
        findings=json_values.findings(findings),
        **({"evidence": list(report.evidence)} if report.evidence else {}),
    )
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _problem(problem: Problem) -> Json:
    fields: Json = {
        "severity": str(problem.severity),
        "what": problem.what,
        "cause": problem.cause,
        "policy": str(problem.policy) if problem.policy is not None else "",
        "origin": json_values.origin(problem.origin),
        "workloads": list(problem.workloads),
        "losses": [_loss(loss) for loss in problem.losses],
        "change": problem.change,
        "commands": list(problem.commands),
        "works": problem.works,
    }
    return {key: field for key, field in fields.items() if field or key == "losses"}


def _loss(loss: Loss) -> Json:
    fields: Json = {
        "kind": str(loss.kind),
        "severity": str(loss.severity),
        "src": loss.source,
        "dst": loss.target,
        "protocol": str(loss.protocol),
        "port": loss.port,
        "podPort": loss.pod_port,
        "denied": [str(direction) for direction in loss.directions],
        "partial": loss.partial,
    }
    if loss.seen:
        fields["seen"] = loss.seen
    if loss.evidence is not None:
        fields["evidence"] = loss.evidence.text
        if (origin := json_values.origin(loss.evidence.origin)) is not None:
            fields["evidenceOrigin"] = origin
    return fields


def _remark(remark: Remark) -> Json:
    fields: Json = {
        "topic": str(remark.topic),
        "severity": str(remark.severity),
        "what": remark.what,
        "object": str(remark.subject) if remark.subject is not None else "",
        "origin": json_values.origin(remark.origin),
        "change": remark.change,
        "commands": list(remark.commands),
        "code": remark.code.code if remark.code is not None else "",
    }
    return {key: field for key, field in fields.items() if field}


def _internet(access: InternetAccess) -> Json:
    fields: Json = {
        "workloads": list(access.workloads),
        "pods": access.pods,
        "addresses": access.addresses,
        "everywhere": access.everywhere,
        "ports": json_values.ports(access.ports),
        "rule": access.rule,
        "origin": json_values.origin(access.origin),
    }
    return {key: field for key, field in fields.items() if field not in ("", None)}
