"""Fixes as text: what each replaces in the files of the input, and none where a comment would be lost."""

from __future__ import annotations

import re
from collections import Counter

from ringfence.fix.text_edits import TextEdit, edits_between
from ringfence.fix.writing import FileChange, WriteError, changes
from ringfence.lint.fixes import LintFix
from ringfence.model.objects import Snapshot
from ringfence.model.patch import EditOp, Patch

_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$", re.MULTILINE)


def replacements(fix: LintFix, snapshot: Snapshot) -> tuple[TextEdit, ...]:
    """The text edits of one fix, by themselves; empty where it can't be written.

    It can't where the object is in no YAML file on disk, shares the place with others by an anchor, or would lose a
    comment. What is deleted goes with the comments inside it.
    """
    try:
        files = changes((fix.patch,), snapshot)
    except WriteError:
        return ()
    if not _only_removes(fix.patch) and any(map(_loses_comment, files)):
        return ()
    return tuple(edit for change in files for edit in edits_between(change))


def _only_removes(patch: Patch) -> bool:
    return patch.delete or all(edit.op is EditOp.REMOVE for edit in patch.edits)


def _loses_comment(change: FileChange) -> bool:
    if change.before.count("#") == change.after.count("#"):
        return False  # the patch neither takes nor brings one: no need to look at all lines
    return bool(Counter(_COMMENT.findall(change.before)) - Counter(_COMMENT.findall(change.after)))
