"""What a writer is told and gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ringfence.model.objects import Snapshot
from ringfence.model.origin import UNKNOWN, ObjectRef, Origin

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that the dialect can't say as it was meant.

    ``what`` says what becomes of it, ``why`` what the dialect lacks; ``ref`` is the policy, ``origin`` the rule.
    """

    ref: ObjectRef
    what: str
    why: str
    origin: Origin = field(default=UNKNOWN, compare=False)


@dataclass(frozen=True, slots=True)
class Target:
    """Where the objects go: the CNI that enforces them, and the cluster, which tells which namespaces there are.

    ``annotations`` are put on each object besides ``ringfence.dev/from``, which names the policy that it came of.
    """

    cni: str = "generic"
    snapshot: Snapshot = field(default_factory=Snapshot)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """Objects to apply, and what they don't say."""

    objects: tuple[Manifest, ...]
    losses: tuple[Loss, ...] = ()
