"""Calico's Goldmane, and Whisker's ``GET /flows``: pages with ``items``, an array, one record a line, or its stream.

Whisker writes ``FlowResponse`` of
https://github.com/projectcalico/calico/blob/master/whisker-backend/pkg/apis/v1/flows.go; Goldmane's own records have
the fields of https://github.com/projectcalico/calico/blob/master/goldmane/proto/api.proto in the spelling of Go or of
protobuf's JSON. Neither has an address or a client's port: pods are one by their generated name, and all of the
Internet is ``pub``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from ringfence.flowlogs import calico_names, fields
from ringfence.flowlogs.documents import flattened, share
from ringfence.flowlogs.format import Format
from ringfence.flowlogs.reduction import Reduction
from ringfence.model.flow import Direction, Flow, FlowEnd, Loss, LossKind, Opening, Outcome, RecordedRule, Tally
from ringfence.model.origin import Position

MERGED = "Calico merged pods by their generated names, and wrote no addresses."
PAGED = "Answers hold fewer flows than there are; ask for all pages."
OUTSIDE = "Calico wrote only whether addresses outside the cluster are public (pub) or private (pvt)."

_DIRECTIONS = {"src": Direction.EGRESS, "dst": Direction.INGRESS}
_REPORTERS = {"1": "src", "2": "dst"}
_TYPES = {
    "workloadendpoint": "wep",
    "hostendpoint": "hep",
    "networkset": "ns",
    "network": "net",
    "1": "wep",
    "2": "hep",
    "3": "ns",
    "4": "net",
}


class _Reader:
    def __init__(self) -> None:
        self._given = self._there = 0
        self._where: Position | None = None

    def line(self, line: bytes, where: Position, into: Reduction) -> None:
        """Reads a whole input."""
        for value, at in _values(line, where, into):
            self._page(value, at)
            for record in flattened(value, "items", at, into):
                _read(record, at, into)

    def end(self, into: Reduction) -> None:
        """What the pages say to be there, and isn't, is lost."""
        if self._there > self._given:
            into.lose(Loss(LossKind.TRUNCATED, PAGED, self._there - self._given, where=self._where))
        self._given = self._there = 0

    def _page(self, value: object, where: Position) -> None:
        page = fields.mapping(value)
        if "items" in page:
            meta = calico_names.folded(fields.mapping(page.get("meta")))
            self._given += len(fields.sequence(page["items"]))
            self._there = max(self._there, fields.count(meta.get("totalresults")) or 0)
            self._where = self._where or where


def _values(document: bytes, where: Position, into: Reduction) -> Iterator[tuple[object, Position]]:
    """The JSON values of a document: one, or one a line, also as server-sent events (``data: {…}``)."""
    try:
        yield msgspec.json.decode(document), where
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        for number, line in enumerate(document.split(b"\n"), where.line):
            text = line.removeprefix(b"data:").strip()
            if not text or text.startswith((b"event:", b"id:", b"retry:", b":")):
                continue
            at = Position(where.file, number)
            try:
                yield msgspec.json.decode(text), at
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                into.unreadable("Lines are no JSON.", at)


def _read(record: Mapping[str, Any], where: Position, into: Reduction) -> None:
    flat = _flat(record)
    if not _mine(flat):
        into.lose(Loss(LossKind.FOREIGN, "Records are no flows of Calico.", 1, where=where))
        return
    flow = _flow(flat)
    first, last = fields.any_time(flat.get("starttime")), fields.any_time(flat.get("endtime"))
    if flow is None or first is None:
        into.unreadable("A flow of Calico has no time, protocol or reporter that can be read.", where)
        return
    back, forth = fields.count(flat.get("bytesin")), fields.count(flat.get("bytesout"))
    if flow.direction is Direction.INGRESS:
        back, forth = forth, back
    started = fields.count(flat.get("numconnectionsstarted"))
    into.add(flow, Tally(first, max(first, last or first), 1, started, forth, back))
    into.lose(Loss(LossKind.AGGREGATED, MERGED, 1, where=where))
    if flow.source.workload.startswith("Network/") or flow.destination.workload.startswith("Network/"):
        into.lose(Loss(LossKind.AGGREGATED, OUTSIDE, 1, where=where))


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record without the levels of Goldmane's messages (FlowResult, Flow, FlowKey)."""
    flat = calico_names.folded(record)
    if isinstance(flat.get("flow"), dict):
        flat = calico_names.folded(flat["flow"])
    if isinstance(flat.get("key"), dict):
        flat |= calico_names.folded(flat["key"])
    return flat


def _flow(flat: Mapping[str, Any]) -> Flow | None:
    reporter = str(flat.get("reporter", "")).lower()
    reporter = _REPORTERS.get(reporter, reporter)
    protocol = fields.protocol(flat.get("protocol") or flat.get("proto"))
    if reporter not in _DIRECTIONS or not protocol:
        return None
    trace = calico_names.folded(fields.mapping(flat.get("policies")))
    policies = _policies(trace.get("enforced") or trace.get("enforcedpolicies"))
    pending = _policies(trace.get("pending") or trace.get("pendingpolicies"))
    return Flow(
        _end(flat, "source"),
        _end(flat, "dest"),
        protocol,
        fields.port(flat.get("destport")),
        calico_names.OUTCOMES.get(calico_names.named(flat["action"]).lower(), Outcome.UNKNOWN),
        Opening.OPENS,  # Calico counts connections, from the end that began them
        None,
        _DIRECTIONS[reporter],
        reporter,
        policies=policies,
        pending=pending if pending != policies else (),
    )


def _end(flat: Mapping[str, Any], side: str) -> FlowEnd:
    kind = str(flat.get(f"{side}type", "")).lower()
    service = (
        calico_names.service(flat.get("destservicenamespace"), flat.get("destservicename")) if side == "dest" else ""
    )
    return calico_names.end(
        _TYPES.get(kind, ""),
        fields.text(flat.get(f"{side}name")),
        fields.text(flat.get(f"{side}namespace")),
        labels=flat.get(f"{side}labels"),
        service=service,
    )


def _policies(hits: object) -> tuple[RecordedRule, ...]:
    found = [calico_names.folded(hit) for hit in fields.sequence(hits) if isinstance(hit, dict)]
    found.sort(key=lambda hit: fields.whole(hit.get("policyindex")) or 0)
    return tuple(map(calico_names.policy_of_record, found))


def _mine(flat: Mapping[str, Any]) -> bool:
    return all(key in flat for key in ("sourcename", "destname", "reporter", "action")) and "sourceip" not in flat


def _recognises(lines: Sequence[bytes]) -> float:
    def mine(record: dict[str, Any]) -> bool:
        return any(
            _mine(_flat(each)) for each in fields.sequence(record.get("items")) or [record] if isinstance(each, dict)
        )

    lines = [line.removeprefix(b"data:") for line in lines]
    found = share(lines, mine, (b"sourcename", b"destname", b"reporter", b"action", b"policies"))
    return 0.0 if found == 1.0 and b'"source_ip"' in b"".join(lines) else found


FORMAT = Format("goldmane", "Calico Goldmane or Whisker flows", _recognises, _Reader, whole=True)
