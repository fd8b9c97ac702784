"""Fixes for findings: patches that rules propose, each tried before it is offered.

A *safe* fix leaves every policy as it is read, and so every connection, whatever pods come. Any other is *unsafe*: it
changes what a policy says, and the engine tells which connections of the input it opens and closes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ringfence.dialects import AUTO, cni_of, read_policies
from ringfence.lint.context import LintContext
from ringfence.lint.registry import RULES
from ringfence.model import codes
from ringfence.model.finding import Finding, Severity
from ringfence.model.objects import Snapshot
from ringfence.model.patch import Patch
from ringfence.model.policy import Policy

if TYPE_CHECKING:  # they bring the engine, which safe fixes do without
    from ringfence.fix.effects import Effect
    from ringfence.fix.world import World

_RULES = {rule.code: rule for rule in RULES}

_ALONE = ("networking.k8s.io/", "policy.networking.k8s.io/")
"""Policies of these APIs refer to no other object, so that they can be read without the rest of the cluster."""

REDUNDANT = frozenset({codes.RULE_CONTAINED, codes.POLICY_WITHOUT_EFFECT, codes.RULE_SHADOWED, codes.EQUAL_POLICIES})
"""What these find is taken away only if no connection of the input changes."""


@dataclass(frozen=True, slots=True)
class LintFix:
    """A finding, and a patch that puts it right. ``opens`` and ``closes`` are all connections that the patch changes.

    :func:`ringfence.fix.text_edits.text_edits` gives the patch as replacements of text in the files of the input.
    """

    finding: Finding
    patch: Patch
    safe: bool
    opens: tuple[Effect, ...] = ()
    closes: tuple[Effect, ...] = ()


def lint_fixes(
    context: LintContext, findings: Iterable[Finding], *, cni: str = AUTO, unsafe: bool = True
) -> tuple[LintFix, ...]:
    """The best fix for each of the findings that has one. Without ``unsafe``, only those that change no connection."""
    cni = cni_of(context.snapshot) if cni == AUTO else cni
    world: World | None = None
    found = []
    for finding in findings:
        for patch in _proposals(context, finding):
            if is_read_alike(context, finding, patch, cni):
                found.append(LintFix(finding, patch, safe=True))
                break
            if unsafe and is_proved(context, finding, patch, cni):
                found.append(LintFix(finding, patch, safe=False))
                break
            if unsafe:
                world = world or world_of(context, cni)
                fix = _tried(world, finding, patch)
                if fix is not None:
                    found.append(fix)
                    break
    return tuple(found)


def proposed(context: LintContext, findings: Iterable[Finding]) -> int:
    """How many of the findings have a fix to try."""
    return sum(any(True for _ in _proposals(context, finding)) for finding in findings)


def _proposals(context: LintContext, finding: Finding) -> Iterator[Patch]:
    yield from finding.patches
    yield from _RULES[finding.code].patches(context, finding)


def with_fixes(context: LintContext, findings: Iterable[Finding], *, cni: str = AUTO) -> tuple[Finding, ...]:
    """The findings, with the patches that hold and no others, so that they can be shown."""
    findings = tuple(findings)
    holds = {id(fix.finding): (fix.patch,) for fix in lint_fixes(context, findings, cni=cni)}
    return tuple(replace(finding, patches=holds.get(id(finding), ())) for finding in findings)


def is_read_alike(context: LintContext, finding: Finding, patch: Patch, cni: str) -> bool:
    """True where the policy that is patched says the same afterwards; the proof that a fix is safe."""
    if patch.delete:
        return finding.code == codes.DUPLICATE_OBJECT  # its twin stays
    read = _readings(context, patch, cni)
    return read is not None and read[0] == read[1]


def is_proved(context: LintContext, finding: Finding, patch: Patch, cni: str) -> bool:
    """True where a patch takes away just what its rule has shown to the engine to be redundant.

    That is one rule, or a whole policy; one that has parts in several stages is left to be tried.
    """
    read = _readings(context, replace(patch, delete=False), cni) if finding.code in REDUNDANT else None
    if read is None or len(read[0]) != 1:
        return False
    (policy,) = read[0]
    if patch.delete:
        return True
    path = finding.origin.path
    if sum(rule.origin.path == path for rule in (*policy.egress, *policy.ingress)) != 1:
        return False  # an entry that is read as several rules goes with all of them
    return len(read[1]) == 1 and read[1][0] == replace(
        policy,
        egress=tuple(rule for rule in policy.egress if rule.origin.path != path),
        ingress=tuple(rule for rule in policy.ingress if rule.origin.path != path),
    )


def _readings(context: LintContext, patch: Patch, cni: str) -> tuple[tuple[Policy, ...], tuple[Policy, ...]] | None:
    """What an object is read as before and after a patch; ``None`` where it can't be applied.

    It can't be compared either where the API server refuses the object as it stands and wouldn't after the patch, or
    the other way round: what is refused isn't in force.
    """
    raw = context.raw(patch.target)
    try:
        body = patch.apply(raw.body) if raw is not None else None
    except LookupError:
        return None
    if raw is None or body is None:
        return None
    alone = raw.ref.api_version.startswith(_ALONE)
    snapshot = Snapshot(policies=(raw,)) if alone else context.snapshot
    before, wrong = read_policies(snapshot, cni=cni, only=(raw,))
    after, still = read_policies(snapshot, cni=cni, only=(replace(raw, body=body),))
    if _errors(wrong) != _errors(still):
        return None
    return tuple(before.policies()), tuple(after.policies())


def _errors(findings: Iterable[Finding]) -> int:
    return sum(each.severity is Severity.ERROR for each in findings)


def world_of(context: LintContext, cni: str) -> World:
    """The cluster of the context, to try patches on."""
    from ringfence.fix.world import World

    return World.of(context.snapshot, context.engine, cni=cni)


def _tried(world: World, finding: Finding, patch: Patch) -> LintFix | None:
    """The fix with its effects; ``None`` where it can't be applied, makes new errors, or changes what it must not."""
    from ringfence.fix.effects import effects_of
    from ringfence.fix.world import PatchError

    try:
        after = world.patched([patch])
    except PatchError:
        return None
    effects = effects_of(world.engine, after.engine)
    if finding.code in REDUNDANT and (effects.opens or effects.closes):
        return None
    return LintFix(finding, patch, safe=False, opens=effects.opens, closes=effects.closes)
