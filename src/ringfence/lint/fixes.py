"""Fixes for findings: patches that rules propose, each tried before it is offered.

A *safe* fix leaves every policy as it is read, and so every connection, whatever pods come. Any other is *unsafe*: it
changes what a policy says, and the engine tells which connections of the input it opens and closes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ringfence.dialects import read_policies
from ringfence.lint.context import LintContext
from ringfence.lint.registry import RULES
from ringfence.model import codes
from ringfence.model.finding import Finding, Severity
from ringfence.model.objects import Snapshot
from ringfence.model.patch import Patch

if TYPE_CHECKING:  # they bring the engine, which safe fixes do without
    from ringfence.fix.effects import Effect
    from ringfence.fix.world import World

_RULES = {rule.code: rule for rule in RULES}

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
    context: LintContext, findings: Iterable[Finding], *, cni: str = "generic", unsafe: bool = True
) -> tuple[LintFix, ...]:
    """The best fix for each of the findings that has one. Without ``unsafe``, only those that change no connection."""
    world: World | None = None
    found = []
    for finding in findings:
        for patch in _proposals(context, finding):
            if is_read_alike(context, finding, patch, cni):
                found.append(LintFix(finding, patch, safe=True))
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


def with_fixes(context: LintContext, findings: Iterable[Finding], *, cni: str = "generic") -> tuple[Finding, ...]:
    """The findings, with the patches that hold and no others, so that they can be shown."""
    findings = tuple(findings)
    holds = {id(fix.finding): (fix.patch,) for fix in lint_fixes(context, findings, cni=cni)}
    return tuple(replace(finding, patches=holds.get(id(finding), ())) for finding in findings)


def is_read_alike(context: LintContext, finding: Finding, patch: Patch, cni: str) -> bool:
    """True where the policy that is patched says the same afterwards; the proof that a fix is safe."""
    if patch.delete:
        return finding.code == codes.DUPLICATE_OBJECT  # its twin stays
    raw = context.raw(patch.target)
    try:
        body = patch.apply(raw.body) if raw is not None else None
    except LookupError:
        return False
    if raw is None or body is None:
        return False
    before, wrong = read_policies(Snapshot(policies=(raw,)), cni=cni)
    after, still = read_policies(Snapshot(policies=(replace(raw, body=body),)), cni=cni)
    # What the API server refuses as it stands isn't in force, and would be after the fix.
    accepted = sum(each.severity is Severity.ERROR for each in wrong) == sum(
        each.severity is Severity.ERROR for each in still
    )
    return accepted and before == after


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
