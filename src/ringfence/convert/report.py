"""What a conversion gives: the objects, what they lose, and how far they are proved to say the same."""

from __future__ import annotations

from dataclasses import dataclass, field

from ringfence.dialects.writing import Loss
from ringfence.dialects.writing.losses import Manifest
from ringfence.model.origin import ObjectRef, Origin
from ringfence.model.ports import PortSet


@dataclass(frozen=True, slots=True)
class Responsible:
    """A rule, or a policy where no rule decides, of the input that decided a connection which differs."""

    text: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Difference:
    """Connections that the new objects open or close.

    ``future`` is true where an end is a pod that doesn't exist yet; ``certain`` is false where names or layer 7 have
    the last word, before or after. ``rules`` are what allowed, before, what is closed, or denied what is opened.
    """

    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    opened: PortSet
    closed: PortSet
    future: bool = False
    certain: bool = True
    rules: tuple[Responsible, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Proof:
    """What was compared: pods of the cluster, shapes of pods that could be made, and what limits that."""

    pods: int
    shapes: int
    differences: tuple[Difference, ...]
    limits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversion:
    """The answer of ``ringfence convert``. ``kept`` are policies that stay as they are beside the new objects."""

    to: str
    cni: str
    converted: tuple[ObjectRef, ...]
    kept: tuple[ObjectRef, ...]
    objects: tuple[Manifest, ...]
    losses: tuple[Loss, ...]
    proof: Proof
    notes: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """True where nothing is lost and no connection differs."""
        return not self.losses and not self.proof.differences
