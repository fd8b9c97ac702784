"""One record as a line of a file: a JSON object.

{"name": "api.example.com", "address": "203.0.113.7", "firstSeen": "2026-11-20T09:00:00Z",
 "lastSeen": "2026-11-23T10:00:00Z", "ttl": 60, "chain": ["api.example.net"]}
"""

from __future__ import annotations

import datetime as dt

import msgspec

from ringfence.model.addresses import format_address, parse_address
from ringfence.model.name_patterns import canonical, is_name
from ringfence.model.names import NameRecord
from ringfence.model.origin import UNKNOWN, Origin

_MAX_TTL = (1 << 31) - 1
"""RFC 2181, section 8."""


class LineError(ValueError):
    """A line is no record; the message says what is wrong, as a sentence."""


class _Line(msgspec.Struct, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    name: str
    address: str
    first_seen: dt.datetime
    last_seen: dt.datetime
    ttl: int | None = None
    chain: list[str] = []


_DECODER = msgspec.json.Decoder(_Line)
_ENCODER = msgspec.json.Encoder()


def parse_line(line: bytes, origin: Origin = UNKNOWN) -> NameRecord:
    """The record of a line.

    Raises:
        LineError: it is none.
    """
    try:
        read = _DECODER.decode(line)
    except msgspec.ValidationError as error:
        raise LineError(f"The record is not valid: {_plain(error)}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LineError(f"The line is no JSON object: {_plain(error)}.") from None
    for name in (read.name, *read.chain):
        if not is_name(name):
            hint = " A record is of one name, not of a pattern." if "*" in name else ""
            raise LineError(f"{name!r} is no DNS name.{hint}")
    try:
        address = parse_address(read.address)
    except ValueError:
        raise LineError(f"The address {read.address!r} is no IP address.") from None
    if read.ttl is not None and not 0 <= read.ttl <= _MAX_TTL:
        raise LineError(f"The ttl {read.ttl} is no number of seconds from 0 to {_MAX_TTL}.")
    first, last = _utc("firstSeen", read.first_seen), _utc("lastSeen", read.last_seen)
    if first > last:
        raise LineError("firstSeen is later than lastSeen.")
    return NameRecord(canonical(read.name), address, first, last, read.ttl, tuple(map(canonical, read.chain)), origin)


def format_line(record: NameRecord) -> bytes:
    """A record as a line, without its end."""
    return _ENCODER.encode(
        _Line(
            record.name,
            format_address(record.address),
            record.first_seen.astimezone(dt.UTC).replace(microsecond=0),
            record.last_seen.astimezone(dt.UTC).replace(microsecond=0),
            record.ttl,
            list(record.chain),
        )
    )


def _utc(name: str, moment: dt.datetime) -> dt.datetime:
    if moment.tzinfo is None:
        raise LineError(f"{name} has no time zone. Write it as 2026-11-20T09:00:00Z.")
    return moment.astimezone(dt.UTC)


def _plain(error: Exception) -> str:
    """What a decoder says, as the end of a sentence."""
    text = str(error).replace(" - at `$.", ", at `").rstrip(".")
    return text.replace("Object missing", "it is missing").replace("Object contains unknown", "it has the unknown")
