"""Calico's selector language: an expression over labels, read into the common form.

    app == 'web' && (tier in {'a', 'b'} || !has(canary)) && name starts with 'shop'

``&&`` binds tighter than ``||``. An empty text, and ``all()``, is everything. A label that is missing makes ``==``,
``in``, ``contains``, ``starts with`` and ``ends with`` false, ``!=`` and ``not in`` true.

Source: Calico reference, "Selectors" of NetworkPolicy and GlobalNetworkPolicy.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from ringfence.model.derived import NAMESPACE
from ringfence.model.labels import EVERYTHING, AllOf, AnyOf, LabelExpr, Negation, Operator, Requirement

GLOBAL = Requirement(NAMESPACE, Operator.DOES_NOT_EXIST)
"""``global()``: what is in no namespace. No pod is so."""

_MAX_LABEL = 512
_TOKENS = re.compile(
    r"""
    (?P<space>\s+)
    | (?P<text>"[^"]*"|'[^']*')
    | (?P<function>(?:all|global)\s*\(\s*\))
    | (?P<has>has\s*\(\s*(?P<label>[A-Za-z0-9_./-]+)\s*\))
    | (?P<symbol>==|!=|&&|\|\||[!(){},])
    | (?P<word>(?:not\s+in|starts\s+with|ends\s+with)(?![A-Za-z0-9_./-])|[A-Za-z0-9_./-]+)
    """,
    re.VERBOSE,
)
_COMPARISONS = {
    "==": Operator.IN,
    "!=": Operator.NOT_IN,
    "in": Operator.IN,
    "not in": Operator.NOT_IN,
    "contains": Operator.CONTAINS,
    "starts with": Operator.STARTS_WITH,
    "ends with": Operator.ENDS_WITH,
}


class SelectorError(ValueError):
    """A selector is not valid. ``column`` is the place of the fault in its text, from 1."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


Key = Callable[[str], str]
"""Gives the key by which the engine knows a label."""


def parse_selector(text: str, key: Key = str) -> LabelExpr:
    """The expression that a selector is.

    Raises:
        SelectorError: the text is not a selector; says what is wrong and where.
    """
    return _Parser(text, key).selector()


def mentions_global(expr: LabelExpr) -> bool:
    """True where ``global()`` is part of an expression."""
    match expr:
        case AllOf(parts) | AnyOf(parts):
            return any(map(mentions_global, parts))
        case Negation(part):
            return mentions_global(part)
    return expr == GLOBAL


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    column: int

    def __str__(self) -> str:
        return f"`{self.text}`" if self.kind != "end" else "the end"


class _Parser:
    """Descends by precedence: or, and, not, then one comparison."""

    def __init__(self, text: str, key: Key) -> None:
        self._tokens = _tokens(text)
        self._place = 0
        self._key = key

    def selector(self) -> LabelExpr:
        if self._next.kind == "end":
            return EVERYTHING
        expr = self._any()
        if self._next.kind != "end":
            raise self._unexpected("`&&`, `||` or the end")
        return expr

    @property
    def _next(self) -> _Token:
        return self._tokens[self._place]

    def _take(self) -> _Token:
        token = self._next
        self._place += token.kind != "end"
        return token

    def _unexpected(self, wanted: str) -> SelectorError:
        return SelectorError(f"there is {self._next} where {wanted} is expected", self._next.column)

    def _is(self, symbol: str) -> bool:
        return (self._next.kind, self._next.text) == ("symbol", symbol)

    def _expect(self, symbol: str) -> None:
        if not self._is(symbol):
            raise self._unexpected(f"`{symbol}`")
        self._take()

    def _any(self) -> LabelExpr:
        parts = [self._all()]
        while self._is("||"):
            self._take()
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _all(self) -> LabelExpr:
        parts = [self._one()]
        while self._is("&&"):
            self._take()
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _one(self) -> LabelExpr:
        if self._is("!"):
            self._take()
            part = self._one()
            if isinstance(part, Requirement) and part.operator is Operator.EXISTS:
                return Requirement(part.key, Operator.DOES_NOT_EXIST)
            return Negation(part)
        if self._is("("):
            self._take()
            part = self._any()
            self._expect(")")
            return part
        if self._next.kind == "function":
            return EVERYTHING if self._take().text.startswith("all") else GLOBAL
        if self._next.kind == "has":
            return Requirement(self._label(self._take()), Operator.EXISTS)
        if self._next.kind == "word" and self._next.text not in _COMPARISONS:
            return self._comparison(self._label(self._take()))
        raise self._unexpected("a label, `has(…)`, `all()`, `!` or `(`")

    def _label(self, token: _Token) -> str:
        if len(token.text) > _MAX_LABEL:
            raise SelectorError(f"the label is longer than {_MAX_LABEL} characters", token.column)
        return self._key(token.text)

    def _comparison(self, key: str) -> LabelExpr:
        operator = _COMPARISONS.get(self._next.text) if self._next.kind in ("symbol", "word") else None
        if operator is None:
            raise self._unexpected(f"one of {', '.join(f'`{name}`' for name in _COMPARISONS)}")
        values = self._set() if self._take().text in ("in", "not in") else (self._text(),)
        return Requirement(key, operator, values)

    def _text(self) -> str:
        if self._next.kind != "text":
            raise self._unexpected("a text in quotes")
        return self._take().text[1:-1]

    def _set(self) -> tuple[str, ...]:
        self._expect("{")
        values: list[str] = []
        while not self._is("}"):
            if values:
                self._expect(",")
            values.append(self._text())
        self._take()
        return tuple(dict.fromkeys(values))


@lru_cache(maxsize=4096)
def _tokens(text: str) -> tuple[_Token, ...]:
    """The words of a selector, the end last.

    Raises:
        SelectorError: a character that no word begins with, or a text without its closing quote.
    """
    found: list[_Token] = []
    place = 0
    while place < len(text):
        match = _TOKENS.match(text, place)
        if match is None:
            quoted = text[place] in "\"'"
            problem = "the text has no closing quote" if quoted else f"`{text[place]}` is not of the selector language"
            raise SelectorError(problem, place + 1)
        kind = "has" if match["has"] else match.lastgroup or ""
        if kind != "space":
            word = match["label"] if kind == "has" else " ".join(match[kind].split()) if kind == "word" else match[kind]
            found.append(_Token(kind, word, place + 1))
        place = match.end()
    return (*found, _Token("end", "", len(text) + 1))
