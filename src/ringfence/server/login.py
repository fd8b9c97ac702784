"""The form that turns the token into a cookie, and the way out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from ringfence.server.admission import COOKIE, LASTS, Admission
from ringfence.server.views import page


def make_login(admission: Admission) -> APIRouter:
    """The routes of the login."""
    router = APIRouter(include_in_schema=False)

    @router.get("/login")
    def form(request: Request, next: str = "/") -> Response:  # noqa: A002 -- the name in the address
        if not admission.by_login:
            raise HTTPException(404, "There is no login here.")
        return page(request, "login.html", next=_own(next), wrong=False)

    @router.post("/login")
    def enter(request: Request, token: Annotated[str, Form()] = "", next: Annotated[str, Form()] = "/") -> Response:  # noqa: A002
        if not admission.by_login:
            raise HTTPException(404, "There is no login here.")
        if not admission.knows(token.strip()):
            return page(request, "login.html", 401, next=_own(next), wrong=True)
        answer = RedirectResponse(_own(next), 303)
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, admission.session(), LASTS, httponly=True, samesite="strict", secure=secure)
        return answer

    @router.post("/logout")
    def leave() -> Response:
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return answer

    return router


def _own(path: str) -> str:
    """A path of this server; its first page where the text may mean another server to a browser."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else "/"
