"""Label expressions: what a selector asks of a label set.

Kubernetes selectors are a conjunction of requirements; Calico's selector language also needs the other
connectives. An expression is hashable, so that evaluations can be remembered by it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Labels = Mapping[str, str]


class Operator(enum.Enum):
    """What a requirement asks of the value of its key."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"
    CONTAINS = "Contains"
    STARTS_WITH = "StartsWith"
    ENDS_WITH = "EndsWith"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement on one key. ``NOT_IN`` holds for a label set without the key.

    Source: LabelSelectorRequirement in the Kubernetes API reference; Calico's selector reference for the last three.
    """

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def matches(self, labels: Labels) -> bool:
        """True where ``labels`` meets the requirement."""
        value = labels.get(self.key)
        match self.operator:
            case Operator.IN:
                return value in self.values
            case Operator.NOT_IN:
                return value not in self.values
            case Operator.EXISTS:
                return value is not None
            case Operator.DOES_NOT_EXIST:
                return value is None
            case Operator.CONTAINS:
                return value is not None and any(part in value for part in self.values)
            case Operator.STARTS_WITH:
                return value is not None and value.startswith(self.values)
            case Operator.ENDS_WITH:
                return value is not None and value.endswith(self.values)

    def keys(self) -> Iterator[str]:
        """The label keys that the answer depends on."""
        yield self.key

    def __str__(self) -> str:
        match self.operator:
            case Operator.IN if len(self.values) == 1:
                return f"{self.key}={self.values[0]}"
            case Operator.NOT_IN if len(self.values) == 1:
                return f"{self.key}!={self.values[0]}"
            case Operator.EXISTS:
                return self.key
            case Operator.DOES_NOT_EXIST:
                return f"!{self.key}"
            case Operator.NOT_IN:
                return f"{self.key} notin ({','.join(self.values)})"
            case _:
                return f"{self.key} {self.operator.value.lower()} ({','.join(self.values)})"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds; without parts, every label set matches."""

    parts: tuple[LabelExpr, ...] = ()

    def matches(self, labels: Labels) -> bool:
        """True where every part matches."""
        return all(part.matches(labels) for part in self.parts)

    def keys(self) -> Iterator[str]:
        """The label keys that the answer depends on."""
        for part in self.parts:
            yield from part.keys()

    def __str__(self) -> str:
        return ",".join(map(str, self.parts)) or "all"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds; without parts, no label set matches."""

    parts: tuple[LabelExpr, ...] = ()

    def matches(self, labels: Labels) -> bool:
        """True where some part matches."""
        return any(part.matches(labels) for part in self.parts)

    def keys(self) -> Iterator[str]:
        """The label keys that the answer depends on."""
        for part in self.parts:
            yield from part.keys()

    def __str__(self) -> str:
        return " or ".join(f"({part})" for part in self.parts) or "none"


@dataclass(frozen=True, slots=True)
class Negation:
    """The part does not hold."""

    part: LabelExpr

    def matches(self, labels: Labels) -> bool:
        """True where the part does not match."""
        return not self.part.matches(labels)

    def keys(self) -> Iterator[str]:
        """The label keys that the answer depends on."""
        return self.part.keys()

    def __str__(self) -> str:
        return f"not ({self.part})"


LabelExpr = Requirement | AllOf | AnyOf | Negation

EVERYTHING = AllOf()
NOTHING = AnyOf()


def match_labels(labels: Labels) -> AllOf:
    """The expression of a ``matchLabels`` map; requirements sorted by key, so equal maps give equal values."""
    return AllOf(tuple(Requirement(key, Operator.IN, (labels[key],)) for key in sorted(labels)))
