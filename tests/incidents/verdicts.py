"""Verdict tables that a network engineer can read, and helpers to list connections."""

from __future__ import annotations

from collections.abc import Iterable

from tests.incidents.states import allows

Row = tuple[str, str, str, int, bool]


def rows(text: str) -> list[tuple[str, str, str, int, dict[str, bool]]]:
    """The lines of a table: ``source > destination PROTOCOL port: state yes, state no``. ``#`` begins a comment."""
    found = []
    for line in text.splitlines():
        line = line.partition("#")[0].strip()
        if line:
            connection, _, verdicts = line.rpartition(": ")
            source, _, rest = connection.partition(" > ")
            destination, protocol, port = rest.split()
            states = dict(entry.split() for entry in verdicts.split(", "))
            assert set(states.values()) <= {"yes", "no"}, line
            found.append(
                (source, destination, protocol, int(port), {state: word == "yes" for state, word in states.items()})
            )
    return found


def check(place: str, text: str) -> None:
    """Every verdict of the table, in every state that a line names."""
    wrong = [
        f"{source} > {destination} {protocol} {port} is {'denied' if expected else 'allowed'} when {state}"
        for source, destination, protocol, port, states in rows(text)
        for state, expected in states.items()
        if allows(place, state, source, destination, protocol, port) is not expected
    ]
    assert not wrong


def each(sources: Iterable[str], destination: str, *ports: str) -> set[str]:
    """``source > destination PROTOCOL ports`` for each source and each of the ports."""
    return {f"{source} > {destination} {port}" for source in sources for port in ports}
