"""Over TLS: names and authorities of servers, certificates of clients, proxies in between."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ringfence import load
from ringfence.history.following import Following
from ringfence.history.watcher import watching
from ringfence.live import Target
from ringfence.live.connection import Connection, connect
from ringfence.model.errors import InputError
from tests.live.apiserver import Store, serving
from tests.live.certificates import NAME, Authority, authority
from tests.live.conftest import namespace, pod
from tests.live.proxies import proxy

USER = {"token": "good"}


@dataclass
class Secure:
    """A server with a certificate for another name than its address."""

    store: Store
    server: str
    authority: Authority
    config: Path

    def path(self, user: Mapping[str, Any] = USER, cluster: Mapping[str, str] | None = None) -> str:
        """Writes a kubeconfig, and is the path that means it."""
        known = {"server": self.server, "certificate-authority": "ca.crt", "tls-server-name": NAME, **(cluster or {})}
        self.config.write_text(
            json.dumps(
                {
                    "current-context": "test",
                    "clusters": [{"name": "test", "cluster": {key: each for key, each in known.items() if each}}],
                    "contexts": [{"name": "test", "context": {"cluster": "test", "user": "jane"}}],
                    "users": [{"name": "jane", "user": user}],
                }
            )
        )
        return f"live:?kubeconfig={self.config}&timeout=5"

    def connection(self, user: Mapping[str, Any] = USER) -> Any:
        """An open connection; a context manager."""
        return connect(Target.parse(self.path(user)))


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def secure(ca: Authority) -> Iterator[Secure]:
    store = Store()
    store.add(namespace("shop"), pod("shop", "web", "10.0.0.1", app="web"))
    with serving(store, ca.server()) as server:
        yield Secure(store, server, ca, ca.directory / "config")


def pods(path: str) -> int:
    return len(load(path).snapshot.pods)


class TestServer:
    """Its name and its certificate."""

    def test_the_certificate_s_name_may_be_another_than_the_address(self, secure: Secure) -> None:
        assert pods(secure.path()) == 1

    def test_without_that_name_the_certificate_is_refused(self, secure: Secure) -> None:
        with pytest.raises(InputError, match=r"(?i)certificate verify failed.*IP address mismatch"):
            pods(secure.path(cluster={"tls-server-name": ""}))

    def test_a_wrong_name_is_refused(self, secure: Secure) -> None:
        with pytest.raises(InputError, match=r"(?i)certificate verify failed.*mismatch"):
            pods(secure.path(cluster={"tls-server-name": "other.example.internal"}))

    def test_an_unknown_authority_is_refused(self, secure: Secure) -> None:
        with pytest.raises(InputError, match=r"(?i)certificate verify failed"):
            pods(secure.path(cluster={"certificate-authority": ""}))


class TestProxy:
    """``proxy-url``: the server is asked through it, by its own name."""

    @pytest.mark.parametrize("kind", ["http", "socks5"])
    def test_it_is_gone_through(self, secure: Secure, kind: str) -> None:
        with proxy(kind) as (url, asked):
            assert pods(secure.path(cluster={"proxy-url": url})) == 1
        assert set(asked) == {secure.server.removeprefix("https://")}

    def test_it_counts_before_that_of_the_environment(self, secure: Secure, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
        with proxy("http") as (url, asked):
            assert pods(secure.path(cluster={"proxy-url": url})) == 1
        assert asked

    @pytest.mark.parametrize(
        ("url", "said"),
        [
            ("http://127.0.0.1:1", "can't be asked: .*refused"),
            ("ftp://127.0.0.1:1", "can't be used: unknown scheme for proxy URL"),
        ],
    )
    def test_one_that_does_not_work_is_said(
        self, secure: Secure, url: str, said: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ringfence.live.connection.ATTEMPTS", 1)
        with pytest.raises(InputError, match=f"context test .*{said}|Context test .*{said}"):
            pods(secure.path(cluster={"proxy-url": url}))


class TestClientCertificate:
    """Who asks is said by a certificate."""

    def test_of_the_kubeconfig_as_files(self, secure: Secure) -> None:
        certificate, key = secure.authority.sign("jane")
        secure.store.certificates = {"jane"}
        assert pods(secure.path({"client-certificate": certificate.name, "client-key": key.name})) == 1

    def test_of_the_kubeconfig_as_data(self, secure: Secure) -> None:
        names = ("client-certificate-data", "client-key-data")
        data = [base64.b64encode(each.read_bytes()).decode() for each in secure.authority.sign("jane")]
        secure.store.certificates = {"jane"}
        assert pods(secure.path(dict(zip(names, data, strict=True)))) == 1

    @pytest.mark.parametrize(
        ("user", "said"),
        [
            ({"client-certificate": "jane.crt"}, "a client certificate without its key, or a key alone"),
            ({"client-key-data": "AAAA"}, "a client certificate without its key, or a key alone"),
            ({"client-certificate-data": "A", "client-key-data": "AAAA"}, "client-certificate-data .* is no base64"),
            ({"client-certificate-data": "AAAA", "client-key-data": "AAAA"}, "Context test can't be used"),
            ({"client-certificate": "gone", "client-key": "gone"}, "Context test can't be used: .*o such file"),
        ],
    )
    def test_one_that_cannot_be_used_is_said(self, secure: Secure, user: dict[str, str], said: str) -> None:
        with pytest.raises(InputError, match=said):
            pods(secure.path(user))


def plugin(secure: Secure, script: str, **more: Any) -> dict[str, Any]:
    """A user whose credentials a shell script prints."""
    version = "client.authentication.k8s.io/v1"
    return {"exec": {"apiVersion": version, "command": "sh", "args": ["-c", script], **more}}


def printing(secure: Secure, *names: str, until: str = "") -> str:
    """A script that prints the certificate of the first name, then that of the second, and so on, and counts."""
    for number, name in enumerate(names):
        certificate, key = (each.read_text() for each in secure.authority.sign(name))
        status = {"clientCertificateData": certificate, "clientKeyData": key}
        answer = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
        if until:
            status["expirationTimestamp"] = until
        (secure.authority.directory / f"answer{number}").write_text(json.dumps(answer))
    here = secure.authority.directory
    (here / "runs").unlink(missing_ok=True)
    count = f"n=$(cat {here}/runs 2>/dev/null || echo 0); echo $((n + 1)) >{here}/runs"
    return f"{count}; [ $n -lt {len(names)} ] || n={len(names) - 1}; cat {here}/answer$n"


def runs(secure: Secure) -> int:
    return int((secure.authority.directory / "runs").read_text())


class TestPluginCertificate:
    """A plugin gives the certificate, and another one later."""

    def test_it_is_used(self, secure: Secure) -> None:
        secure.store.certificates = {"jane"}
        assert pods(secure.path(plugin(secure, printing(secure, "jane")))) == 1
        assert runs(secure) == 1

    def test_one_that_is_refused_is_replaced_on_a_new_connection(self, secure: Secure) -> None:
        secure.store.certificates = {"jane"}
        connection: Connection
        with secure.connection(plugin(secure, printing(secure, "jane", "jane2"))) as connection:
            connection.get("/apis")
            secure.store.certificates = {"jane2"}
            connection.get("/apis")
            connection.get("/apis")
        assert runs(secure) == 2

    def test_one_that_has_expired_is_replaced_before_it_is_refused(self, secure: Secure) -> None:
        secure.store.certificates = {"jane", "jane2"}
        with secure.connection(
            plugin(secure, printing(secure, "jane", "jane2", until="2026-01-01T00:00:00Z"))
        ) as open_:
            open_.get("/apis")
            open_.get("/apis")
        assert runs(secure) >= 3

    def test_one_that_lasts_is_kept(self, secure: Secure) -> None:
        secure.store.certificates = {"jane"}
        with secure.connection(plugin(secure, printing(secure, "jane", until="2999-01-01T00:00:00Z"))) as open_:
            open_.get("/apis")
            open_.get("/apis")
        assert runs(secure) == 1

    def test_what_is_followed_goes_on_with_the_next_one(self, secure: Secure) -> None:
        """Watches that are cut are begun again on new connections, which need the new certificate."""
        secure.store.certificates = {"jane"}
        secure.store.cut_after = 1
        target = Target.parse(secure.path(plugin(secure, printing(secure, "jane", "jane2"))))
        with watching(target, first_pause=0.01) as watcher:
            assert watcher.ready(30)
            secure.store.certificates = {"jane2"}
            secure.store.add(*(pod("shop", f"late{number}", f"10.0.1.{number}") for number in range(4)))
            end = time.monotonic() + 30
            while len(Following(watcher.keeper).cluster().snapshot.pods) < 5 and time.monotonic() < end:
                time.sleep(0.05)
            assert len(Following(watcher.keeper).cluster().snapshot.pods) == 5
        assert runs(secure) == 2

    def test_nonsense_is_said_to_be_none(self, secure: Secure) -> None:
        answer = json.dumps(
            {
                "apiVersion": "client.authentication.k8s.io/v1",
                "status": {"clientCertificateData": "a", "clientKeyData": "b"},
            }
        )
        with pytest.raises(InputError, match="The certificate that a plugin gave can't be used"):
            pods(secure.path(plugin(secure, f"echo '{answer}'")))

    def test_it_is_told_of_the_cluster_where_it_wants_to_know(self, secure: Secure) -> None:
        secure.store.certificates = {"jane"}
        seen = secure.authority.directory / "info"
        script = f'echo "$KUBERNETES_EXEC_INFO" >{seen}; {printing(secure, "jane")}'
        pods(secure.path(plugin(secure, script, provideClusterInfo=True, interactiveMode="Never")))
        told = json.loads(seen.read_text())
        authorities = base64.b64encode(secure.authority.certificate.read_bytes()).decode()
        assert told == {
            "apiVersion": "client.authentication.k8s.io/v1",
            "kind": "ExecCredential",
            "spec": {
                "interactive": False,
                "cluster": {
                    "server": secure.server,
                    "tls-server-name": NAME,
                    "certificate-authority-data": authorities,
                },
            },
        }


class TestTokenFile:
    """A token in a file, which is replaced while it is used."""

    def test_the_file_is_read_again_when_it_is_another(self, secure: Secure) -> None:
        """As the kubelet does it: the name leads to another file from one moment to the next."""
        here = secure.authority.directory
        for number in (1, 2):
            (here / f"token{number}").write_text(f"t{number}\n")
        link = here / "token"
        link.unlink(missing_ok=True)
        link.symlink_to("token1")
        secure.store.tokens = {"t1"}
        with secure.connection({"tokenFile": "token"}) as open_:
            open_.get("/apis")
            secure.store.tokens = {"t2"}
            (here / "new").symlink_to("token2")
            (here / "new").rename(link)
            open_.get("/apis")
        assert [each["Authorization"] for each in secure.store.headers] == ["Bearer t1", "Bearer t2"]

    def test_a_file_that_is_replaced_while_a_request_is_under_way_is_read_once_more(self, secure: Secure) -> None:
        file = secure.authority.directory / "late"
        file.write_text("old")

        class Fresh(set[str]):
            """A server that knows the new token only, which is there by the time that it refuses the old one."""

            def __contains__(self, token: object) -> bool:
                file.write_text("fresh")
                return token == "fresh"

        secure.store.tokens = Fresh()
        with secure.connection({"tokenFile": "late"}) as open_:
            open_.get("/apis")
        assert [each["Authorization"] for each in secure.store.headers] == ["Bearer old", "Bearer fresh"]

    def test_a_token_that_stays_refused_is_not_sent_again(self, secure: Secure) -> None:
        (secure.authority.directory / "wrong").write_text("wrong")
        with secure.connection({"tokenFile": "wrong"}) as open_, pytest.raises(InputError, match="doesn't accept"):
            open_.get("/apis")
        assert len(secure.store.headers) == 1

    def test_one_that_is_gone_is_said(self, secure: Secure) -> None:
        with pytest.raises(InputError, match=r"The token file .*/absent can't be read: No such file"):
            pods(secure.path({"tokenFile": "absent"}))
