"""Terms in Calico's selector language, which has a word for every operator.

Source: Calico reference, "Selectors".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ringfence.dialects.calico.keys import ACCOUNT, NAME, NAMESPACE
from ringfence.dialects.writing.terms import Literal, Term
from ringfence.model import derived
from ringfence.model.labels import Operator

EVERYTHING = "all()"

_PARTS = {Operator.CONTAINS: "contains", Operator.STARTS_WITH: "starts with", Operator.ENDS_WITH: "ends with"}


def alternatives(terms: Sequence[Term]) -> str:
    """A selector of endpoints that means what any of the terms means."""
    texts = [conjunction(term.literals, _endpoint_label) for term in terms]
    if len(texts) == 1:
        return texts[0]
    return " || ".join(text if " && " not in text else f"({text})" for text in texts)


def conjunction(literals: Iterable[Literal], label: Callable[[str], str]) -> str:
    """A selector that asks for all literals; ``label`` gives the label that Calico has for a key of the engine."""
    return " && ".join(_comparison(literal, label) for literal in literals) or EVERYTHING


def selectors(term: Term, own: str) -> dict[str, str]:
    """``namespaceSelector`` and ``selector`` of an end of a rule in a policy of the namespace ``own``, if any."""
    of_namespace = [literal for literal in term.literals if _is_of_namespace(literal)]
    pods = [literal for literal in term.literals if not _is_of_namespace(literal)]
    if own and term.namespace == own and len(of_namespace) == 1:
        return {"selector": conjunction(pods, _endpoint_label)}
    found = {"namespaceSelector": conjunction(of_namespace, _namespace_label)}
    return {**found, "selector": conjunction(pods, _endpoint_label)} if pods else found


def _is_of_namespace(literal: Literal) -> bool:
    key = literal.requirement.key
    return key == derived.NAMESPACE or key.startswith(derived.NAMESPACE_LABEL)


def _endpoint_label(key: str) -> str:
    if key == derived.NAMESPACE:
        return NAMESPACE
    if key == derived.SERVICE_ACCOUNT:
        return ACCOUNT
    if key.startswith(derived.NAMESPACE_LABEL):
        return f"pcns.{key.removeprefix(derived.NAMESPACE_LABEL)}"
    if key.startswith(derived.SERVICE_ACCOUNT_LABEL):
        return f"pcsa.{key.removeprefix(derived.SERVICE_ACCOUNT_LABEL)}"
    return key


def _namespace_label(key: str) -> str:
    return NAME if key == derived.NAMESPACE else key.removeprefix(derived.NAMESPACE_LABEL)


def _comparison(literal: Literal, label: Callable[[str], str]) -> str:
    asked, key = literal.requirement, label(literal.requirement.key)
    values = [_quoted(value) for value in asked.values]
    match asked.operator:
        case Operator.EXISTS:
            return f"has({key})"
        case Operator.DOES_NOT_EXIST:
            return f"!has({key})"
        case Operator.IN:
            return f"{key} == {values[0]}" if len(values) == 1 else f"{key} in {{{', '.join(values)}}}"
        case Operator.NOT_IN:
            return f"{key} != {values[0]}" if len(values) == 1 else f"{key} not in {{{', '.join(values)}}}"
    text = " || ".join(f"{key} {_PARTS[asked.operator]} {value}" for value in values)
    if literal.holds:
        return text if len(values) == 1 else f"({text})"
    return f"!({text})"


def _quoted(value: str) -> str:
    return f'"{value}"' if "'" in value else f"'{value}'"
