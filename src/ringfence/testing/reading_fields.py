"""How the fields of a suite are read: strictly, and a slip is met with what was probably meant."""

from __future__ import annotations

from collections.abc import Sequence

from ringfence.dialects.fields import Field, describe
from ringfence.explain.suggest import did_you_mean
from ringfence.model.codes import BAD_FIELD
from ringfence.model.objects import format_path


def absent(field: Field, names: Sequence[str]) -> None:
    """Report each of these members that is there and empty: leaving it out would mean something else."""
    for name in names:
        if name in field.value and field.value[name] is None:
            path = (*field.path, name)
            hint = "Fill it in, or leave the key out."
            Field(field.raw, path, None, field.sink).report(BAD_FIELD, f"{format_path(path)} is empty.", hint=hint)


def text_of(field: Field) -> str | None:
    """A text that is not empty; None, and a problem, for anything else."""
    text = field.text()
    if text is not None and not text.strip():
        field.report(BAD_FIELD, f"{field} is empty.")
        return None
    return text


def one_or_more(field: Field) -> tuple[Field, ...]:
    """The items of a list, or the value itself where it is none. An empty list is a problem."""
    if not isinstance(field.value, list):
        return (field,)
    if not field.value:
        field.report(BAD_FIELD, f"{field} is an empty list.", hint="List at least one, or leave the key out.")
    return field.items() or ()


def texts_of(field: Field) -> tuple[str, ...]:
    """One text, or the texts of a list."""
    found = [text_of(each) for each in one_or_more(field)]
    return tuple(text for text in found if text is not None)


def choice(field: Field, words: Sequence[str]) -> str | None:
    """One of these words; None, and a problem that names the nearest, for anything else."""
    if isinstance(field.value, str) and field.value in words:
        return field.value
    hint = did_you_mean(field.value, words) if isinstance(field.value, str) else ""
    known = f"{', '.join(words[:-1])} or {words[-1]}"
    field.report(BAD_FIELD, f"{field} is {describe(field.value)}; it must be {known}.", hint=hint.strip())
    return None
