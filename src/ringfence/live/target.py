"""Which cluster is meant: a context of a kubeconfig, and the namespaces to ask for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qs, quote, urlencode

from ringfence.model.errors import QueryError

PREFIX: Final = "live:"
"""How a path begins that means a running cluster: ``live:`` or ``live:CONTEXT``."""

_KNOWN: Final = ("kubeconfig", "namespaces", "timeout")
_TIMEOUT: Final = 30.0


@dataclass(frozen=True, slots=True)
class Target:
    """A cluster to ask.

    ``context`` and ``kubeconfig`` are empty where the user's own choice counts, as for kubectl. ``namespaces`` are
    those to ask for where not all may be listed. ``timeout`` is for one request, in seconds.
    """

    context: str = ""
    kubeconfig: str = ""
    namespaces: tuple[str, ...] = ()
    timeout: float = _TIMEOUT

    @classmethod
    def parse(cls, path: str) -> Target:
        """What a path such as ``live:prod?namespaces=shop,data&timeout=5`` means.

        Raises:
            QueryError: it has an unknown setting, or a wrong one.
        """
        context, _, settings = path.removeprefix(PREFIX).partition("?")
        target = cls(context)
        for name, values in parse_qs(settings, keep_blank_values=True).items():
            value = values[-1]
            if name == "kubeconfig":
                target = replace(target, kubeconfig=value)
            elif name == "namespaces":
                target = replace(target, namespaces=tuple(filter(None, value.split(","))))
            elif name == "timeout":
                target = replace(target, timeout=_seconds(value, path))
            else:
                raise QueryError(f"{path}: there is no setting {name!r}. There are {', '.join(_KNOWN)}.")
        return target

    def __str__(self) -> str:
        """The path that means it."""
        given: dict[str, str] = {}
        if self.kubeconfig:
            given["kubeconfig"] = self.kubeconfig
        if self.namespaces:
            given["namespaces"] = ",".join(self.namespaces)
        if self.timeout != _TIMEOUT:
            given["timeout"] = f"{self.timeout:g}"
        settings = urlencode(given, safe="/,:~", quote_via=quote)
        return f"{PREFIX}{self.context}" + (f"?{settings}" if settings else "")


def _seconds(value: str, path: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise QueryError(f"{path}: timeout={value} is no number of seconds from 0 to 3600.")
    return seconds
