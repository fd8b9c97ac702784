"""Label expressions as alternatives of plain requirements: their disjunctive normal form.

Which namespace a pod is in, and the namespace's labels, are requirements under derived keys
(:mod:`ringfence.model.derived`), so that a term says all that a selector of any dialect asks of a pod.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from ringfence.model import derived
from ringfence.model.addresses import AddressSet
from ringfence.model.labels import AllOf, AnyOf, LabelExpr, Negation, Operator, Requirement
from ringfence.model.objects import NAMESPACE_NAME_LABEL
from ringfence.model.policy import PodPeer

MOST_TERMS = 64
"""More alternatives than this are no policy that a person could read."""

_OPPOSITE = {
    Operator.IN: Operator.NOT_IN,
    Operator.NOT_IN: Operator.IN,
    Operator.EXISTS: Operator.DOES_NOT_EXIST,
    Operator.DOES_NOT_EXIST: Operator.EXISTS,
}


class TooManyTermsError(Exception):
    """An expression has more alternatives than anyone could read."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A requirement, or that it doesn't hold; only those without an opposite are ever negated."""

    requirement: Requirement
    holds: bool = True

    def negated(self) -> Literal:
        """What holds where this doesn't."""
        asked = self.requirement
        if asked.operator not in _OPPOSITE:
            return Literal(asked, not self.holds)
        return Literal(Requirement(asked.key, _OPPOSITE[asked.operator], asked.values))

    def sort_key(self) -> tuple[str, str, tuple[str, ...], bool]:
        """By key, then operator."""
        return (self.requirement.key, self.requirement.operator.value, self.requirement.values, self.holds)


@dataclass(frozen=True, slots=True)
class Term:
    """Pods that meet every literal and, where ``addresses`` is given, have an address in it."""

    literals: tuple[Literal, ...] = ()
    addresses: AddressSet | None = None

    @property
    def namespace(self) -> str | None:
        """The only namespace that the pods can be in, where there is one."""
        for literal in self.literals:
            asked = literal.requirement
            if asked.key == derived.NAMESPACE and asked.operator is Operator.IN and len(asked.values) == 1:
                return asked.values[0]
        return None

    def without_namespace(self) -> Term:
        """The term without what it asks of the namespace's name."""
        rest = tuple(literal for literal in self.literals if literal.requirement.key != derived.NAMESPACE)
        return Term(rest, self.addresses)

    def covers(self, other: Term) -> bool:
        """True where it is plain that this term means every pod that the other means."""
        narrower = self.addresses is None or (other.addresses is not None and other.addresses <= self.addresses)
        return narrower and set(self.literals) <= set(other.literals)


def conjoined(terms: Iterable[Term]) -> Term | None:
    """What all of the terms mean; None where that is plainly nobody."""
    literals: list[Literal] = []
    addresses: AddressSet | None = None
    for term in terms:
        literals.extend(term.literals)
        if term.addresses is not None:
            addresses = term.addresses if addresses is None else addresses & term.addresses
    if addresses is not None and not addresses:
        return None
    merged = _merged(literals)
    return None if merged is None else Term(merged, addresses)


def terms_of(peer: PodPeer) -> list[Term]:
    """The alternatives of a pod peer.

    Raises:
        TooManyTermsError: there are more than :data:`MOST_TERMS`.
    """
    if peer.namespace is not None:
        where = [Term((Literal(Requirement(derived.NAMESPACE, Operator.IN, (peer.namespace,))),))]
    else:
        where = [Term(tuple(map(_of_namespace, term.literals))) for term in expression_terms(peer.namespaces)]
    pods = [Term(tuple(map(_normal, term.literals))) for term in expression_terms(peer.pods)]
    return intersection(where, pods)


