"""What a log needs in memory depends on what talks to what, not on how often."""

from __future__ import annotations

import pytest

from tests.flowlogs import samples
from tests.flowlogs.reading import flows, read

CLIENTS = range(32768, 33768)

TEMPLATES = {
    "aws-vpc": samples.VPC.replace(b"443 49152", b"443 CLIENT"),
    "aws-agent": samples.AWS_CLOUDWATCH.replace(b"SPORT: 40112", b"SPORT: CLIENT"),
    "iptables": samples.IPTABLES.replace(b"SPT=51813", b"SPT=CLIENT").replace(b" SYN", b""),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_connections_from_other_ports_of_a_client_are_one_flow(name: str) -> None:
    log = b"\n".join(TEMPLATES[name].replace(b"CLIENT", b"%d" % port) for port in CLIENTS)
    reduction = read(name, log)
    assert len(flows(reduction)) == 1
    assert sum(tally.records for hours in reduction.counted.values() for tally in hours.values()) == len(CLIENTS)
