"""The time before a line of the kernel, as dmesg, syslog and journalctl write it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from ringfence.flowlogs import fields
from ringfence.flowlogs.reduction import Reduction
from ringfence.flowlogs.yearless import MONTHS, Yearless
from ringfence.model.origin import Position

_PRIORITY = re.compile(r"\s*<\d{1,3}>(?:1 )?")
_ISO = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)\s+")
_SYSLOG = re.compile(r"([A-Z][a-z]{2})\s+(\d{1,2}) (\d\d):(\d\d):(\d\d(?:\.\d+)?) ")
_DATED = re.compile(r"\[[A-Z][a-z]{2} ([A-Z][a-z]{2})\s+(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})\] ?")
_HOST = re.compile(r"(\S+) (?:kernel|systemd-\S+?)(?:\[\d+\])?: ")
_UPTIME = re.compile(r"\[\s*\d+\.\d+\] ?")


@dataclass(frozen=True, slots=True)
class Stamp:
    """The time in seconds since 1970, None if there is none; the host's name; and the text behind both."""

    time: float | None
    host: str
    rest: str
    yearless: bool = False


class KernelTimes:
    """Reads what stands before the text of a kernel's line."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._yearless = Yearless(clock)

    def read(self, text: str) -> Stamp:
        """Takes time, host and the kernel's uptime off the beginning of a line."""
        at, rest, yearless = self._time(text)
        host = _HOST.match(rest)
        if host is not None:
            rest = rest[host.end() :]
        uptime = _UPTIME.match(rest)
        if uptime is not None:
            rest = rest[uptime.end() :]
        return Stamp(at, host[1] if host is not None else "", rest, yearless)

    def say(self, where: Position, into: Reduction) -> None:
        """Notes once that years were not in the log."""
        self._yearless.say(where, into)

    def _time(self, text: str) -> tuple[float | None, str, bool]:
        priority = _PRIORITY.match(text)
        if priority is not None:
            text = text[priority.end() :]
        match = _ISO.match(text)
        if match is not None:
            return fields.moment(match[1]), text[match.end() :], False
        match = _DATED.match(text)
        if match is not None:
            month, day, hour, minute, second, year = match.groups()
            iso = f"{year}-{MONTHS.get(month, 0):02}-{int(day):02}T{hour}:{minute}:{second}"
            return fields.moment(iso), text[match.end() :], False
        match = _SYSLOG.match(text)
        if match is None or match[1] not in MONTHS:
            return None, text, False
        clock = (int(match[3]), int(match[4]), float(match[5]))
        return self._yearless.moment(MONTHS[match[1]], int(match[2]), clock), text[match.end() :], True
