"""The way in, by a token or through an issuer, and the way out."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from ringfence.server.admission import Admission, TooManyTriesError, cookie
from ringfence.server.audit import note
from ringfence.server.oidc import LASTS as ISSUER_LASTS, Oidc, Pending
from ringfence.server.oidc_token import OidcError
from ringfence.server.sessions import COOKIE, LASTS
from ringfence.server.settings import Settings
from ringfence.server.views import page
from ringfence.server.who import Who

_CALLBACK: Final = "/login/callback"
_PENDING: Final = "ringfence_login"
_PURPOSE: Final = "login"


def make_login(admission: Admission, settings: Settings) -> APIRouter:
    """The routes of the login."""
    router = APIRouter(include_in_schema=False)
    oidc = Oidc(settings.oidc, settings.editor_groups) if settings.oidc is not None else None
    issuer = settings.oidc.issuer if settings.oidc is not None else ""

    def form_page(request: Request, back: str, status: int = 200, trouble: str = "", wait: int = 0) -> Response:
        values: dict[str, Any] = {"next": _own(back), "trouble": trouble, "token": admission.by_token, "issuer": issuer}
        answer = page(request, "login.html", status, **values)
        if wait:
            answer.headers["Retry-After"] = str(wait)
        return answer

    def entered(request: Request, who: Who, back: str) -> Response:
        note(request, "login", who)
        answer = RedirectResponse(_own(back), 303)
        # Lax, so that a link from elsewhere, and the way back from the issuer, finds who is logged in; the guard
        # answers no request with a body that another site sends.
        _set(answer, request, COOKIE, admission.sessions.begin(who), LASTS, "/")
        return answer

    def _set(answer: Response, request: Request, name: str, value: str, lasts: int, path: str) -> None:
        secure = settings.is_public_https or request.url.scheme == "https"
        answer.set_cookie(name, value, lasts, path=path, httponly=True, samesite="lax", secure=secure)

    def came_back_to(request: Request) -> str:
        return (settings.public_url or str(request.base_url)).rstrip("/") + _CALLBACK

    @router.get("/login")
    def form(request: Request, next: str = "/") -> Response:  # noqa: A002 -- the name in the address
        if not admission.by_login:
            raise HTTPException(404, "There is no login here.")
        return form_page(request, next)

    @router.post("/login")
    def enter(request: Request, token: Annotated[str, Form()] = "", next: Annotated[str, Form()] = "/") -> Response:  # noqa: A002
        if not admission.by_token:
            raise HTTPException(404, "There is no login by token here.")
        try:
            who = admission.holder(token.strip(), _peer(request))
        except TooManyTriesError as error:
            return form_page(request, next, 429, str(error), error.seconds)
        if who is None:
            note(request, "login refused", reason="That is not the token.")
            return form_page(request, next, 401, "That is not the token.")
        return entered(request, who, next)

    @router.get("/login/issuer")
    def away(request: Request, next: str = "/") -> Response:  # noqa: A002
        if oidc is None:
            raise HTTPException(404, "There is no issuer here.")
        try:
            where, pending = oidc.begin(came_back_to(request), _own(next))
        except OidcError as error:
            return form_page(request, next, 502, str(error))
        fields = {"state": pending.state, "nonce": pending.nonce, "verifier": pending.verifier, "back": pending.back}
        answer = RedirectResponse(where, 303)
        signed = admission.signed.sign(_PURPOSE, ISSUER_LASTS, fields)
        _set(answer, request, _PENDING, signed, ISSUER_LASTS, "/login")
        return answer

    @router.get(_CALLBACK)
    def back(request: Request) -> Response:
        if oidc is None:
            raise HTTPException(404, "There is no issuer here.")
        fields = admission.signed.read(_PURPOSE, cookie(request.headers, _PENDING))
        try:
            admission.check(_peer(request))
            pending = _pending(fields)
            who = oidc.finish(pending, request.query_params, came_back_to(request))
        except TooManyTriesError as error:
            return form_page(request, "/", 429, str(error), error.seconds)
        except OidcError as error:
            admission.failed(_peer(request))
            note(request, "login refused", reason=str(error))
            answer = form_page(request, fields["back"] if fields is not None else "/", 401, str(error))
        else:
            answer = entered(request, who, pending.back)
        answer.delete_cookie(_PENDING, path="/login", httponly=True, samesite="lax")
        return answer

    @router.post("/logout")
    def leave(request: Request) -> Response:
        value = cookie(request.headers, COOKIE)
        if who := admission.sessions.who(value):
            note(request, "logout", who)
            admission.sessions.end(value)
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
        return answer

    return router


def _pending(fields: dict[str, Any] | None) -> Pending:
    """The login that a browser began.

    Raises:
        OidcError: it began none.
    """
    if fields is None:
        raise OidcError("This browser began no login, or it took too long: begin again.")
    return Pending(*(fields[name] for name in ("state", "nonce", "verifier", "back")))


def _peer(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def _own(path: str) -> str:
    """A path of this server; its first page where the text may mean another server to a browser."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else "/"
