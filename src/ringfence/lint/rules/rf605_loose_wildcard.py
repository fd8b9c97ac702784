"""A wildcard in a name doesn't mean what it seems.

## What it does

Looks at patterns of names in Cilium's rules: `*example.com`, `*.com`, and `**` anywhere but at the beginning.

## Why it matters

`*` stands for any characters of one label, the dot excepted. `*example.com` is not "example.com and all below it": it
matches `evil-example.com`, which anybody may buy, and not `www.example.com`. `*.com` is every name just below `com`.
`**.` reaches deeper only as the beginning of a pattern.

## Example

```yaml
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  egress:
  - toFQDNs: [{matchPattern: "*example.com"}]
```

## Use instead

```yaml
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  egress:
  - toFQDNs: [{matchName: example.com}, {matchPattern: "**.example.com"}]
```

## Fix safety

There is no automatic fix: which names were meant is for the author to say.

Source: Cilium documentation, "Layer 3 policies", DNS based.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringfence.explain.cilium import is_cilium
from ringfence.lint.context import LintContext
from ringfence.model.codes import LOOSE_WILDCARD
from ringfence.model.finding import Finding
from ringfence.model.policy import NamePeer

_GLUED = re.compile(r"\*+(?P<domain>[a-z0-9][^.*]*\.[a-z]+)")
_TOP_LEVEL = re.compile(r"\*+\.(?P<domain>[a-z]+)")


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a pattern."""
    for placed in context.rules:
        for peer in placed.rule.peers or ():
            if not isinstance(peer, NamePeer) or not is_cilium(placed.policy.ref):
                continue
            told = _told(peer.pattern)
            if told is not None:
                what, hint = told
                yield Finding(
                    LOOSE_WILDCARD,
                    f"{placed.policy.ref} allows egress to {peer.pattern}, {what}.",
                    peer.origin,
                    placed.policy.ref,
                    "A * stands for characters of one label.",
                    hint,
                )


def _told(pattern: str) -> tuple[str, str] | None:
    glued, top_level = _GLUED.fullmatch(pattern), _TOP_LEVEL.fullmatch(pattern)
    if glued is not None:
        domain = glued["domain"]
        what = f"which matches evil-{domain} and not www.{domain}"
        return what, f"For the name and all below it write matchName: {domain} and matchPattern: **.{domain}."
    if top_level is not None and top_level["domain"] != "local":
        return f"which is every name directly below {top_level['domain']}", "Name the domain."
    if "**" in pattern.removeprefix("**.") and pattern.strip("*"):
        return "where ** means no more than *", "Only **. at the beginning reaches deeper."
    return None
