"""What a policy API makes of the names of a request: the pattern to write, and what that lets through."""

from __future__ import annotations

from ringfence.egress.request import NameTarget, Wild
from ringfence.model.name_patterns import NameSyntax


def spelt(target: NameTarget, syntax: NameSyntax) -> str:
    """The name or pattern in a dialect that is nearest to what the request means."""
    if target.wild is Wild.NONE:
        return target.base
    front = "**." if syntax is NameSyntax.CILIUM and target.wild is Wild.LABELS else "*."
    return front + target.base


def difference(target: NameTarget, syntax: NameSyntax) -> str:
    """How the dialect's pattern differs from what was asked for, as a sentence; empty where it doesn't."""
    deep = syntax in (NameSyntax.CALICO, NameSyntax.PREFIX)
    written = spelt(target, syntax)
    if target.wild is Wild.ONE_LABEL and deep:
        return f"{written} is wider than {target}: here it means names of any depth."
    if target.wild is Wild.LABELS and syntax is NameSyntax.ONE_LABEL:
        return f"{written} is narrower than {target}: here it means one label, deeper names are not allowed."
    if target.wild is Wild.LABELS and syntax is NameSyntax.CILIUM:
        return f"{written} means any depth since Cilium 1.19; before, it means one label."
    return ""
