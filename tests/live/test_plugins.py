"""Credential plugins: when they run, what they are told, and what is wrong with them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringfence import load
from ringfence.live import Target
from ringfence.live.connection import connect
from ringfence.model.errors import InputError
from tests.live.conftest import Live

V1 = "client.authentication.k8s.io/v1"


def set_user(live: Live, **user: Any) -> None:
    config = json.loads(live.config.read_text())
    config["users"] = [{"name": "jane", "user": user}]
    live.config.write_text(json.dumps(config))


def set_plugin(live: Live, script: str, **more: Any) -> None:
    set_user(live, exec={"apiVersion": V1, "command": "sh", "args": ["-c", script], **more})


def answer(**status: str) -> str:
    return json.dumps({"apiVersion": V1, "kind": "ExecCredential", "status": status})


class TestTokens:
    """How long a token is used."""

    @pytest.mark.parametrize(("until", "times"), [("2999-01-01T00:00:00Z", 1), ("2026-01-01T00:00:00+01:00", 4)])
    def test_the_plugin_runs_again_when_its_answer_has_expired(self, live: Live, until: str, times: int) -> None:
        runs = live.config.with_name("runs")
        set_plugin(live, f"echo run >>{runs}; echo '{answer(token='good', expirationTimestamp=until)}'")
        with connect(Target.parse(live.path)) as connection:
            for _ in range(3):
                connection.get("/apis")
        assert len(runs.read_text().split()) == times, "once when it is opened, and for each request"

    def test_it_has_the_environment_that_the_kubeconfig_gives_it(self, live: Live) -> None:
        set_plugin(live, """echo "$ANSWER" """, env=[{"name": "ANSWER", "value": answer(token="good")}])
        assert len(load(live.path).snapshot.pods) == 4

    def test_a_command_with_a_path_stands_beside_the_kubeconfig(self, live: Live) -> None:
        tool = live.config.parent / "bin" / "login"
        tool.parent.mkdir()
        tool.write_text(f"#!/bin/sh\necho '{answer(token='good')}'\n")
        tool.chmod(0o755)
        set_user(live, exec={"apiVersion": V1, "command": "bin/login"})
        assert len(load(live.path).snapshot.pods) == 4


@pytest.mark.parametrize(
    ("plugin", "said"),
    [
        (
            {"apiVersion": "client.authentication.k8s.io/v1alpha1", "command": "x"},
            "is set up for .*v1alpha1; known are",
        ),
        (
            {"apiVersion": V1, "command": "no-such-login", "installHint": "Get it from example.com."},
            r"can't be run: No such file or directory\. Get it from example\.com\.",
        ),
        (
            {"apiVersion": V1, "command": "sh", "args": ["-c", "echo no luck >&2; exit 3"]},
            "ended with status 3: no luck",
        ),
        ({"apiVersion": V1, "command": "echo", "args": ["hello"]}, "it printed no ExecCredential"),
        ({"apiVersion": V1, "command": "echo", "args": ["{}"]}, f"it is asked for {V1} and printed none"),
        ({"apiVersion": V1, "command": "echo", "args": [answer()]}, "neither a token nor a certificate"),
        (
            {"apiVersion": V1, "command": "echo", "args": [answer(clientKeyData="k")]},
            "a certificate without its key, or a key alone",
        ),
        ({"apiVersion": V1, "command": "true", "interactiveMode": "Always"}, "standard input is no terminal"),
    ],
)
def test_a_plugin_that_gives_nothing_usable_is_told(
    live: Live, plugin: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_user(live, exec=plugin)
    with pytest.raises(InputError, match=said):
        load(live.path)


class TestProviders:
    """``auth-provider``: built into clients once."""

    @pytest.mark.parametrize("name", ["gcp", "azure"])
    def test_one_that_kubectl_removed_is_told_with_what_to_do(self, live: Live, name: str) -> None:
        set_user(live, **{"auth-provider": {"name": name, "config": {"access-token": "old"}}})
        with pytest.raises(InputError, match=f"'{name}', which kubectl 1.26 removed. .*credential plugin"):
            load(live.path)

    def test_the_token_that_kubectl_keeps_for_openid_connect_is_used(self, live: Live) -> None:
        set_user(live, **{"auth-provider": {"name": "oidc", "config": {"id-token": "good"}}})
        assert len(load(live.path).snapshot.pods) == 4

    def test_without_one_kubectl_must_log_in_first(self, live: Live) -> None:
        set_user(live, **{"auth-provider": {"name": "oidc"}})
        with pytest.raises(InputError, match="has no id-token yet: run `kubectl --context test get namespaces` once"):
            load(live.path)


def test_on_whose_behalf_is_asked_is_told(live: Live) -> None:
    """``kubectl --as`` in a kubeconfig: without these headers, more than wanted would be read."""
    extra = {"scopes": ["view", "audit"]}
    set_user(live, token="good", **{"as": "bob", "as-uid": "7", "as-groups": ["dev", "ops"], "as-user-extra": extra})
    load(live.path)
    names = ("Impersonate-User", "Impersonate-Uid", "Impersonate-Group", "Impersonate-Extra-Scopes")
    sent = {name.lower(): value for name, value in live.store.headers[0].items()}
    assert [sent[name.lower()] for name in names] == ["bob", "7", "dev,ops", "view,audit"]


def test_a_user_with_a_password_sends_it(live: Live) -> None:
    set_user(live, username="jane", password="secret")
    with pytest.raises(InputError, match="doesn't accept the credentials"):
        load(live.path)
    assert live.store.headers[0]["Authorization"].startswith("Basic ")
