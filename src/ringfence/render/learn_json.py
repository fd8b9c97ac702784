"""``learn`` as a LearnReport (``docs/schemas/LearnReport.json``)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable

from ringfence.dialects.writing.blocks import cidrs
from ringfence.learn import Learned, Proposal
from ringfence.learn.beyond import Beyond
from ringfence.learn.confidence import Window
from ringfence.learn.demands import Connection, Port, number_of
from ringfence.learn.evidence import Evidence
from ringfence.learn.holdout import Holdout
from ringfence.learn.proof import Proof
from ringfence.learn.rules import LearnedRule, Side
from ringfence.model.addresses import AddressSet
from ringfence.model.finding import Finding
from ringfence.model.flow import HOUR
from ringfence.render import json_values
from ringfence.render.json_values import Json

_MOST_RANGES = 64


def document(answer: Proposal, found: Iterable[Finding]) -> str:
    """The LearnReport, indented."""
    fields: Json = {
        "to": answer.to,
        "cni": answer.cni,
        "keepsEverything": answer.keeps_everything,
        "window": _window(answer.window),
        "budget": {"ranges": answer.budget},
        "objects": [made.body for made in answer.objects],
        "workloads": [_workload(answer, each) for each in answer.workloads],
        "leftOut": [
            {
                "reason": each.reason,
                "edges": each.edges,
                "connections": each.connections,
                "examples": list(each.examples),
            }
            for each in answer.left_out
        ],
        "losses": [{"policy": str(loss.ref), "what": loss.what, "why": loss.why} for loss in answer.losses],
        "proof": _proof(answer.proof),
        "beyond": _beyond(answer.beyond),
        "replaced": [str(ref) for ref in answer.replaced],
        "obsolete": [str(ref) for ref in answer.obsolete],
        "neverSeen": [str(group) for group in answer.never_seen],
        "idleCron": [str(group) for group in answer.idle_cron],
        "egressRequests": list(answer.requests),
        "notes": list(answer.notes),
        "findings": json_values.findings(found),
    }
    if answer.holdout is not None:
        fields["holdout"] = _holdout(answer.holdout)
    return json.dumps(json_values.document("LearnReport", **fields), indent=2, ensure_ascii=False) + "\n"


def _workload(answer: Proposal, each: Learned) -> Json:
    own = each.confidence
    return {
        "workload": str(each.group),
        "namespace": each.group.namespace,
        "workloads": [str(workload) for workload in each.group.workloads],
        "selector": str(each.group.selector),
        "alsoSelects": [str(workload) for workload in each.group.also],
        "absent": each.group.absent,
        "objects": [str(made.ref) for made in answer.objects if made.group is each.group],
        "confidence": {
            "score": own.score,
            "word": own.word,
            "connections": own.connections,
            "kinds": own.kinds,
            "seenOnce": own.once,
            "pods": own.pods,
            "podsUnseen": own.pods_unseen,
            "notArrived": own.not_arrived,
        },
        "probes": each.probes,
        "egress": _side(each.egress),
        "ingress": _side(each.ingress),
    }


def _side(side: Side) -> Json:
    return {
        "state": str(side.state),
        "rules": [_rule(rule) for rule in side.rules],
        "alreadyAllowed": side.known,
        "reasons": list(side.reasons),
    }


def _port(port: Port) -> Json:
    """A port; of ICMP the type of the message."""
    return {"protocol": str(port[0]), "port": number_of(port)}


def _rule(rule: LearnedRule) -> Json:
    fields: Json = {
        "purpose": str(rule.purpose),
        "peer": rule.peer,
        "ports": [_port(port) for port in rule.ports],
        "evidence": [{**_port(port), **evidence(each)} for port, each in rule.evidence],
    }
    if rule.name:
        fields["name"] = rule.name
    if rule.addresses:
        fields["ranges"] = cidrs(rule.addresses)
        fields["addressesAdded"] = rule.added
    if rule.note:
        fields["note"] = rule.note
    return fields


def evidence(each: Evidence) -> Json:
    """How often, from when to when, and by which logs."""
    return {
        "connections": each.connections,
        "first": moment(each.first),
        "last": moment(each.last),
        "sources": list(each.formats),
    }


def moment(seconds: float) -> str:
    """A time in UTC, to the second."""
    return f"{dt.datetime.fromtimestamp(seconds, tz=dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def _connection(each: Connection) -> Json:
    return {
        "source": str(each.source),
        "destination": str(each.destination),
        **_port((each.protocol, each.port)),
        **evidence(each.evidence),
    }


def _window(window: Window) -> Json:
    fields: Json = {
        "hours": window.hours,
        "span": window.span,
        "weekdays": window.weekdays,
        "records": window.records,
        "lost": window.lost,
        "losses": [loss.detail for loss in window.losses],
    }
    if window.first is not None and window.last is not None:
        fields = {"first": moment(window.first), "last": moment(window.last), **fields}
    return fields


def _proof(proof: Proof) -> Json:
    return {
        "connections": proof.connections,
        "cut": [{**_connection(cut.connection), "why": cut.why, "cutBefore": cut.before} for cut in proof.cut],
        "probes": proof.probes,
        "probesCut": list(proof.probes_cut),
        "needsCut": [
            {
                "source": need.source,
                "target": need.target,
                "ports": need.ports,
                "text": need.text,
                "origin": json_values.origin(need.origin),
            }
            for need in proof.needs
        ],
    }


def _beyond(found: Beyond) -> Json:
    return {
        "addresses": found.addresses,
        "pairs": [
            {
                "source": str(each.source),
                "destination": str(each.destination),
                "ports": json_values.ports(each.ports),
                "platform": each.platform,
            }
            for each in found.pairs
        ],
        "ranges": [
            {
                "workload": str(each.group),
                "direction": str(each.direction),
                "addresses": each.addresses.size,
                "ranges": _ranges(each.addresses),
                "ports": json_values.ports(each.ports),
                "platform": each.platform,
            }
            for each in found.ranges
        ],
    }


def _ranges(addresses: AddressSet) -> list[str]:
    return str(addresses).split(",")[:_MOST_RANGES]


def _holdout(found: Holdout) -> Json:
    return {
        "share": found.share,
        "from": moment(found.hour * HOUR),
        "kinds": found.kinds,
        "connections": found.connections,
        "lostConnections": found.lost_connections,
        "lost": [_connection(each) for each in found.lost],
        "lostBySource": [{"source": name, "connections": number} for name, number in found.by_source],
    }
