"""Around every request: the Host it names, where it comes from, who asks, how long it is; and what is noted of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ringfence.server.admission import Admission, TooManyTriesError
from ringfence.server.problems import problem
from ringfence.server.settings import Settings
from ringfence.server.source import MOST_PROPOSED
from ringfence.server.who import ROLE, USER, WHO, Who

POLICY: Final = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; "
    "script-src 'self'; style-src 'self'"
)
"""Nothing from elsewhere, and no script or style within a page (Content Security Policy Level 3)."""

HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Of every answer. A page tells where it is to this server alone; with no-referrer, its forms would be from `null`."""

_OPEN: Final = ("/healthz", "/readyz", "/login", "/static/")
"""What is answered to anybody: it tells nothing of the cluster."""

_MOST: Final = MOST_PROPOSED + (64 << 10)
"""Bytes of a body; a form has a little around the manifests."""

_READING: Final = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that was answered. ``seconds`` is how long that took; ``route`` has no value of the request in it."""

    method: str
    path: str
    route: str
    status: int
    seconds: float
    user: str
    error: BaseException | None


class Guard:
    """The outermost part of the application."""

    def __init__(self, app: ASGIApp, settings: Settings, admission: Admission, seen: Callable[[Seen], None]) -> None:
        self._app = app
        self._settings = settings
        self._admission = admission
        self._seen = seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, or refuses it. What fails inside is an answer of status 500, and noted."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status, error = time.perf_counter(), 0, None
        headers = Headers(scope=scope)
        who: Who | None = None
        refusal: Response | None = None
        try:
            who = self._admission.who(headers, (scope.get("client") or ("",))[0])
        except TooManyTriesError as found:
            refusal = problem(429, str(found), {"Retry-After": str(found.seconds)})

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                added = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    added[name] = value
                if not scope["path"].startswith("/static/"):
                    added["Cache-Control"] = "no-store"
            await send(message)

        try:
            refusal = refusal or self._refusal(scope, headers, who)
            scope[WHO], scope[USER], scope[ROLE] = who, who.user if who else "", who.role.value if who else ""
            await (refusal or self._app)(scope, _bounded(receive), sent)
        except Exception as failure:  # noqa: BLE001 -- whoever asks gets a sentence, and the log the rest
            error = failure
            if not status:
                failed = problem(500, "Internal error: the server's log has more about it.")
                await failed(scope, receive, sent)
        finally:
            route = getattr(scope.get("route"), "path", "")
            seconds = time.perf_counter() - began
            self._seen(Seen(scope["method"], scope["path"], route, status, seconds, who.user if who else "", error))

    def _refusal(self, scope: Scope, headers: Headers, who: Who | None) -> Response | None:
        """Why the request isn't answered; None where it is."""
        host, path = headers.get("host", ""), scope["path"]
        if not self._settings.answers_to(host):
            return problem(421, "This server doesn't go by that name: --host-name adds one.")
        if scope["method"] not in _READING and not self._is_own(headers, host):
            return problem(403, "The request comes from another site.")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > _MOST:
            return problem(413, f"The request is longer than {MOST_PROPOSED >> 20} MiB.")
        if who is not None or path.startswith(_OPEN):
            return None
        if self._admission.by_login and scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
            query = scope["query_string"].decode("latin-1")
            return RedirectResponse(f"/login?next={quote(path + ('?' + query if query else ''), safe='')}", 303)
        return problem(401, "Say who asks.", {"WWW-Authenticate": "Bearer"} if self._admission.by_token else None)

    def _is_own(self, headers: Headers, host: str) -> bool:
        """Whether a request that may change something was sent by a page of this server, or by no page at all.

        Browsers say where a request comes from (Fetch standard, `Origin` and Fetch Metadata, `Sec-Fetch-Site`).
        """
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return False
        origin = headers.get("origin")
        return origin is None or self._settings.is_own_origin(origin, host)


def _bounded(receive: Receive) -> Receive:
    """The body, up to a bound: a body without a stated length may be of any."""
    taken = 0

    async def received() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > _MOST:
            raise HTTPException(413, f"The request is longer than {MOST_PROPOSED >> 20} MiB.")
        return message

    return received
