"""The options of ``ringfence serve`` about who may ask, what they may do, and what is kept of it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ringfence.server.settings import Settings

_Command = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Access:
    """The options as they were given; empty for those that weren't."""

    token_file: str | None
    viewer_token_file: str | None
    trust_proxy_header: str | None
    trust_proxy_groups: str | None
    editor_groups: tuple[str, ...]
    oidc_issuer: str | None
    oidc_client_id: str | None
    oidc_client_secret_file: str | None
    oidc_scopes: tuple[str, ...]
    oidc_groups_claim: str | None
    public_url: str | None
    names: tuple[str, ...]
    audit: str | None
    suppressions: str | None
    tests: tuple[str, ...]

    def settings(self) -> Settings:
        """What they mean. Secrets are read from their files.

        Raises:
            QueryError: a file can't be read, or options contradict each other.
        """
        from ringfence.server.settings import OidcSettings, Settings, read_secret

        oidc = None
        if self.oidc_issuer:
            secret = self.oidc_client_secret_file
            oidc = OidcSettings(
                self.oidc_issuer,
                self.oidc_client_id or "",
                read_secret("--oidc-client-secret-file", secret, shortest=1) if secret else "",
                self.oidc_groups_claim or "groups",
                self.oidc_scopes,
            )
        elif self.oidc_client_id or self.oidc_client_secret_file or self.oidc_scopes or self.oidc_groups_claim:
            raise click.UsageError("The options --oidc-… go with --oidc-issuer only.")
        viewer = self.viewer_token_file
        found = Settings(
            token=read_secret("--token-file", self.token_file) if self.token_file else "",
            viewer_token=read_secret("--viewer-token-file", viewer) if viewer else "",
            proxy_header=(self.trust_proxy_header or "").lower(),
            proxy_groups=(self.trust_proxy_groups or "").lower(),
            editor_groups=frozenset(self.editor_groups),
            oidc=oidc,
            public_url=self.public_url or "",
            names=frozenset(name.lower() for name in self.names),
            audit_file=self.audit or "",
            suppressions_file=self.suppressions or "",
            tests=self.tests,
        )
        found.check()
        return found


_OPTIONS = (
    click.option(
        "--token-file",
        metavar="FILE",
        type=click.Path(),
        help="Ask for the token in this file: bearer token, or login. Whoever knows it is an editor.",
    ),
    click.option(
        "--viewer-token-file", metavar="FILE", type=click.Path(), help="The same for those who may only look."
    ),
    click.option(
        "--trust-proxy-header",
        metavar="NAME",
        help="Take the user from this header, which an authenticating proxy on this machine sets.",
    ),
    click.option(
        "--trust-proxy-groups", metavar="NAME", help="Take the user's groups from this header, between commas."
    ),
    click.option(
        "--editor-group",
        "editor_groups",
        multiple=True,
        metavar="NAME",
        help="Members of this group, of a proxy or issuer, are editors; everybody else there may only look.",
    ),
    click.option("--oidc-issuer", metavar="URL", help="Let readers log in at this issuer of OpenID Connect."),
    click.option("--oidc-client-id", metavar="ID", help="How the issuer knows this server."),
    click.option(
        "--oidc-client-secret-file", metavar="FILE", type=click.Path(), help="The secret that goes with it, if any."
    ),
    click.option(
        "--oidc-scope", "oidc_scopes", multiple=True, metavar="NAME", help="Ask the issuer for this scope, too."
    ),
    click.option(
        "--oidc-groups-claim", metavar="NAME", help="The claim of the ID token that lists groups.  [default: groups]"
    ),
    click.option("--public-url", metavar="URL", help="Where browsers reach the server, if a proxy is in front of it."),
    click.option("--host-name", "names", multiple=True, metavar="NAME", help="A name that the server is reached by."),
    click.option("--audit", metavar="FILE", type=click.Path(), help="Write who asked to change what to this file."),
    click.option(
        "--suppressions", metavar="FILE", type=click.Path(), help="Keep what editors suppress on the page in this file."
    ),
    click.option(
        "--tests",
        multiple=True,
        metavar="PATH",
        type=click.Path(),
        help="Policy tests that What if judges before and after a change.",
    ),
)


def access(command: _Command) -> _Command:
    """Adds the options; the command gets them as one argument, ``access``."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        given = {name: kwargs.pop(name) for name in Access.__slots__}
        return command(*args, access=Access(**given), **kwargs)

    found: _Command = wrapped
    for option in reversed(_OPTIONS):
        found = option(found)
    return found
