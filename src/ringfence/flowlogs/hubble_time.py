"""Times of Hubble: RFC 3339 with up to nine digits of a second, nearly always in UTC."""

from __future__ import annotations

from ringfence.flowlogs.fields import moment


def parse_time(text: str) -> float | None:
    """Seconds since 1970; None if it is no time. Of more than six digits after the point none is dropped."""
    if text[19:20] != "." or not text.endswith("Z"):
        return moment(text) if text else None
    whole = moment(f"{text[:19]}Z")
    digits = text[20:-1]
    if whole is None or not (digits.isascii() and digits.isdigit()):
        return None
    return whole + float(f"0.{digits}")
