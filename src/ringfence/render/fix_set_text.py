"""The answer of ``fix`` for many connections: what is restored, by which patches, and what else they change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import click

from ringfence.fix import commands
from ringfence.fix.propose_all import FixSet
from ringfence.fix.wanted import Wanted
from ringfence.model.patch import Patch
from ringfence.render.fix_text import effect_lines
from ringfence.render.lines import Line, bad, careful, count, good, layout, place

_LEFT = 10


def render(answer: FixSet, difference: str = "", *, notes: bool = True) -> str:
    """What is wanted and cut, the patches, and what else they change.

    ``difference`` is what the edits change in the files of the input; new policies are only named.
    """
    return "\n".join(_lines(answer, difference, notes=notes)).rstrip("\n") + "\n"


def _lines(answer: FixSet, difference: str, *, notes: bool) -> Iterator[str]:
    cut = (*answer.restored, *(left.wanted for left in answer.left))
    wanted = len(cut) + len(answer.kept)
    if not cut:
        yield f"There is nothing to fix: every wanted connection ({wanted:,}) is allowed already."
        return
    are = "is" if len(cut) == 1 else "are"
    yield f"{len(cut):,} of {count(wanted, 'wanted connection')} {are} {bad('cut')}: {_told(cut)}."
    if answer.patches:
        number = count(len(answer.patches), "change")
        if len(answer.restored) < len(cut):
            yield f"{number} {_verb(answer.patches)} {careful('only')} {len(answer.restored)} of them:"
        else:
            yield f"{number} {_verb(answer.patches)} {'it' if len(cut) == 1 else 'them all'}:"
        yield ""
        yield from layout([Line(f"  {patch.title}.", place(patch.origin)) for patch in answer.patches])
        yield ""
        yield from _effects(answer)
        if notes:
            yield from (f"Note: {note}" for note in answer.notes)
        if difference:
            yield from ("", *(f"    {line}" for line in difference.splitlines()))
        yield from _how(answer)
    if answer.left:
        yield ""
        yield bad(f"{count(len(answer.left), 'connection')} can't be restored:")
        left = answer.left[:_LEFT]
        yield from layout([Line(f"  {each.wanted}: {each.reason}", place(each.wanted.origin)) for each in left])
        if len(answer.left) > _LEFT:
            yield f"  … and {len(answer.left) - _LEFT} more: -o json shows all"


def _told(cut: Sequence[Wanted]) -> str:
    """``names for 47 workloads, and 77 dependencies``."""
    names = len({each.source for each in cut if each.dns})
    others = sum(not each.dns for each in cut)
    parts = []
    if names:
        parts.append(f"names for {count(names, 'workload')}")
    if others:
        parts.append(count(others, "other connection" if names else "connection"))
    return ", and ".join(parts)


def _effects(answer: FixSet) -> Iterator[str]:
    opens, closes = answer.effects.opens, answer.effects.closes
    if not opens and not closes:
        yield f"{good('Verified together:')} beyond what is wanted they open nothing and close nothing."
        return
    does = " and ".join(word for word, some in (("open", opens), ("close", closes)) if some)
    yield f"{careful('Verified together:')} beyond what is wanted they also {does}:"
    for word, effects in (("opens", opens), ("closes", closes)):
        yield from effect_lines(word, effects)


def _how(answer: FixSet) -> Iterator[str]:
    new = Counter(patch.target.kind for patch in answer.patches if patch.manifest is not None)
    if new:
        yield ""
        yield "-o manifest prints the new policies; --write --into FILE puts them into a file."


def _verb(patches: Sequence[Patch]) -> str:
    return "restores" if len(patches) == 1 else "restore"


def manifests(answer: FixSet) -> str:
    """The changed and new objects as one stream, each under what it is for."""
    world = answer.world
    return "---\n".join(
        f"# {patch.title}.\n{commands.manifest(patch, world)}" for patch in answer.patches if world is not None
    )


def kubectl(answer: FixSet) -> str:
    """The commands that apply the patches, each under what it is for."""
    return "".join(f"# {click.unstyle(patch.title)}\n{commands.kubectl(patch)}\n" for patch in answer.patches)


def summary(answer: FixSet) -> Iterator[str]:
    """What is to be known beside the manifests, for stderr."""
    yield from (click.unstyle(line) for line in _effects(answer))
    yield from (f"note: {note}" for note in answer.notes)
    yield from (f"left: {each.wanted}: {each.reason}" for each in answer.left)
