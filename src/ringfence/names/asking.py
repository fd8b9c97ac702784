"""Asks resolvers for the addresses of names, through dnspython, an extra: ``pip install 'ringfence[dns]'``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.model.addresses import parse_address
from ringfence.model.errors import QueryError
from ringfence.model.name_patterns import canonical
from ringfence.model.names import NameRecord

if TYPE_CHECKING:
    import dns.resolver

_PORT = 53
_MISSING = "Asking resolvers needs dnspython. Install it with: pip install 'ringfence[dns]'"
_GONE = "it doesn't exist (NXDOMAIN)"


@dataclass(frozen=True, slots=True)
class Asked:
    """What one resolver said of one name at one moment: its addresses, and what went wrong, as ends of sentences."""

    records: tuple[NameRecord, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asker:
    """One resolver; ``label`` is how messages call it."""

    label: str
    resolver: dns.resolver.Resolver

    def ask(self, name: str, now: dt.datetime) -> Asked:
        """The addresses of both families that the name has now. It is taken as it is: no search domain is added.

        A truncated answer is asked for again by TCP (RFC 7766), and a server that doesn't answer by UDP again until the
        time is up.
        """
        import dns.exception
        import dns.name
        import dns.resolver

        records: list[NameRecord] = []
        problems: list[str] = []
        for family in ("A", "AAAA"):
            try:
                answer = self.resolver.resolve(dns.name.from_text(name), family, raise_on_no_answer=False, search=False)
            except dns.resolver.NXDOMAIN:
                problems.append(_GONE)
                break
            except dns.exception.Timeout:
                problems.append(f"{self.label} gave no answer within {self.resolver.lifetime:g} s")
                break
            except dns.resolver.NoNameservers as error:
                problems.append(f"{self.label} {_failure(error)}")
                break
            except (dns.exception.DNSException, OSError) as error:
                problems.append(f"{self.label}: {str(error) or type(error).__name__}")
                break
            records.extend(_records(name, answer, now))
        if not records and not problems:
            problems.append("it has no address")
        return Asked(tuple(records), tuple(problems))


def _records(name: str, answer: dns.resolver.Answer, now: dt.datetime) -> Iterator[NameRecord]:
    chain = tuple(canonical(cname[0].target.to_text()) for cname in answer.chaining_result.cnames)
    for found in answer.rrset or ():
        yield NameRecord(
            canonical(name), parse_address(found.address), now, now, answer.chaining_result.minimum_ttl, chain
        )


def _failure(error: dns.resolver.NoNameservers) -> str:
    """Why every server failed: the codes of their answers, or what broke."""
    import dns.rcode

    reasons = dict.fromkeys(
        dns.rcode.to_text(response.rcode()) if response is not None and response.rcode() else str(problem)
        for _, _, _, problem, response in error.kwargs.get("errors", ())
    )
    return f"failed: {', '.join(reasons) or 'it can not be used'}"


def askers(servers: Sequence[str], timeout: float) -> tuple[Asker, ...]:
    """One asker for each server; without servers one for those of this system (``/etc/resolv.conf``).

    ``timeout`` is in seconds, for one question with all its attempts.

    Raises:
        QueryError: dnspython is missing, a server is not well formed, or the system has none.
    """
    try:
        import dns.resolver
    except ModuleNotFoundError:
        raise QueryError(_MISSING) from None
    if not servers:
        try:
            resolver = dns.resolver.Resolver()
        except dns.resolver.NoResolverConfiguration:
            raise QueryError("This system names no resolver. Name one with --server.") from None
        resolver.lifetime = timeout
        return (Asker("the system's resolver", resolver),)
    found = []
    for text in dict.fromkeys(servers):
        address, port = parse_server(text)
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = [address]
        resolver.port = port
        resolver.lifetime = timeout
        found.append(Asker(text, resolver))
    return tuple(found)


def parse_server(text: str) -> tuple[str, int]:
    """The address and port of ``10.0.0.10``, ``127.0.0.1:5353``, ``2001:db8::53`` or ``[::1]:5353``.

    Raises:
        QueryError: it is none of these.
    """
    address, port = text.strip(), ""
    if address.startswith("["):
        address, _, rest = address[1:].partition("]")
        colon, port = rest[:1], rest[1:]
    elif address.count(":") == 1:
        address, colon, port = address.partition(":")
    else:
        colon = ""
    try:
        parse_address(address)
    except ValueError:
        raise QueryError(f"{text!r} is no server. Write an address, such as 10.0.0.10 or [::1]:5353.") from None
    if not colon:
        return address, _PORT
    if not (colon == ":" and port.isascii() and port.isdigit() and 0 < int(port[:6]) < 1 << 16):
        raise QueryError(f"{text!r} has no valid port. Write an address and a port, such as 127.0.0.1:5353.")
    return address, int(port)
