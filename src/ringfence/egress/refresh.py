"""Policies that hold recorded addresses of names, compared with newer records: what is gone, and what is new."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ringfence.egress.metadata import NAMES, RECORDED
from ringfence.egress.plan import matches
from ringfence.egress.request import NameTarget, Wild
from ringfence.model.addresses import AddressSet, format_address, parse_address
from ringfence.model.errors import InputError
from ringfence.model.names import NameRecord, Names
from ringfence.model.objects import RawObject


@dataclass(frozen=True, slots=True)
class Aged:
    """One name in one policy. ``missing`` are annotated addresses that the policy's rules don't hold any more."""

    policy: RawObject
    name: str
    recorded: str
    kept: tuple[str, ...]
    gone: tuple[str, ...]
    new: tuple[str, ...]
    missing: tuple[str, ...] = ()
    records: tuple[NameRecord, ...] = ()

    @property
    def stale(self) -> bool:
        """True where the policy does not say what is on record."""
        return bool(self.gone or self.new or self.missing)


def compare_names(policies: Iterable[RawObject], names: Names) -> tuple[Aged, ...]:
    """Every annotated name of every policy, against the records.

    Raises:
        InputError: an annotation is not as written by Ringfence, or there is none at all.
    """
    found = tuple(each for raw in policies for each in _of_policy(raw, names))
    if not found:
        raise InputError(f"No policy here has the annotation {NAMES}, so there is nothing to compare.")
    return found


def _of_policy(raw: RawObject, names: Names) -> Iterator[Aged]:
    metadata = raw.body.get("metadata")
    notes = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    text = notes.get(NAMES) if isinstance(notes, Mapping) else None
    if text is None:
        return
    held = _held(raw.body.get("spec"))
    for part in str(text).split():
        name, equals, listed = part.partition("=")
        try:
            before = {parse_address(each) for each in listed.split(",") if each}
        except ValueError as error:
            raise _wrong(raw, f"{part!r}: {error}") from None
        if not equals:
            raise _wrong(raw, f"{part!r} is no name with addresses")
        records = tuple(record for record in names.records if matches(_target(name), record.name))
        now = {record.address for record in records}
        yield Aged(
            raw,
            name,
            str(notes.get(RECORDED, "")) if isinstance(notes, Mapping) else "",
            _texts(before & now),
            _texts(before - now),
            _texts(now - before),
            _texts(address for address in before if address not in held),
            records,
        )


def _wrong(raw: RawObject, what: str) -> InputError:
    place = raw.origin("metadata", "annotations", NAMES)
    return InputError(f"{place}: The annotation {NAMES} can't be read: {what}.")


def _target(text: str) -> NameTarget:
    for front, wild in (("**.", Wild.LABELS), ("*.", Wild.ONE_LABEL)):
        if text.startswith(front):
            return NameTarget(text.removeprefix(front), wild)
    return NameTarget(text)


def _texts(addresses: Iterable[int]) -> tuple[str, ...]:
    return tuple(format_address(address) for address in sorted(addresses))


def _held(value: object) -> AddressSet:
    """Every range that stands anywhere in a policy's spec."""
    return AddressSet.of(interval for text in _strings(value) for interval in _range(text))


def _range(text: str) -> Sequence[tuple[int, int]]:
    try:
        return AddressSet.cidr(text).intervals
    except ValueError:
        return ()


def _strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _strings(item)
        case dict():
            for item in value.values():
                yield from _strings(item)
