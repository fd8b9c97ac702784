"""What Hubble's records say above L4: DNS, HTTP and Kafka."""

from __future__ import annotations

import re

from ringfence.flowlogs.fields import address
from ringfence.flowlogs.hubble_record import Layer7
from ringfence.model.flow import FlowEnd, NameAnswer

_LONGEST = 100
"""Characters of a path that are kept."""

_PART = re.compile(r"\d+|[0-9a-fA-F]{16,}|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}")
"""A part of a path that names one thing of many. Flows are counted by path, so such parts must be alike."""


def application(l7: Layer7 | None) -> str:
    """What was asked, in a few words: alike in request and response, so that both can be told to belong together."""
    if l7 is None:
        return ""
    if l7.dns is not None and l7.dns.query:
        return f"query {l7.dns.query.rstrip('.').lower()}"
    if l7.http is not None and (l7.http.method or l7.http.url):
        return f"{l7.http.method} {_path(l7.http.url)}".strip()
    if l7.kafka is not None:
        return f"{l7.kafka.api_key} {l7.kafka.topic}".strip()
    return ""


def _path(url: str) -> str:
    """The path of a URL with ``*`` for numbers and identifiers, without what follows ``?`` or ``#``."""
    _, scheme, rest = url.partition("://")
    path = f"/{rest.partition('/')[2]}" if scheme else url
    path = re.split(r"[?#]", path, maxsplit=1)[0]
    return "/".join("*" if _PART.fullmatch(part) else part for part in path.split("/"))[:_LONGEST]


def name_answer(l7: Layer7 | None, client: FlowEnd, time: float) -> NameAnswer | None:
    """The DNS answer in a record; None if there is none, or it has no address.

    ``client`` is who asked: the destination of the packet, which is the answer.
    """
    dns = l7.dns if l7 is not None else None
    if dns is None or dns.rcode or not dns.query:
        return None
    addresses = tuple(sorted(filter(None, map(address, dns.ips))))
    if not addresses:
        return None
    asked_by = f"{client.namespace}/{client.pod}" if client.pod else ""
    chain = tuple(name.rstrip(".").lower() for name in dns.cnames)
    return NameAnswer(dns.query.rstrip(".").lower(), addresses, time, dns.ttl or None, chain, asked_by)
