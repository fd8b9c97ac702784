"""DNS names as destinations: what is on record of them, and which rules are written for them."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.explain.suggest import did_you_mean
from ringfence.model.errors import EndpointError
from ringfence.model.name_patterns import canonical, is_name
from ringfence.model.names import Names, seen

_LISTED = 5


class UnknownNameError(EndpointError):
    """A destination is a DNS name, and nothing on record says which addresses it has."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def looks_like_name(text: str) -> bool:
    """True for a DNS name of at least two labels, the last of which is no number: that would be half an address."""
    labels = canonical(text).split(".")
    return len(labels) > 1 and is_name(text) and not labels[-1].isdigit()


def unknown_name(name: str, names: Names) -> str:
    """Says that the addresses of a name are not known, and how to make them known."""
    record = f"'ringfence dns record {name} --to {names.source or 'names.jsonl'}'"
    if names:
        hint = did_you_mean(name, names.by_name)
        return f"{names.source} has no record of {name}.{hint} {record} adds its addresses."
    return (
        f"The input doesn't say which addresses {name} has, and policies are enforced by address. "
        f"Record them with {record}, then ask with --resolve names.jsonl."
    )


def notes_on_name(name: str, names: Names) -> Iterator[str]:
    """What to know about an answer for a recorded name: its age, its aliases, and who shares its addresses."""
    records = names.of(name)
    count = len({record.address for record in records})
    yield (
        f"{name} has {count} address{'es' if count != 1 else ''} in {names.source}, {seen(records, names.read)}. "
        "DNS may answer with others by now."
    )
    ends = dict.fromkeys(record.chain[-1] for record in records if record.chain)
    if ends:
        yield f"{name} is an alias of {_listed(ends)}: rules are on the name that is queried, {name}."
    sharing = names.sharing((name,))
    if sharing:
        yield (
            f"What allows {name} by name allows every name on the same addresses: "
            f"{_listed(sharing)} {'has' if len(sharing) == 1 else 'have'} some of them."
        )


def notes_on_address(address: int, names: Names) -> Iterator[str]:
    """The names that are recorded at an address which a rule allows by name."""
    at = names.at(address)
    if len(at) > 1:
        yield f"The address belongs to {len(at)} names on record: {_listed(at)}. Allowing one of them allows all."


def _listed(names: Iterator[str] | tuple[str, ...] | dict[str, None]) -> str:
    shown = list(names)
    more = f" and {len(shown) - _LISTED} more" if len(shown) > _LISTED else ""
    return ", ".join(shown[:_LISTED]) + more
