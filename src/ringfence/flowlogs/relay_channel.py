"""The connection to Hubble Relay, or to the Hubble server of one node: gRPC, with TLS unless it is asked not to."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from ringfence.flowlogs.hubble_api import SERVICE, message
from ringfence.model.errors import InputError, QueryError

PATIENCE = 10.0
"""Seconds to wait for a connection and for the server's status."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where Hubble is. ``address`` is ``host:port``.

    ``ca``, ``certificate`` and ``key`` are paths of PEM files, ``server_name`` the name that the server's certificate
    is for where it isn't the host's. ``plaintext`` is without TLS, which is the default only on this machine: that is
    where ``cilium hubble port-forward`` listens.
    """

    address: str
    plaintext: bool = False
    ca: str = ""
    certificate: str = ""
    key: str = ""
    server_name: str = ""

    @property
    def secured(self) -> bool:
        """Whether TLS is used."""
        if self.plaintext:
            return False
        return bool(self.ca or self.certificate or self.server_name) or not _here(self.address)


def _here(address: str) -> bool:
    host = address.rpartition(":")[0].strip("[]")
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


Answer = Mapping[str, Any]


class Client:
    """Asks a server. Messages go in and come out in the JSON form of protocol buffers."""

    def __init__(self, server: Server, channel: Any) -> None:
        self._server = server
        self._channel = channel

    def status(self) -> Answer:
        """What the server says of itself and of its nodes.

        Raises:
            InputError: it doesn't answer.
        """
        import grpc
        from google.protobuf import json_format

        ask = self._channel.unary_unary(
            f"/{SERVICE}/ServerStatus",
            request_serializer=message("observer.ServerStatusRequest").SerializeToString,
            response_deserializer=message("observer.ServerStatusResponse").FromString,
        )
        try:
            answer = ask(message("observer.ServerStatusRequest")(), timeout=PATIENCE)
        except grpc.RpcError as error:
            raise InputError(f"Hubble at {self._server.address} doesn't answer: {why(error)}.") from None
        found: Answer = json_format.MessageToDict(answer, preserving_proto_field_name=True)
        return found

    def flows(self, request: Answer) -> tuple[Iterator[bytes], Callable[[], object]]:
        """The messages of ``GetFlows``, each as one line of JSON, and what cancels them.

        Raises:
            QueryError: the request has a field that there isn't, or a wrong value.
        """
        from google.protobuf import json_format

        try:
            asked = json_format.ParseDict(dict(request), message("observer.GetFlowsRequest")())
        except json_format.ParseError as error:
            reason = str(error).partition("\n")[0].rstrip(".")  # what follows lists all fields there are
            raise QueryError(f"Hubble can't be asked so: {reason}.") from None
        ask = self._channel.unary_stream(
            f"/{SERVICE}/GetFlows",
            request_serializer=message("observer.GetFlowsRequest").SerializeToString,
            response_deserializer=message("observer.GetFlowsResponse").FromString,
        )
        call = ask(asked)
        lines = (
            json_format.MessageToJson(answer, preserving_proto_field_name=True, indent=None).encode() for answer in call
        )
        return lines, call.cancel


def why(error: Any) -> str:
    """The reason of an error of gRPC in a few words."""
    code = error.code().name.lower().replace("_", " ")
    details = " ".join((error.details() or "").split()).rstrip(".")
    return f"{code}: {details}" if details else code


@contextmanager
def connected(server: Server) -> Iterator[Client]:
    """A client of a server. gRPC connects when it is first asked.

    Raises:
        InputError: gRPC isn't installed, or a file for TLS can't be read.
        QueryError: the address isn't ``host:port``.
    """
    host, _, port = server.address.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise QueryError(f"{server.address!r} is no address of a server: write host:port, such as localhost:4245.")
    try:
        grpc = import_module("grpc")
        import_module("google.protobuf")
    except ImportError:
        raise InputError("Asking Hubble Relay needs the extra 'relay': pip install 'ringfence[relay]'.") from None
    # A message may be large, and a quiet stream must show that it is alive.
    options: list[tuple[str, Any]] = [
        ("grpc.max_receive_message_length", 64 << 20),
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.enable_http_proxy", 0),
    ]
    if server.server_name:
        options.append(("grpc.ssl_target_name_override", server.server_name))
    if server.secured:
        credentials = grpc.ssl_channel_credentials(_file(server.ca), _file(server.key), _file(server.certificate))
        channel = grpc.secure_channel(server.address, credentials, options)
    else:
        channel = grpc.insecure_channel(server.address, options)
    with channel:
        yield Client(server, channel)


def _file(path: str) -> bytes | None:
    if not path:
        return None
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path} can't be read: {(error.strerror or str(error)).lower()}.") from None
