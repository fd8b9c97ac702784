"""What the kubelet makes of a container's variables before a program sees them: ``$(NAME)`` is replaced.

Source: "Define Dependent Environment Variables" in the Kubernetes documentation, and EnvVar and Container in the API
reference: a reference is to a variable defined before, ``$$`` is an escaped ``$``, and what can't be resolved stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

_REFERENCE: Final = re.compile(r"\$\$|\$\(([^)]*)\)")
_HOST: Final = re.compile(
    r"(?P<prefix>(?:.*?[-_.])?)(?P<word>hosts?|hostname|addr|address|server|service|svc)", re.IGNORECASE
)
_CAMEL: Final = re.compile(r"(?P<prefix>.*[a-z0-9])(?:Host|Hostname|Addr|Address|Server)")


def expanded(text: str, variables: Mapping[str, str]) -> str:
    """The text with every ``$(NAME)`` of a known variable replaced."""
    if "$" not in text:
        return text

    def value(match: re.Match[str]) -> str:
        return "$" if match[1] is None else variables.get(match[1], match[0])

    return _REFERENCE.sub(value, text)


def port_beside(key: str, variables: Mapping[str, str]) -> str:
    """The port that stands beside a host: the value of ``REDIS_PORT`` for ``REDIS_HOST``; empty where none does."""
    return next((variables[name] for name in _siblings(key) if variables.get(name, "").isdecimal()), "")


def _siblings(key: str) -> Iterator[str]:
    match = _HOST.fullmatch(key)
    if match is not None:
        word = match["word"]
        yield match["prefix"] + ("PORT" if word.isupper() else "Port" if word[0].isupper() else "port")
    elif camel := _CAMEL.fullmatch(key):
        yield camel["prefix"] + "Port"
