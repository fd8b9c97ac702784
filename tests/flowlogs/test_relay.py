"""Hubble Relay, asked over real gRPC of a server that replays recorded messages."""

from __future__ import annotations

import itertools
import json
import socket
import subprocess
from pathlib import Path
from typing import Any

import grpc
import pytest

from ringfence.flowlogs import relay
from ringfence.flowlogs.reduction import Reduction
from ringfence.flowlogs.relay import Question, observe
from ringfence.flowlogs.relay_channel import Server
from ringfence.model.errors import InputError, QueryError
from ringfence.model.flow import Loss, LossKind, NameAnswer, Outcome
from ringfence.model.origin import Position
from tests.flowlogs.hubble_lines import DENIED, DNS_ANSWER, EXPORTED, LOST, UNAVAILABLE
from tests.flowlogs.hubble_server import Hubble, Script, serving
from tests.flowlogs.reading import read

DROP: dict[str, Any] = json.loads(EXPORTED)
DENY: dict[str, Any] = json.loads(DENIED)


def known(line: dict[str, Any]) -> dict[str, Any]:
    """A line without the fields that are not asked of the API."""
    flow = {key: value for key, value in line["flow"].items() if key not in {"uuid", "ethernet", "Summary"}}
    flow["IP"] = {key: value for key, value in flow["IP"].items() if key != "ipVersion"}
    return line | {"flow": flow}


def everything(hubble: Hubble, question: Question | None = None) -> Reduction:
    total = Reduction()
    with serving(hubble):
        for batch in observe(Server(hubble.address), question or Question()):
            total.merge(batch)
    return total


def test_messages_are_read_as_the_lines_that_hubble_observe_prints_of_them() -> None:
    lines = [known(DROP), known(DENY), known(json.loads(DNS_ANSWER)), json.loads(LOST)]
    found = everything(Hubble(lines))
    printed = read("hubble", "\n".join(map(json.dumps, lines)))
    assert found.counted == printed.counted
    assert found.answers == printed.answers
    assert [flow.outcome for flow in found.counted] == [Outcome.DENIED, Outcome.DENIED, Outcome.ALLOWED]
    assert list(found.answers.values()) == [
        NameAnswer("api.example.com", ("203.0.113.7", "203.0.113.8"), 1785494462.5, 30, (), "shop/cart-1")
    ]


def test_what_the_server_lost_and_whom_it_cannot_reach_are_losses() -> None:
    status = {"num_flows": "4095", "max_flows": "4095", "seen_flows": "10000", "num_unavailable_nodes": 2}
    status["unavailable_nodes"] = ["kind/worker-3"]
    hubble = Hubble([json.loads(LOST), json.loads(UNAVAILABLE)], status=status)
    found = everything(hubble)
    where = Position(f"relay:{hubble.address}")
    assert found.losses == [
        Loss(
            LossKind.NODE_UNAVAILABLE, "Hubble Relay can't reach a node, whose flows are missing.", 1, "worker-3", where
        ),
        Loss(LossKind.NODE_UNAVAILABLE, "Hubble Relay can't reach a node, whose flows are missing.", 1, "", where),
        Loss(
            LossKind.NO_DATA,
            "Hubble keeps the latest flows of each node only; earlier ones are gone.",
            5905,
            where=where,
        ),
        Loss(
            LossKind.LOST_EVENTS,
            "Hubble lost events: the kernel's ring buffer was full.",
            2914,
            "worker-7",
            where,
            1785494463.0,
            1785494463.0,
        ),
        Loss(
            LossKind.NODE_UNAVAILABLE,
            "Hubble Relay found a node unavailable, whose flows are missing.",
            None,
            "worker-2",
            where,
            1785494464.0,
            1785494464.0,
        ),
    ]


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        (Question(), {"since": "1970-01-01T00:00:00Z"}),
        (Question(number=100), {"number": "100"}),
        (
            Question(since=1785494400.0, until=1785498000.5),
            {"since": "2026-07-31T10:40:00Z", "until": "2026-07-31T11:40:00.500Z"},
        ),
        (
            Question(number=1, allow=[{"source_pod": ["shop/"]}], deny=[{"verdict": ["FORWARDED"]}]),
            {
                "number": "1",
                "whitelist": [{"source_pod": ["shop/"]}],
                "blacklist": [{"verdict": ["FORWARDED"]}],
            },
        ),
    ],
)
def test_the_server_is_asked_for_what_is_wanted(question: Question, asked: dict[str, Any]) -> None:
    hubble = Hubble([known(DROP)])
    everything(hubble, question)
    assert hubble.asked == [asked]


def test_a_stream_that_breaks_is_a_loss_and_keeps_what_was_read() -> None:
    found = everything(Hubble([known(DROP), grpc.StatusCode.UNAVAILABLE]))
    assert found.flows_read == 1
    (loss,) = found.losses
    assert loss.kind is LossKind.NO_DATA
    assert loss.detail == "The stream of Hubble Relay broke: what its nodes no longer had then is missing."


