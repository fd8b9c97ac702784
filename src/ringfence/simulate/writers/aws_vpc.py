"""AWS VPC flow logs, version 2 in its default order.

Source: "Flow log records" in the Amazon VPC user guide. A record is the packets of one direction of a connection at an
interface within a minute, so a connection is there twice for each of its nodes. Policies are not asked: packets that
the source's policy drops never get here, and those that the destination's drops were accepted by the network. Pods of
one node speak without the network.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from ringfence.model.flow import Direction
from ringfence.simulate.connection import Connection
from ringfence.simulate.writers.hubble import hash_of
from ringfence.simulate.writers.intervals import Bucket, IntervalWriter, Observation
from ringfence.simulate.writers.writer import Cast

_HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
_NUMBERS = {"TCP": 6, "UDP": 17, "SCTP": 132}
_ACCOUNT = "123456789010"


class AwsVpc(IntervalWriter):
    """One interface a node."""

    def __init__(self, cast: Cast) -> None:
        super().__init__(cast, 60)

    def observe(self, connection: Connection) -> Iterator[Observation]:
        """Both directions, at the interface of each node."""
        one = connection
        if one.source.node == one.destination.node or one.dropped is Direction.EGRESS:
            return
        there = (one.source.address, one.destination.address, one.source_port, one.port, one.protocol)
        back = (one.destination.address, one.source.address, one.port, one.source_port, one.protocol)
        for node in filter(None, (one.source.node, one.destination.node)):
            sent = one.attempts if one.dropped is not None else 5
            yield Observation(node, (node, *there), sent, max(one.octets, 60))
            if one.dropped is None:
                yield Observation(node, (node, *back), 4, max(one.octets_back, 60))

    def body(self, key: Hashable, bucket: Bucket) -> str:
        """The record of an interval."""
        assert isinstance(key, tuple)  # noqa: S101 - as observe made it
        node, source, destination, source_port, port, protocol = key
        return (
            f"2 {_ACCOUNT} {_interface(node)} {source} {destination} {source_port} {port} {_NUMBERS[protocol]} "
            f"{bucket.packets} {bucket.octets} {int(bucket.start)} {int(bucket.end)} ACCEPT OK"
        )

    def header(self, node: str) -> str:  # noqa: ARG002 - a Writer's
        """The names of the fields."""
        return _HEADER

    def lost(self, node: str, time: float, why: str, count: int) -> str:
        """SKIPDATA says that some were left out, not how many."""
        if why != "lost" or not count:
            return ""
        start = int(time) - 60
        return f"2 {_ACCOUNT} {_interface(node)} - - - - - - - {start} {int(time)} - SKIPDATA"


def _interface(node: str) -> str:
    return f"eni-{hash_of(node):08x}{len(node):02x}"
