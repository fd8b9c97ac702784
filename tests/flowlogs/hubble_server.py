"""A Hubble server on the loopback address that replays what tests give it, over real gRPC."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf import json_format

from ringfence.flowlogs.hubble_api import SERVICE, message

Script = list[dict[str, Any] | grpc.StatusCode]
"""Messages of one stream; a status breaks it there."""


class Hubble:
    """What the server says, and what it was asked. Each request for flows takes the next script."""

    def __init__(self, *scripts: Script, status: dict[str, Any] | None = None) -> None:
        self.scripts = list(scripts)
        self.status = status or {}
        self.asked: list[dict[str, Any]] = []
        self.address = ""
        self.released = threading.Event()

    def flows(self, request: Any, context: Any) -> Iterator[Any]:
        self.asked.append(json_format.MessageToDict(request, preserving_proto_field_name=True))
        for step in self.scripts.pop(0) if self.scripts else []:
            if isinstance(step, grpc.StatusCode):
                context.abort(step, "as the script says")
            yield json_format.ParseDict(step, message("observer.GetFlowsResponse")())
        if request.follow and not self.scripts:
            self.released.wait(20)

    def server_status(self, request: Any, context: Any) -> Any:
        return json_format.ParseDict(self.status, message("observer.ServerStatusResponse")())


@contextmanager
def serving(hubble: Hubble, credentials: Any = None) -> Iterator[Hubble]:
    """Serves until the block ends."""
    handlers = {
        "GetFlows": grpc.unary_stream_rpc_method_handler(
            hubble.flows,
            request_deserializer=message("observer.GetFlowsRequest").FromString,
            response_serializer=message("observer.GetFlowsResponse").SerializeToString,
        ),
        "ServerStatus": grpc.unary_unary_rpc_method_handler(
            hubble.server_status,
            request_deserializer=message("observer.ServerStatusRequest").FromString,
            response_serializer=message("observer.ServerStatusResponse").SerializeToString,
        ),
    }
    server = grpc.server(ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    port = (
        server.add_insecure_port("127.0.0.1:0")
        if credentials is None
        else server.add_secure_port("127.0.0.1:0", credentials)
    )
    hubble.address = f"127.0.0.1:{port}"
    server.start()
    try:
        yield hubble
    finally:
        hubble.released.set()
        server.stop(None).wait()
