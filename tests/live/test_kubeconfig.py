"""Which cluster is meant, and how its credentials are got."""

from __future__ import annotations

import json
import socket
import stat
from pathlib import Path

import pytest

from ringfence import load
from ringfence.live import Target
from ringfence.live.kubeconfig import settings
from ringfence.model.errors import InputError, QueryError
from tests.live.apiserver import kubeconfig
from tests.live.conftest import Live


class TestPaths:
    """A cluster as a path."""

    @pytest.mark.parametrize(
        ("path", "target"),
        [
            ("live:", Target()),
            ("live:prod", Target("prod")),
            # The name that `aws eks update-kubeconfig` gives a context.
            (
                "live:arn:aws:eks:eu-west-1:111122223333:cluster/prod",
                Target("arn:aws:eks:eu-west-1:111122223333:cluster/prod"),
            ),
            ("live:prod?namespaces=shop,data&timeout=5", Target("prod", namespaces=("shop", "data"), timeout=5.0)),
            ("live:?kubeconfig=/tmp/a%20b", Target(kubeconfig="/tmp/a b")),
        ],
    )
    def test_what_it_means(self, path: str, target: Target) -> None:
        assert Target.parse(path) == target
        assert Target.parse(str(target)) == target

    @pytest.mark.parametrize(
        ("path", "said"),
        [
            ("live:prod?namespace=shop", "no setting 'namespace'"),
            ("live:prod?timeout=soon", "timeout=soon is no number of seconds"),
            ("live:prod?timeout=0", "timeout=0 is no number"),
            ("live:prod?timeout=nan", "timeout=nan is no number"),
        ],
    )
    def test_what_is_wrong_with_it(self, path: str, said: str) -> None:
        with pytest.raises(QueryError, match=said):
            Target.parse(path)


class TestFiles:
    """Files are found and merged as kubectl does."""

    def test_the_first_file_that_says_something_counts(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        kubeconfig(tmp_path / "one", "http://127.0.0.1:1", namespace="a")
        kubeconfig(tmp_path / "two", "http://127.0.0.1:2", namespace="b")
        monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'absent'}:{tmp_path / 'one'}:{tmp_path / 'two'}")
        found = settings(Target())
        assert (found.cluster.server, found.namespace) == ("http://127.0.0.1:1", "a")

    def test_a_context_of_a_later_file_is_found(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        kubeconfig(tmp_path / "one", "http://127.0.0.1:1")
        two = kubeconfig(tmp_path / "two", "http://127.0.0.1:2")
        two.write_text(two.read_text().replace('"test"', '"prod"'))
        monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'one'}:{two}")
        assert settings(Target("prod")).cluster.server == "http://127.0.0.1:2"

    def test_a_relative_path_is_meant_from_the_file_that_it_stands_in(self, tmp_path: Path) -> None:
        file = kubeconfig(tmp_path / "config", "https://127.0.0.1:1")
        file.write_text(
            file.read_text().replace(
                '"https://127.0.0.1:1"', '"https://127.0.0.1:1", "certificate-authority": "ca.crt"'
            )
        )
        assert settings(Target(kubeconfig=str(file))).cluster.certificate_auth == str(tmp_path / "ca.crt")

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("a: [", "is not valid YAML"),
            ("just text", "is no kubeconfig"),
            ("{}", "is no kubeconfig: 'clusters' is missing"),
            ("clusters: 5\ncontexts: []", "is no kubeconfig"),
            ("clusters: []\ncontexts: []", "has no current context"),
            ("clusters: []\ncontexts: []\ncurrent-context: prod", "There is no context 'prod'"),
            (
                "clusters: []\ncontexts: [{name: prod, context: {cluster: gone}}]\ncurrent-context: prod",
                "names 'gone', which is not there",
            ),
        ],
    )
    def test_a_file_that_is_none_is_said_to_be_none(self, tmp_path: Path, text: str, said: str) -> None:
        (tmp_path / "config").write_text(text)
        with pytest.raises(InputError, match=said):
            load(f"live:?kubeconfig={tmp_path / 'config'}")

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no such file"):
            load(f"live:?kubeconfig={tmp_path / 'config'}")

    def test_a_pod_s_service_account_is_the_last_resort(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.delenv("KUBECONFIG", raising=False)
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
        account = tmp_path / "account"
        account.mkdir()
        for name, text in {"token": "t", "namespace": "ringfence", "ca.crt": ""}.items():
            (account / name).write_text(text)
        monkeypatch.setattr("ringfence.live.kubeconfig.SERVICE_ACCOUNT", str(account))
        found = settings(Target())
        assert (found.cluster.server, found.namespace) == ("https://10.96.0.1:443", "ringfence")


class TestCredentials:
    """What an API server says of them, and plugins that make them."""

    def test_refused_credentials_are_told_with_what_to_ask(self, live: Live) -> None:
        live.store.tokens = {"other"}
        with pytest.raises(InputError, match=r"doesn't accept the credentials.*auth whoami"):
            load(live.path)

    @pytest.mark.parametrize("version", ["v1", "v1beta1"])
    def test_a_credential_plugin_is_run_and_run_again_when_its_token_expires(
        self, live: Live, tmp_path: Path, version: str
    ) -> None:
        answer = json.dumps(
            {
                "apiVersion": f"client.authentication.k8s.io/{version}",
                "kind": "ExecCredential",
                "status": {"token": "TOKEN"},
            }
        )
        plugin = tmp_path / "plugin"
        plugin.write_text(
            f"#!/bin/sh\nif [ -e {tmp_path}/ran ]; then t=second; else t=first; touch {tmp_path}/ran; fi\n"
            f"echo '{answer}' | sed s/TOKEN/$t/\n"
        )
        plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)
        config = json.loads(live.config.read_text())
        run = {"apiVersion": f"client.authentication.k8s.io/{version}", "command": str(plugin)}
        config["users"] = [{"name": "jane", "user": {"exec": run}}]
        live.config.write_text(json.dumps(config))

        def expire(path: str, parameters: dict[str, str]) -> None:
            if path == "/apis":
                live.store.tokens = {"second"}

        live.store.tokens = {"first"}
        live.store.faults.append(expire)
        assert len(load(live.path).snapshot.pods) == 4

    def test_a_plugin_that_fails_is_told_with_its_words(self, live: Live) -> None:
        config = json.loads(live.config.read_text())
        run = {"apiVersion": "client.authentication.k8s.io/v1", "command": "false"}
        config["users"] = [{"name": "jane", "user": {"exec": run}}]
        live.config.write_text(json.dumps(config))
        with pytest.raises(
            InputError, match="The plugin false gives context test no credentials: it ended with status 1"
        ):
            load(live.path)


class TestReach:
    """A server that isn't there, or is none."""

    def test_nothing_listens(self, tmp_path: Path) -> None:
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            file = kubeconfig(tmp_path / "config", f"http://127.0.0.1:{held.getsockname()[1]}")
            with pytest.raises(InputError, match=r"context test can't be asked: .*refused"):
                load(f"live:?kubeconfig={file}&timeout=1")

    def test_a_server_that_never_answers(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ringfence.live.connection.ATTEMPTS", 1)
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            file = kubeconfig(tmp_path / "config", f"http://127.0.0.1:{silent.getsockname()[1]}")
            with pytest.raises(InputError, match=r"didn't answer within 0\.3 s"):
                load(f"live:?kubeconfig={file}&timeout=0.3")

    def test_a_server_of_something_else(self, live: Live) -> None:
        live.store.fail(1000, 404)
        with pytest.raises(InputError, match="it is no API server of Kubernetes"):
            load(live.path)
