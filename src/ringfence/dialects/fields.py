"""Typed access to the fields of an object's body: a wrong type becomes a finding with its place."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, NamedTuple

from ringfence.model.codes import BAD_FIELD, UNKNOWN_FIELD
from ringfence.model.finding import Code, Finding
from ringfence.model.objects import RawObject, format_path
from ringfence.model.origin import Origin


class Field(NamedTuple):
    """One value of an object's body, the path to it, and where findings go.

    A key whose value is null counts as absent throughout, as in the JSON decoding of the API server. A tuple, because
    reading policies is mostly making these, and tuples are made three times as fast as frozen dataclasses.
    """

    raw: RawObject
    path: tuple[str | int, ...]
    value: Any
    sink: list[Finding]

    @property
    def origin(self) -> Origin:
        """The place of the value."""
        return self.raw.origin(*self.path)

    def __str__(self) -> str:
        """The path, such as ``spec.ingress[0].from``."""
        return format_path(self.path)

    def report(self, code: Code, what: str, *, why: str = "", hint: str = "") -> None:
        """Add a finding about this field."""
        self.sink.append(Finding(code, what, self.origin, self.raw.ref, why, hint))

    def get(self, name: str) -> Field | None:
        """The member ``name``; None where it is absent or null, or where this value is no mapping."""
        value = self.value.get(name) if isinstance(self.value, dict) else None
        return None if value is None else Field(self.raw, (*self.path, name), value, self.sink)

    def at(self, name: str) -> Field:
        """The member ``name``, which must be there.

        Raises:
            KeyError: there is no such member.
        """
        return Field(self.raw, (*self.path, name), self.value[name], self.sink)

    def present(self, names: Iterable[str]) -> list[str]:
        """Those of ``names`` that are set here."""
        return [name for name in names if isinstance(self.value, dict) and self.value.get(name) is not None]

    def is_mapping(self, *, code: Code = BAD_FIELD) -> bool:
        """True for a mapping; anything else is reported under ``code``."""
        if isinstance(self.value, dict):
            return True
        self.report(code, f"{self} must be a mapping, not {describe(self.value)}.")
        return False

    def items(self) -> tuple[Field, ...] | None:
        """The items of a list; None, and a finding, where this is no list."""
        if not isinstance(self.value, list):
            hint = 'Write the entry with a leading "- ".' if isinstance(self.value, dict) else ""
            self.report(BAD_FIELD, f"{self} must be a list, not {describe(self.value)}.", hint=hint)
            return None
        return tuple(Field(self.raw, (*self.path, index), item, self.sink) for index, item in enumerate(self.value))

    def text(self, *, code: Code = BAD_FIELD) -> str | None:
        """The string here; None, and a finding under ``code``, for any other type."""
        if isinstance(self.value, str):
            return self.value
        self.report(code, f"{self} must be a string, not {describe(self.value)}.", hint="Put it in quotes.")
        return None

    def integer(self, *, code: Code = BAD_FIELD) -> int | None:
        """The integer here; None, and a finding under ``code``, for any other type.

        A float without a fraction is its integer: ``1e3`` reaches the API server as ``1000``.
        """
        if isinstance(self.value, int) and not isinstance(self.value, bool):
            return self.value
        if isinstance(self.value, float) and self.value.is_integer():
            return int(self.value)
        hint = "Leave out the quotes." if isinstance(self.value, str) and self.value.isdecimal() else ""
        self.report(code, f"{self} must be an integer, not {describe(self.value)}.", hint=hint)
        return None

    def report_unknown(self, known: tuple[str, ...], *, why: str = "The API server drops the field.") -> None:
        """Report every member that is not one of ``known``, with the name that was probably meant."""
        for name in self.value:
            if name in known:
                continue
            path = (*self.path, name)
            near = nearest(str(name), known)
            hint = f"Did you mean {near}?" if near else f"Known here: {', '.join(known)}."
            what = f"{format_path(path)} is not a field of this API."
            self.sink.append(Finding(UNKNOWN_FIELD, what, self.raw.origin(*path, key=True), self.raw.ref, why, hint))


def spec_of(raw: RawObject, sink: list[Finding]) -> Field:
    """The ``spec`` of an object; one that is absent or null is empty."""
    value = raw.body.get("spec")
    return Field(raw, ("spec",), {} if value is None else value, sink)


def nearest(name: str, known: Iterable[str]) -> str:
    """The name that was probably meant: the one that differs in case alone, else the most similar; or nothing."""
    names = [word for word in known if word]
    same = [word for word in names if word.lower() == name.lower()]
    return next(iter(same or difflib.get_close_matches(name, names, 1, 0.6)), "")


def describe(value: object) -> str:
    """A value of the wrong type in words, short enough for one line."""
    match value:
        case None:
            return "null"
        case bool():
            return f"the boolean {str(value).lower()}"
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the string {value!r}" if len(value) <= 60 else f"the string {value[:60]!r}…"
        case list():
            return "a list"
        case dict():
            return "a mapping"
        case _:
            return f"a {type(value).__name__}"
