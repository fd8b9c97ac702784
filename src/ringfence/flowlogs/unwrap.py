r"""What collectors put around the lines of a log: the container runtime (CRI), Docker, fluent-bit, journald.

CRI writes ``TIME stdout F TEXT``, with ``P`` for ``F`` where the line goes on in the next record
(https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md). Docker's json-file
writes ``{"log": "TEXT\n", "stream": …, "time": …}``, without the ``\n`` where it goes on. fluent-bit keeps the text
under ``log``, other collectors under ``message``, journald's JSON under ``MESSAGE``; what they hold may itself be
wrapped by CRI. ``kubectl logs --prefix`` writes ``[pod/NAME/CONTAINER]`` before each line. Some of them tell which node
or pod a line is from: fluent-bit's ``kubernetes`` (https://docs.fluentbit.io/manual/data-pipeline/filters/kubernetes),
Vector's (https://vector.dev/docs/reference/configuration/sources/kubernetes_logs/), journald's ``_HOSTNAME``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from ringfence.flowlogs import fields

MAX_JOINED = 1 << 20
"""Bytes of a line that is joined from parts; what is longer is given in pieces, which no reader understands."""

_CRI = re.compile(rb"\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d) (stdout|stderr) ([FP])(?::[A-Za-z]*)* ?")
_PREFIX = re.compile(rb"\[pod/([a-z0-9][-.a-z0-9]*)/[-a-z0-9]+\] ?")
_JSON_KEYS = (b'"log"', b'"message"', b'"MESSAGE"')


class _Pod(msgspec.Struct):
    host: object = None
    node: object = msgspec.field(default=None, name="pod_node_name")
    name: object = msgspec.field(default=None, name="pod_name")
    namespace: object = msgspec.field(default=None, name="namespace_name")
    namespace_of_vector: object = msgspec.field(default=None, name="pod_namespace")

    @property
    def writer(self) -> str:
        """The node, else the pod."""
        node = fields.text(self.host) or fields.text(self.node)
        name, namespace = fields.text(self.name), fields.text(self.namespace) or fields.text(self.namespace_of_vector)
        return node or (f"{namespace}/{name}" if namespace and name else name)


class _Wrapped(msgspec.Struct):
    log: str | None = None
    message: str | None = None
    journal: str | None = msgspec.field(default=None, name="MESSAGE")
    stream: str | None = None
    time: str | None = None
    # journald's time in microseconds, host and program; CloudWatch's times in milliseconds.
    realtime: str | None = msgspec.field(default=None, name="__REALTIME_TIMESTAMP")
    host: object = msgspec.field(default=None, name="_HOSTNAME")
    kubernetes: object = None
    identifier: object = msgspec.field(default=None, name="SYSLOG_IDENTIFIER")
    timestamp: object = None
    ingested: object = msgspec.field(default=None, name="ingestionTime")


_decoder = msgspec.json.Decoder(_Wrapped)


@dataclass(frozen=True, slots=True)
class _Inner:
    text: bytes
    partial: bool
    writer: str


class Unwrapper:
    """Takes off what is around lines, and joins the parts of long ones. It remembers parts, so each input has its own.

    Lines that are not wrapped stay as they are. ``writer`` is the node that the last line is from, or else the pod of
    an agent (``namespace/pod``, or its name alone), where the wrapping tells.
    """

    def __init__(self, *, json: bool) -> None:
        self.json = json
        self.writer = ""
        self._parts: dict[bytes, bytes] = {}

    def fresh(self) -> Unwrapper:
        """One of the same kind that remembers nothing."""
        return Unwrapper(json=self.json)

    @property
    def pending(self) -> bool:
        """Whether parts wait for their rest."""
        return bool(self._parts)

    def line(self, line: bytes) -> bytes | None:
        """The line within; None while it is not complete."""
        self.writer = ""
        prefix = _PREFIX.match(line)
        if prefix is not None:
            self.writer = prefix[1].decode()
            line = line[prefix.end() :]
        if self.json and line.startswith(b"{"):
            inner = _inner(line)
            if inner is not None:
                self.writer = inner.writer or self.writer
                if inner.text.startswith(b"{") or not _CRI.match(inner.text):
                    return self._join(b"json", inner.text, partial=inner.partial)
                line = inner.text
        match = _CRI.match(line)
        if match is None:
            return line
        return self._join(match[1], line[match.end() :], partial=match[2] == b"P")

    def _join(self, stream: bytes, text: bytes, *, partial: bool) -> bytes | None:
        before = self._parts.pop(stream, b"")
        whole = before + text if before else text
        if partial and len(whole) < MAX_JOINED:
            self._parts[stream] = whole
            return None
        return whole


def unwrapper_for(lines: Sequence[bytes]) -> Unwrapper | None:
    """What takes the wrapping off lines like these; None where there is none."""
    json = any(_inner(line) is not None for line in lines if line.startswith(b"{"))
    if json or any(_CRI.match(line) or _PREFIX.match(line) for line in lines):
        return Unwrapper(json=json)
    return None


def _inner(line: bytes) -> _Inner | None:
    """What is in a JSON object of a collector; None if it is no such object."""
    if not any(key in line for key in _JSON_KEYS):
        return None
    try:
        wrapped = _decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    writer = _writer(wrapped)
    if wrapped.log is not None:
        docker = wrapped.stream is not None and wrapped.time is not None
        text = wrapped.log.encode("utf-8", "surrogatepass")
        partial = docker and not text.endswith(b"\n") and not _CRI.match(text)
        return _Inner(text.rstrip(b"\r\n"), partial, writer)
    text_of_others = wrapped.message if wrapped.message is not None else wrapped.journal
    if text_of_others is None:
        return None
    text = (_before(wrapped) + text_of_others).encode("utf-8", "surrogatepass")
    return _Inner(text.rstrip(b"\r\n"), False, writer)


def _writer(wrapped: _Wrapped) -> str:
    if isinstance(wrapped.kubernetes, dict):
        try:
            return msgspec.convert(wrapped.kubernetes, _Pod).writer
        except msgspec.ValidationError:
            return ""
    return fields.text(wrapped.host)


def _before(wrapped: _Wrapped) -> str:
    """The time that only the collector knows, before the text of programs that write none.

    It stands as ``journalctl -k -o short-iso`` and ``aws logs tail`` print it.
    """
    if wrapped.message is None and wrapped.identifier == "kernel" and wrapped.realtime is not None:
        time = fields.seconds(wrapped.realtime, 1e-6)
        return "" if time is None else f"{_iso(time)} {wrapped.host or '-'} kernel: "
    if wrapped.message is not None and wrapped.ingested is not None and not wrapped.message.startswith("{"):
        time = fields.seconds(wrapped.timestamp, 1e-3)
        return "" if time is None else f"{_iso(time)} "
    return ""


def _iso(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="microseconds")
