"""Who asks, and what they may do."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request

USER: Final = "ringfence.user"
"""Where an ASGI scope holds the user's name; empty where nobody is known."""

ROLE: Final = "ringfence.role"
"""Where an ASGI scope holds the user's role, as text."""

WHO: Final = "ringfence.who"
"""Where an ASGI scope holds who asks, or None."""


class Role(enum.StrEnum):
    """What somebody may do. Whoever may change something may look, too."""

    VIEWER = "viewer"
    """May look at everything that is served, and ask."""
    EDITOR = "editor"
    """May change what the server keeps as well: suppressions, and what comes of requests."""

    @classmethod
    def of(cls, groups: Iterable[str], editors: frozenset[str]) -> Role:
        """The role of a member of these groups; ``editors`` are the groups that may change something."""
        return cls.EDITOR if editors.intersection(groups) else cls.VIEWER


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody. ``way`` is how they are known: ``local``, ``token``, ``proxy`` or ``oidc``.

    ``subject`` is the lasting identifier of the issuer (``sub``), where there is one: a name may change hands.
    """

    user: str
    role: Role
    way: str
    subject: str = ""


def asking(request: Request) -> Who | None:
    """Who asks; None for a page that is open to anybody."""
    found = request.scope.get(WHO)
    return found if isinstance(found, Who) else None


def editor(request: Request) -> Who:
    """Who asks, if they may change something.

    Raises:
        HTTPException: of status 403, they may not.
    """
    found = asking(request)
    if found is None or found.role is not Role.EDITOR:
        raise HTTPException(403, "You may look here and change nothing: that takes the role of an editor.")
    return found
