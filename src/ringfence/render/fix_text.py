"""The answer of ``fix`` for people: each fix with what else it opens and closes, and the change itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import click

from ringfence.fix import commands
from ringfence.fix.effects import Effect
from ringfence.fix.propose import FixAnswer
from ringfence.fix.search import Fix
from ringfence.fix.yaml_dump import document
from ringfence.render.lines import Line, bold, careful, good, layout, place, ports
from ringfence.render.why_text import cause_lines, sentence

_EFFECTS = 6

Difference = Callable[[Fix], str]


def render(answer: FixAnswer, difference: Difference, *, every: bool = False, notes: bool = True) -> str:
    """The verdict, its cause, and the best fix, or all of them.

    ``difference`` gives what a fix changes in the files of the input, or nothing where they can't be edited: then
    edits are shown as commands.
    """
    lines = [sentence(answer.before)]
    if answer.fulfilled:
        wanted = "denied" if answer.deny else "allowed"
        return f"{lines[0]}\nThere is nothing to fix: it is {wanted} already.\n"
    lines += layout(list(cause_lines(answer.causes)))
    lines.append("")
    if not answer.fixes:
        lines.append(f"{bold('No fix found.')} {answer.obstacle}")
    shown = answer.fixes if every else answer.fixes[:1]
    for number, fix in enumerate(shown, 1):
        lines += [*_fix(fix, number, len(answer.fixes), notes=notes), *_change(fix, difference(fix)), ""]
    rest = len(answer.fixes) - len(shown)
    if rest:
        lines.append(
            f"{rest} more {'way' if rest == 1 else 'ways'} to do it: --all shows {'it' if rest == 1 else 'them'}."
        )
    return "\n".join(lines).rstrip("\n") + "\n"


def _fix(fix: Fix, number: int, count: int, *, notes: bool) -> Iterator[str]:
    yield bold(f"Fix {number} of {count}:")
    yield from layout([Line(f"  {patch.title}.", place(patch.origin)) for step in fix.steps for patch in step.patches])
    yield f"  {effects_sentence(fix)}"
    for word, effects in (("opens", fix.effects.opens), ("closes", fix.effects.closes)):
        yield from (f"  {line}" for line in effect_lines(word, effects))
    if notes:
        yield from (f"  Note: {note}" for note in fix.notes)


def _change(fix: Fix, difference: str) -> Iterator[str]:
    """New manifests in full, edits as the difference in the files, or as the command that makes them."""
    edits = [patch for patch in fix.patches if patch.manifest is None]
    moved = bool(difference) and any(patch.delete for patch in edits)
    for patch in fix.patches:
        if patch.manifest is not None and not moved:
            yield from ("", *(f"    {line}" for line in document(patch.manifest).splitlines()))
    if edits and difference:
        yield from ("", *(f"    {line}" for line in difference.splitlines()))
    elif edits:
        yield from ("", *(f"    {commands.kubectl(patch)}" for patch in edits))


def short(fix: Fix | None, command: str, *, best: bool = True) -> str:
    """A fix in one line, for another answer, with the command that prints it; ``best`` where all were tried."""
    if fix is None:
        return f"`{command}` looks for one."
    opens, closes = len(fix.effects.opens), len(fix.effects.closes)
    also = " and ".join(f"{word} {number} more" for word, number in (("opens", opens), ("closes", closes)) if number)
    does = f"also {also}" if also else "opens nothing else"
    return f"{fix.title}: {does}. `{command}` {'prints it' if best else 'tries further ones'}."


def effects_sentence(fix: Fix) -> str:
    """What else the fix does, in one sentence."""
    opens, closes = fix.effects.opens, fix.effects.closes
    if not opens and not closes:
        return f"{good('Verified:')} it opens nothing else and closes nothing else."
    if not opens:
        return f"{careful('Verified:')} it opens nothing else, but closes:"
    if not closes:
        return f"{careful('Verified:')} it closes nothing else, but opens:"
    return f"{careful('Verified:')} it also opens and closes:"


def effect_lines(word: str, effects: Sequence[Effect]) -> Iterator[str]:
    """One line for each group of connections."""
    for effect in effects[:_EFFECTS]:
        yield f"  {word:<6} {effect.source} to {effect.destination} on {ports(effect.ports)}{_pairs(effect)}"
    if len(effects) > _EFFECTS:
        yield f"  {word:<6} … and {len(effects) - _EFFECTS} more groups: -o json shows all"


def _pairs(effect: Effect) -> str:
    return "" if effect.outside or effect.pairs == 1 else f" ({effect.pairs:,} pairs of pods)"


def manifests(fixes: Sequence[Fix]) -> str:
    """The changed and new objects of some fixes, as one stream."""
    documents = []
    for number, fix in enumerate(fixes, 1):
        head = f"# Way {number} of {len(fixes)}, use one: {fix.title}\n" if len(fixes) > 1 else ""
        for patch in fix.patches:
            documents.append(head + commands.manifest(patch, fix.world))
            head = ""
    return "---\n".join(documents)


def kubectl(fixes: Sequence[Fix]) -> str:
    """The commands that apply some fixes, each fix under its title."""
    parts = []
    for number, fix in enumerate(fixes, 1):
        head = f"Way {number} of {len(fixes)}, use one: " if len(fixes) > 1 else ""
        parts.append(f"# {head}{click.unstyle(fix.title)}\n")
        parts += [f"{commands.kubectl(patch)}\n" for patch in fix.patches]
    return "".join(parts)
