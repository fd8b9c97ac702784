"""What a kubeconfig may say beyond what lightkube reads of it.

Source: "kubeconfig (v1)" in the Kubernetes reference, ``Cluster``, ``AuthInfo`` and ``ExecConfig``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path

import msgspec
from lightkube.config import models

from ringfence.model.errors import InputError


class Cluster(models.Cluster):
    """Where the API server is, and how it is reached."""

    tls_server_name: str | None = msgspec.field(name="tls-server-name", default=None)
    proxy_url: str | None = msgspec.field(name="proxy-url", default=None)

    def authorities(self) -> str:
        """The certificate authorities, base64 of PEM; empty for the system's."""
        if self.certificate_auth_data or not self.certificate_auth:
            return self.certificate_auth_data or ""
        return base64.b64encode(Path(self.certificate_auth).read_bytes()).decode()


class Exec(models.UserExec):
    """A credential plugin."""

    interactiveMode: str | None = None  # noqa: N815
    provideClusterInfo: bool = False  # noqa: N815


class AuthProvider(msgspec.Struct):
    """A way to get credentials that was built into clients; of them only ``oidc`` is left."""

    name: str = ""
    config: dict[str, str] | None = None


class User(models.User):
    """Who asks, and for whom."""

    exec: Exec | None = None
    auth_provider: AuthProvider | None = msgspec.field(name="auth-provider", default=None)  # type: ignore[assignment]  # lightkube only knows that it is there
    as_user: str | None = msgspec.field(name="as", default=None)
    as_uid: str | None = msgspec.field(name="as-uid", default=None)
    as_groups: list[str] = msgspec.field(name="as-groups", default_factory=list)
    as_extra: dict[str, list[str]] = msgspec.field(name="as-user-extra", default_factory=dict)

    def impersonation(self) -> Iterator[tuple[str, str]]:
        """The headers that say for whom is asked ("User impersonation" in the Kubernetes documentation)."""
        if self.as_user:
            yield "Impersonate-User", self.as_user
        if self.as_uid:
            yield "Impersonate-Uid", self.as_uid
        for group in self.as_groups:
            yield "Impersonate-Group", group
        for key, values in self.as_extra.items():
            for value in values:
                yield f"Impersonate-Extra-{key}", value

    def check(self, context: str) -> None:
        """Refuses what can't work, and takes the token that kubectl keeps for OpenID Connect.

        kubectl 1.26 removed the providers ``gcp`` and ``azure`` (kubernetes/kubernetes#112341). ``oidc`` is still
        there: kubectl writes a fresh ``id-token`` into the kubeconfig when it has expired.

        Raises:
            InputError: a certificate without its key or the other way round, data that is no base64, or a provider
                that is no more.
        """
        if bool(self.client_cert or self.client_cert_data) != bool(self.client_key or self.client_key_data):
            raise InputError(f"The user of context {context} has a client certificate without its key, or a key alone.")
        for name, data in (
            ("client-certificate-data", self.client_cert_data),
            ("client-key-data", self.client_key_data),
        ):
            _decodes(data, f"{name} of the user of context {context}")
        provider = self.auth_provider
        if provider is None or self.token or self.token_file or self.exec:
            return
        if provider.name != "oidc":
            raise InputError(
                f"The user of context {context} logs in by the auth-provider {provider.name!r}, which kubectl 1.26 "
                "removed. Get the kubeconfig anew: it then names a credential plugin, such as gke-gcloud-auth-plugin "
                "or kubelogin."
            )
        self.token = (provider.config or {}).get("id-token")
        if not self.token:
            once = f"kubectl --context {context} get namespaces"
            raise InputError(f"The user of context {context} has no id-token yet: run `{once}` once.")


def _decodes(data: str | None, what: str) -> None:
    try:
        base64.b64decode(data or "", validate=False)
    except (binascii.Error, ValueError):
        raise InputError(f"The {what} is no base64.") from None