def expression_terms(expr: LabelExpr, *, holds: bool = True) -> list[Term]:
    """The alternatives of an expression, or of its opposite.

    Raises:
        TooManyTermsError: there are more than :data:`MOST_TERMS`.
    """
    match expr:
        case Negation(part):
            return expression_terms(part, holds=not holds)
        case AllOf(parts) | AnyOf(parts):
            each = [expression_terms(part, holds=holds) for part in parts]
            if isinstance(expr, AllOf) is holds:
                found = [Term()]
                for alternatives in each:
                    found = intersection(found, alternatives)
                return found
            return union(*each)
    literal = Literal(expr)
    merged = _merged([literal if holds else literal.negated()])
    return [] if merged is None else [Term(merged)]


def union(*lists: Iterable[Term]) -> list[Term]:
    """The alternatives of all lists, without those that another covers."""
    found: list[Term] = []
    for term in (term for terms in lists for term in terms):
        if not any(known.covers(term) for known in found):
            found = [known for known in found if not term.covers(known)] + [term]
    return _bounded(found)


def intersection(left: Iterable[Term], right: Iterable[Term]) -> list[Term]:
    """What one alternative of either list means."""
    right = list(right)
    return union([term for pair in product(left, right) if (term := conjoined(pair)) is not None])


def complement(terms: Iterable[Term], everywhere: AddressSet) -> list[Term]:
    """The pods that no alternative means."""
    found = [Term()]
    for term in terms:
        opposite = [Term((literal.negated(),)) for literal in term.literals]
        if term.addresses is not None:
            opposite.append(Term((), everywhere - term.addresses))
        found = intersection(found, opposite)
    return found


def _bounded(terms: list[Term]) -> list[Term]:
    if len(terms) > MOST_TERMS:
        raise TooManyTermsError
    return terms


def _of_namespace(literal: Literal) -> Literal:
    """A literal on a namespace's labels as one on the pods in it."""
    asked = literal.requirement
    return _normal(
        Literal(Requirement(derived.NAMESPACE_LABEL + asked.key, asked.operator, asked.values), literal.holds)
    )


def _normal(literal: Literal) -> Literal:
    """The label that every namespace has of its name is asked as the name."""
    asked = literal.requirement
    if asked.key != derived.NAMESPACE_LABEL + NAMESPACE_NAME_LABEL:
        return literal
    return Literal(Requirement(derived.NAMESPACE, asked.operator, asked.values), literal.holds)


def _merged(literals: Iterable[Literal]) -> tuple[Literal, ...] | None:
    """The literals with all that is asked of one key put together; None where it contradicts itself."""
    by_key: dict[str, list[Literal]] = {}
    for literal in literals:
        by_key.setdefault(literal.requirement.key, []).append(literal)
    found: list[Literal] = []
    for key in sorted(by_key):
        merged = _merged_key(key, by_key[key])
        if merged is None:
            return None
        found.extend(merged)
    return tuple(found)


def _merged_key(key: str, literals: list[Literal]) -> list[Literal] | None:
    inside: set[str] | None = None
    outside: set[str] = set()
    present = key == derived.NAMESPACE
    absent = False
    others: list[Literal] = []
    for literal in literals:
        asked = literal.requirement
        match asked.operator:
            case Operator.IN:
                inside = set(asked.values) if inside is None else inside & set(asked.values)
            case Operator.NOT_IN:
                outside |= set(asked.values)
            case Operator.EXISTS:
                present = True
            case Operator.DOES_NOT_EXIST:
                absent = True
            case _:
                others.append(literal)
    if absent:
        return None if present or inside is not None or any(o.holds for o in others) else [_made(key, "DoesNotExist")]
    if inside is not None:
        left = {
            value for value in inside - outside if all(o.requirement.matches({key: value}) is o.holds for o in others)
        }
        return [_made(key, "In", left)] if left else None
    found = sorted(set(others), key=Literal.sort_key)
    if outside:
        found.insert(0, _made(key, "NotIn", outside))
    if present and key != derived.NAMESPACE:
        found.insert(0, _made(key, "Exists"))
    return found


def _made(key: str, operator: str, values: Iterable[str] = ()) -> Literal:
    return Literal(Requirement(key, Operator(operator), tuple(sorted(values))))
