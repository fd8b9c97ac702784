"""Messages of Hubble's gRPC API.

They are made from ``descriptors.binpb``, which ``protoc`` makes from the ``.proto`` files beside it (a test compares
them), in a pool of their own: so they work with every version of protobuf's runtime, and beside another client's.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

SERVICE = "observer.Observer"


@cache
def message(name: str) -> type[Any]:
    """The class of a message, by its full name (``observer.GetFlowsRequest``).

    Raises:
        ImportError: the extra ``relay`` isn't installed.
        KeyError: there is no such message.
    """
    from google.protobuf import message_factory

    found: type[Any] = message_factory.GetMessageClass(_pool().FindMessageTypeByName(name))
    return found


@cache
def _pool() -> Any:
    from google.protobuf import descriptor_pb2, descriptor_pool

    data = resources.files(__package__).joinpath("descriptors.binpb").read_bytes()
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(data).file:
        pool.AddSerializedFile(file.SerializeToString())
    return pool
