"""Finds names and addresses of Services in texts that people write into manifests, where a host stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from ringfence.model.addresses import parse_address
from ringfence.model.ports import MAX_PORT
from ringfence.model.references import TextReference

DEFAULT_PORTS: Final = {
    "http": 80, "ws": 80, "https": 443, "wss": 443, "grpc": 80, "postgres": 5432, "postgresql": 5432, "mysql": 3306,
    "mariadb": 3306, "redis": 6379, "rediss": 6379, "amqp": 5672, "amqps": 5671, "mongodb": 27017, "kafka": 9092,
    "nats": 4222, "mqtt": 1883, "mqtts": 8883, "ldap": 389, "ldaps": 636, "smtp": 25, "smtps": 465, "memcached": 11211,
    "elasticsearch": 9200, "clickhouse": 9000, "cassandra": 9042, "sqlserver": 1433, "oracle": 1521, "bolt": 7687,
    "neo4j": 7687, "zookeeper": 2181, "etcd": 2379, "consul": 8500, "vault": 8200, "statsd": 8125, "syslog": 514,
}  # fmt: skip
"""The port that a scheme means where none is written: IANA's service names, else the product's own default."""

_LABEL: Final = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_HOST: Final = re.compile(
    r"(?<![-\w.])(?:(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]{0,30}):///?(?:[^\s/@\"'<>]*@)?)?"
    rf"(?P<host>{_LABEL}(?:\.{_LABEL}){{0,5}})\.?(?::(?P<port>\d{{1,5}}))?(?![-\w.$])(?P<after>\s?[=:])?"
)
_COMMENT: Final = re.compile(r"^\s*(?:#|//|;).*$", re.MULTILINE)
_HOST_KEY: Final = re.compile(
    r"(?:.*[-_.])?(?:h|hosts?|hostnames?|svc|services?|addr|addrs|address|addresses|urls?|uris?|endpoints?|servers?|"
    r"upstreams?|backends?|targets?|brokers?|peers?|nodes?|seeds?|join)",
    re.IGNORECASE,
)
_CAMEL_KEY: Final = re.compile(
    r".*[a-z0-9](?:Hosts?|Hostname|Addr|Address|Urls?|URLs?|Uri|URI|Endpoints?|Servers?|Brokers?)"
)
_REPLICA: Final = re.compile(r".+-\d+")
_WIDEST: Final = 120


_OUTSIDE: Final = re.compile(
    rf"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]{{0,30}})://(?:[^\s/@\"'<>]*@)?"
    rf"(?P<host>{_LABEL}(?:\.{_LABEL}){{0,8}}\.[a-z]{{2,}})\.?(?::(?P<port>\d{{1,5}}))?(?![-\w.$])"
)
_INSIDE: Final = frozenset({"svc", "local", "internal", "localhost", "localdomain", "lan", "home", "corp", "intranet"})
"""Ends of names that no public name has. Source: RFC 6761, RFC 6762, and ICANN's reservation of ``internal``."""


@dataclass(frozen=True, slots=True)
class Outside:
    """The URL of a host that a name outside the cluster tells: ``port`` is the one written, or the scheme's."""

    host: str
    port: int
    excerpt: str


def outside(text: str) -> Iterator[Outside]:
    """Every URL in a text whose host has a public name. A name with a namespace, ``redis.data``, may look like one."""
    body = _COMMENT.sub("", text) if "\n" in text else text
    for match in _OUTSIDE.finditer(body):
        scheme, labels = match["scheme"].lower().rpartition("+")[2], match["host"].split(".")
        port = int(match["port"]) if match["port"] else DEFAULT_PORTS.get(scheme)
        if port is not None and 0 < port <= MAX_PORT and labels[-1] not in _INSIDE and "svc" not in labels:
            yield Outside(match["host"], port, _excerpt(body, match))


@dataclass(frozen=True, slots=True)
class Mention:
    """A name that may be a Service's. ``namespace`` is empty where the text leaves it out: the workload's own.

    ``port`` is the one written, or the one that stands beside; ``scheme`` tells it otherwise. ``excerpt`` is the text
    around. Where the text has an address in the place of a name, it is ``address``, a point of the address line.
    """

    name: str
    namespace: str
    port: int | None
    scheme: str
    excerpt: str
    address: int | None = None

    @property
    def number(self) -> int | None:
        """The port written, or the scheme's."""
        return self.port if self.port is not None else DEFAULT_PORTS.get(self.scheme)


def mentions_of(reference: TextReference) -> Iterator[Mention]:
    """Every name or address in a reference that stands where a host does, with the port that stands beside it."""
    for mention in mentions(reference.key, reference.text):
        if mention.port is None and not mention.scheme and reference.beside:
            port = int(reference.beside)
            yield replace(mention, port=port) if 0 < port <= MAX_PORT else mention
        else:
            yield mention


def mentions(key: str, text: str) -> Iterator[Mention]:
    """Every name in a text that stands where a host does.

    A name with its namespace counts wherever it stands as a word, a bare word only as the host of a URL, before a
    port, or as the whole value of a key that is for hosts.
    """
    body = _COMMENT.sub("", text) if "\n" in text else text
    values = _values(key, body)
    for match in _HOST.finditer(body):
        scheme, host = (match["scheme"] or "").lower().rpartition("+")[2], match["host"]
        port = int(match["port"]) if match["port"] else None
        if port is not None and not 0 < port <= MAX_PORT:
            continue
        labels = host.split(".")
        placed = bool(scheme) or port is not None
        if len(labels) == 4 and all(label.isdecimal() for label in labels):
            if placed or match[0] in values:
                yield from _addressed(host, port, scheme, _excerpt(body, match))
            continue
        for name, namespace in _readings(labels, placed, match["after"] or "", match[0] in values):
            yield Mention(name, namespace, port, scheme, _excerpt(body, match))


def _addressed(host: str, port: int | None, scheme: str, excerpt: str) -> Iterator[Mention]:
    try:
        yield Mention("", "", port, scheme, excerpt, parse_address(host))
    except ValueError:
        return


def _readings(labels: list[str], placed: bool, after: str, is_value: bool) -> Iterator[tuple[str, str]]:
    """What a host may mean: name and namespace."""
    if "svc" in labels[2:]:
        end = labels.index("svc", 2)
        yield labels[end - 2], labels[end - 1]
    elif len(labels) == 1:
        if placed or is_value:
            yield labels[0], ""
    elif placed or not after:  # else a key of a properties file, such as `redis.data=`
        if len(labels) == 2:
            yield labels[0], labels[1]
        if _REPLICA.fullmatch(labels[0]) and placed:  # a StatefulSet's pod by its own name
            yield labels[1], labels[2] if len(labels) > 2 else ""


def _values(key: str, text: str) -> frozenset[str]:
    """The whole value of a key for hosts, or each of a list of them; nothing for another key."""
    if "\n" in text or not (_HOST_KEY.fullmatch(key) or _CAMEL_KEY.fullmatch(key)):
        return frozenset()
    return frozenset(part.strip() for part in text.split(","))


def _excerpt(text: str, match: re.Match[str]) -> str:
    """The line of a match, or the part of a long line around it."""
    start, stop = max(match.start() - _WIDEST, 0), match.end() + _WIDEST
    begin = text.rfind("\n", start, match.start()) + 1 or start
    end = text.find("\n", match.end(), stop)
    line = text[begin : end if end >= 0 else stop].strip()
    if len(line) <= _WIDEST:
        return line
    return text[max(begin, match.start() - 20) : match.end() + 20].strip()
