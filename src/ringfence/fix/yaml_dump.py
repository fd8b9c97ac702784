"""Values as YAML text, in the plain style of ``kubectl``: for new manifests, and for lines put into existing ones."""

from __future__ import annotations

import re
from typing import Any

import yaml

_WIDE = 1 << 20
"""Lines are never wrapped."""


class _Dumper(yaml.SafeDumper):
    """Lists are indented below their key, as most people write them; values that are equal are written twice."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 -- the base's
        """As the base, never without indentation."""
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 -- the base's
        """No anchors."""
        return True


_Dumper.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"[yYnN]$"), list("yYnN"))
"""kubectl reads these words as booleans where they have no quotes, which PyYAML doesn't know."""


def document(value: Any) -> str:
    """A whole manifest."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDE)


def block(value: Any) -> list[str]:
    """A value as lines, the first at the left margin."""
    return document(value).splitlines()


def flow(value: Any) -> str:
    """A value on one line, to stand inside braces or after a colon."""
    text = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDE, default_flow_style=True)
    return text.removesuffix("...\n").strip()
