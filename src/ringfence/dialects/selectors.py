"""Kubernetes label selectors, checked as the API server checks them.

Source: LabelSelector in the Kubernetes API reference; "Labels and Selectors: syntax and character set" in the
Kubernetes documentation.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from functools import lru_cache

from ringfence.dialects.fields import Field, describe
from ringfence.model.codes import BAD_SELECTOR
from ringfence.model.labels import EVERYTHING, AllOf, LabelExpr, Operator, Requirement, match_labels

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_MAX_NAME = 63
_MAX_PREFIX = 253

OPERATORS = {
    operator.value: operator for operator in (Operator.IN, Operator.NOT_IN, Operator.EXISTS, Operator.DOES_NOT_EXIST)
}
_VALUED = (Operator.IN, Operator.NOT_IN)


ReadKey = Callable[[Field, object], str | None]
"""Reads a label key: the key that the engine knows it by; None, with a finding, for one that is refused."""


def kubernetes_key(field: Field, key: object) -> str | None:
    """A label key as the API server checks it; None, and a finding, for an invalid one."""
    problem = key_problem(key) if isinstance(key, str) else f"is {describe(key)}"
    if problem:
        field.report(BAD_SELECTOR, f"The label key {key!r} of {field} {problem}.", why="The API server refuses it.")
    return None if problem else str(key)


def read_selector(field: Field | None, read_key: ReadKey = kubernetes_key) -> LabelExpr | None:
    """The expression of a selector; one that is left out selects everything, as an empty one does.

    Returns None, with findings, for a selector that the API server refuses.
    """
    if field is None:
        return EVERYTHING
    if not field.is_mapping(code=BAD_SELECTOR):
        return None
    if not field.value:
        return EVERYTHING
    field.report_unknown(
        ("matchLabels", "matchExpressions"),
        why="The API server drops the field, and a selector without requirements selects everything.",
    )
    labels = _read_match_labels(field.get("matchLabels"), read_key)
    expressions = _read_match_expressions(field.get("matchExpressions"), read_key)
    if labels is None or expressions is None:
        return None
    return AllOf(match_labels(labels).parts + expressions)


def _read_match_labels(field: Field | None, read_key: ReadKey) -> dict[str, str] | None:
    if field is None:
        return {}
    if not field.is_mapping(code=BAD_SELECTOR):
        return None
    labels: dict[str, str] = {}
    valid = True
    for key, value in field.value.items():
        member = Field(field.raw, (*field.path, key), value, field.sink)
        name = read_key(member, key)
        # Null decodes to the empty string in Go: the key must be there with an empty value.
        text = "" if value is None else member.text(code=BAD_SELECTOR)
        if name is None or text is None or not _check_value(member, text):
            valid = False
        else:
            labels[name] = text
    return labels if valid else None


def _read_match_expressions(field: Field | None, read_key: ReadKey) -> tuple[Requirement, ...] | None:
    if field is None:
        return ()
    items = field.items()
    if items is None:
        return None
    requirements = [_read_requirement(item, read_key) for item in items]
    if any(requirement is None for requirement in requirements):
        return None
    return tuple(requirement for requirement in requirements if requirement is not None)


def _read_requirement(item: Field, read_key: ReadKey) -> Requirement | None:
    if not item.is_mapping(code=BAD_SELECTOR):
        return None
    item.report_unknown(("key", "operator", "values"))
    key, operator, listed = item.get("key"), item.get("operator"), item.get("values")
    if key is None or operator is None:
        missing = "key" if key is None else "operator"
        item.report(BAD_SELECTOR, f"{item} has no {missing}.")
        return None
    text = key.text(code=BAD_SELECTOR)
    kind = OPERATORS.get(operator.value) if isinstance(operator.value, str) else None
    if kind is None:
        operator.report(
            BAD_SELECTOR,
            f"{operator} is {describe(operator.value)}, which is no operator.",
            hint=_operator_hint(operator.value),
        )
    name = None if text is None else read_key(key, text)
    if name is None or kind is None:
        return None
    values = _read_values(listed)
    if values is None:
        return None
    if kind in _VALUED and not values:
        item.report(BAD_SELECTOR, f"{item} needs values for the operator {kind.value}.")
        return None
    if kind not in _VALUED and values:
        item.report(BAD_SELECTOR, f"{item} must have no values with the operator {kind.value}.")
        return None
    return Requirement(name, kind, values)


def _read_values(field: Field | None) -> tuple[str, ...] | None:
    if field is None:
        return ()
    items = field.items()
    if items is None:
        return None
    values = []
    for item in items:
        text = item.text(code=BAD_SELECTOR)
        if text is None or not _check_value(item, text):
            return None
        values.append(text)
    return tuple(values)


def _operator_hint(value: object) -> str:
    folded = {name.lower(): name for name in OPERATORS}
    near = difflib.get_close_matches(str(value).lower(), folded, 1, 0.5)
    return f"Did you mean {folded[near[0]]}?" if near else f"Known: {', '.join(OPERATORS)}."


def _check_value(field: Field, value: str) -> bool:
    problem = value_problem(value)
    if problem:
        field.report(BAD_SELECTOR, f"The label value {value!r} of {field} {problem}.", why="The API server refuses it.")
    return not problem


@lru_cache(maxsize=4096)
def key_problem(key: str) -> str:
    """What is wrong with a label key, or nothing: ``[prefix/]name``, the prefix a DNS subdomain."""
    prefix, slash, name = key.rpartition("/")
    if slash and (len(prefix) > _MAX_PREFIX or not _SUBDOMAIN.fullmatch(prefix)):
        return "has a prefix that is no DNS subdomain"
    if not name:
        return "has no name"
    if len(name) > _MAX_NAME:
        return f"is longer than {_MAX_NAME} characters"
    if not _NAME.fullmatch(name):
        return "must begin and end with a letter or digit, with only letters, digits, -, _ and . between"
    return ""


@lru_cache(maxsize=4096)
def value_problem(value: str) -> str:
    """What is wrong with a label value, or nothing; the empty string is valid."""
    if len(value) > _MAX_NAME:
        return f"is longer than {_MAX_NAME} characters"
    if value and not _NAME.fullmatch(value):
        return "must begin and end with a letter or digit, with only letters, digits, -, _ and . between"
    return ""