def test_following_asks_again_for_what_is_later_than_the_last_flow() -> None:
    hubble = Hubble([known(DROP), grpc.StatusCode.UNAVAILABLE], [grpc.StatusCode.UNAVAILABLE], [known(DENY)])
    total = Reduction()
    with serving(hubble):
        for batch in observe(
            Server(hubble.address),
            Question(number=5, follow=True),
            every=0.0,
            pause=0.01,
            stop=lambda: total.flows_read == 2,
        ):
            total.merge(batch)
    assert [flow.reason for flow in total.counted] == ["POLICY_DENIED", "POLICY_DENY"]
    assert hubble.asked == [
        {"number": "5", "follow": True},
        {"follow": True, "since": "2023-08-21T12:12:18.510176Z"},
        {"follow": True, "since": "2023-08-21T12:12:18.510176Z"},
    ]
    assert [loss.kind for loss in total.losses] == [LossKind.NO_DATA]


def test_a_quiet_stream_gives_what_it_had_and_can_be_stopped() -> None:
    hubble = Hubble([known(DROP)])
    given: list[int] = []
    with serving(hubble):
        question = Question(follow=True)
        batches = observe(Server(hubble.address), question, every=0.1, stop=lambda: any(given))
        given += [next(batches).flows_read, next(batches).flows_read]
        assert list(batches) == []
    assert given == [0, 1]


def test_nobody_listening_is_said_in_one_sentence() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(InputError, match=rf"^Hubble at {address} doesn't answer: unavailable: .*\.$"):
            list(observe(Server(address), Question()))


@pytest.mark.parametrize("code", [grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.INVALID_ARGUMENT])
def test_a_refusal_is_no_loss_but_an_error(code: grpc.StatusCode) -> None:
    with pytest.raises(InputError, match=r"^Hubble Relay refuses: .*: as the script says\.$"):
        everything(Hubble([code]))


def test_a_filter_that_there_is_not_is_refused() -> None:
    with pytest.raises(QueryError, match=r"^Hubble can't be asked so: .*source_pot.*\.$"):
        everything(Hubble(), Question(allow=[{"source_pot": ["shop/"]}]))


@pytest.mark.parametrize("address", ["", "localhost", "localhost:", ":4245", "localhost:99999", "localhost:https"])
def test_an_address_is_a_host_and_a_port(address: str) -> None:
    with pytest.raises(QueryError, match=r"is no address of a server: write host:port"):
        list(observe(Server(address), Question()))


@pytest.mark.parametrize(
    ("server", "secured"),
    [
        (Server("127.0.0.1:4245"), False),
        (Server("localhost:4245"), False),
        (Server("[::1]:4245"), False),
        (Server("localhost:4245", ca="ca.crt"), True),
        (Server("hubble-relay.kube-system:443"), True),
        (Server("10.0.0.1:4245"), True),
        (Server("10.0.0.1:4245", plaintext=True), False),
    ],
)
def test_plaintext_is_for_this_machine_or_for_who_asks_for_it(server: Server, secured: bool) -> None:
    assert server.secured is secured


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, and certificates that it gave to a server and a client."""
    here = tmp_path_factory.mktemp("pki")

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=here, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=ca")
    for name in ("server", "client"):
        (here / f"{name}.ext").write_text("subjectAltName=DNS:relay.hubble-relay.cilium.io\n")
        openssl("req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        openssl(
            *("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"),
            *("-days", "2", "-out", f"{name}.crt", "-extfile", f"{name}.ext"),
        )
    return here


def test_tls_with_a_certificate_of_the_client_and_the_name_of_the_server(pki: Path) -> None:
    own = (pki / "server.key").read_bytes(), (pki / "server.crt").read_bytes()
    credentials = grpc.ssl_server_credentials([own], (pki / "ca.crt").read_bytes(), require_client_auth=True)
    name = "relay.hubble-relay.cilium.io"
    with serving(Hubble([known(DROP)], [known(DROP)]), credentials) as hubble:
        trusted = Server(hubble.address, ca=str(pki / "ca.crt"), server_name=name)
        with_key = Server(
            hubble.address,
            ca=str(pki / "ca.crt"),
            certificate=str(pki / "client.crt"),
            key=str(pki / "client.key"),
            server_name=name,
        )
        assert sum(batch.flows_read for batch in observe(with_key, Question())) == 1
        with pytest.raises(InputError, match="doesn't answer: unavailable"):
            list(observe(trusted, Question()))
        with pytest.raises(InputError, match=r"none\.pem can't be read: no such file or directory\.$"):
            list(observe(Server(hubble.address, ca="none.pem"), Question()))


def test_a_long_stream_comes_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "BATCH", 100)
    script: Script = list(itertools.repeat(known(DROP), 250))
    with serving(Hubble(script)) as hubble:
        batches = [batch.lines for batch in observe(Server(hubble.address), Question(), every=1e9)]
    assert batches == [0, 100, 100, 50]
