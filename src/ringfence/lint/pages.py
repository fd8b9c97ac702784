"""The pages of rules: from a module's docstring to Markdown, and to what ``--explain`` prints."""

from __future__ import annotations

import re
from inspect import cleandoc

from ringfence.lint.registry import LintRule, Needs

SECTIONS = ("What it does", "Why it matters", "Example", "Use instead", "Fix safety")
"""The sections of every rule's docstring, in this order."""

NEEDS = {
    Needs.INPUT: "Found while the input is read.",
    Needs.DOCUMENT: "Looks at the objects by themselves.",
    Needs.ENGINE: "Looks at what the policies do with the pods of the input; says nothing where there are none.",
    Needs.SURVEY: "Looks at what the cluster needs, and what the policies allow; says nothing where there are no pods.",
}
"""What a rule looks at, in a sentence for its page."""

_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_YAML = re.compile(r"```yaml\n(.*?)```", re.DOTALL)


def title(rule: LintRule) -> str:
    """The first line of the rule's page."""
    return cleandoc(rule.page).partition("\n")[0]


def sections(rule: LintRule) -> dict[str, str]:
    """The text of each section of the rule's page, by its heading."""
    _, *parts = _HEADING.split(cleandoc(rule.page))
    return {heading: text.strip() for heading, text in zip(parts[::2], parts[1::2], strict=True)}


def manifests(rule: LintRule, section: str) -> str:
    """The YAML of a section; empty where it has none."""
    return "---\n".join(_YAML.findall(sections(rule)[section] + "\n"))


def markdown(rule: LintRule) -> str:
    """The page of a rule as it stands in ``docs/rules``."""
    code = rule.code
    _, _, body = cleandoc(rule.page).partition("\n")
    return (
        f"# {code.code} {code.slug}\n\n{title(rule)}\n\n"
        f"Severity: {code.severity}. {NEEDS[rule.needs]}\n\n{body.strip()}\n"
    )
