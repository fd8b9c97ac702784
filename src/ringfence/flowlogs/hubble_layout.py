"""Where the lines of Hubble differ that say the same of other connections, and what is proved of such lines.

Two records of the same kind differ in both times, the identifier, both ports and, above Layer 4, how long an answer
took. What is left of a line is its shape. Lines of equal shape can be read alike:

- What is cut out is checked by its pattern: a time of a usual form, 36 hexadecimal digits and dashes, numbers without a
  leading zero that no digit, point or exponent follows, digits between quotes. Each lies within one token of JSON, and
  whatever else the pattern lets through in its place makes a token of the same kind. So of two lines of equal shape
  either both are valid JSON or neither is, and both have the same fields in the same order, nested and repeated alike.
- Which fields these tokens are isn't concluded from the text. One line of a shape is decoded twice: as it is, and with
  other values in those places. Both must differ in the two times and in the two ports of Layer 4, and in nothing else
  that is read. That tells fields that are repeated, escaped, or of the same name elsewhere.
"""

from __future__ import annotations

import re

from msgspec import structs

from ringfence.flowlogs.hubble_record import Line, Ports, decode_line


class Layout:
    """The patterns of lines by what follows a comma and a colon.

    Hubble writes neither. Go's protojson adds a space to each comma in some builds, to keep people from relying on its
    output (https://pkg.go.dev/google.golang.org/protobuf/encoding/protojson), and others add them to both.

    ``line`` matches a line up to its ports; its groups are the time with its quote, the time to the second, the rest of
    the second, what stands before the ports, and both ports. With an identifier the fourth begins before the last quote
    of that, without one behind that of the time, so both differ. ``cuts`` begin the parts that stand behind the ports
    and recur by themselves.
    """

    def __init__(self, comma: bytes, colon: bytes) -> None:
        spaces = {b"k": comma, b"c": colon}
        self.line = re.compile(
            rb'\{"flow":%(c)b\{"time":%(c)b"'
            rb'(([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-5][0-9]:[0-5][0-9])(\.[0-9]{1,9})Z")'
            rb'(?:,%(k)b"uuid":%(c)b"[0-9a-f-]{36}(?=")|(?=,%(k)b"(?!uuid")))'
            rb'([^l]*(?:l(?!4")[^l]*)*l4":%(c)b\{"(?:TCP|UDP|SCTP)":%(c)b\{"source_port":%(c)b)'
            rb'([1-9][0-9]{0,4}),%(k)b"destination_port":%(c)b([1-9][0-9]{0,4})(?=[,}])' % spaces
        )
        self.cuts = (b'"destination":%(c)b{' % spaces, b'"Type":%(c)b"' % spaces)
        self.above = b'"l7":%(c)b{' % spaces
        self.mark = b'"latency_ns":%(c)b"' % spaces
        self.latency = re.compile(rb'[0-9]{1,19}(?=")')

    def after(self, line: bytes, ports: int) -> tuple[bytes, ...]:
        """What stands between the ports, which end there, and the second time, without the latency if there is one.

        The line ends with the time that it begins with.
        """
        end = line.rfind(b'"', ports, -2) + 1
        at = line.find(self.mark, ports, end)
        latency = self.latency.match(line, at + len(self.mark), end) if at >= 0 else None
        if latency is None:
            return (line[ports:end],)
        return line[ports : latency.start()], line[latency.end() : end]


LAYOUTS = (Layout(b"", b""), Layout(b" ", b""), Layout(b" ", b" "))


def layout_of(data: bytes) -> Layout | None:
    """The layout of the first of several lines that has one."""
    lines = data.split(b"\n")
    return next((layout for line in lines for layout in LAYOUTS if layout.line.match(line)), None)


def is_regular(line: bytes, match: re.Match[bytes], after: tuple[bytes, ...], message: Line) -> bool:
    """Whether what was cut out of a line is what it seems, and nothing else. ``message`` is the line, decoded.

    Raises:
        msgspec.MsgspecError: with other values the line can't be decoded.
    """
    return decode_line(_with_other_values(line, match, after)) == _with_other_fields(message)


_TIMES = (b"0000-00-00T00:00:00.0Z", b"0000-00-00T00:00:00.1Z")  # no record has them
_IDENTIFIERS = (b"0" * 36, b"1" * 36)
_LATENCY = b"1" * 20  # more digits than the pattern takes


def _with_other_values(line: bytes, match: re.Match[bytes], after: tuple[bytes, ...]) -> bytes:
    """The line with another value in each of the places."""
    behind = line[match.end(1) - 1 : match.start(4)]  # the time's quote, and the identifier if there is one
    if len(behind) > len(_IDENTIFIERS[0]):
        now = behind[-len(_IDENTIFIERS[0]) :]
        behind = behind.removesuffix(now) + _IDENTIFIERS[now == _IDENTIFIERS[0]]
    between = line[match.end(5) : match.start(6)]
    source, destination = (b"%d" % (int(match[port]) + 1) for port in (5, 6))
    return b"".join(
        (
            line[: match.start(1)], _TIMES[0], behind, match[4], source, between, destination,
            _LATENCY.join(after), _TIMES[1], b'"}',
        )
    )  # fmt: skip


def _with_other_fields(message: Line) -> Line | None:
    """The message with the values of :func:`_with_other_values`; None if it has no ports."""
    record = message.flow
    l4 = record.l4 if record is not None else None
    if record is None or l4 is None:
        return None
    for name in ("tcp", "udp", "sctp"):
        ports: Ports | None = getattr(l4, name)
        if ports is not None:
            other = structs.replace(
                ports, source_port=ports.source_port + 1, destination_port=ports.destination_port + 1
            )
            first, second = (time.decode() for time in _TIMES)
            flow = structs.replace(record, time=first, l4=structs.replace(l4, **{name: other}))
            return structs.replace(message, time=second, flow=flow)
    return None
