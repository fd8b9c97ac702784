"""Every log format that is read, in the order in which messages name them."""

from __future__ import annotations

from ringfence.flowlogs import (
    antrea_flows,
    antrea_np,
    aws_agent,
    aws_vpc,
    calico_flow_log,
    cilium_monitor,
    gke,
    goldmane,
    hubble,
    hubble_compact,
    iptables,
    kube_network_policies,
    loki,
    netobserv,
    ovn_acl,
)
from ringfence.flowlogs.format import Format
from ringfence.model.errors import QueryError

FORMATS: tuple[Format, ...] = (
    hubble.FORMAT,
    hubble_compact.FORMAT,
    cilium_monitor.FORMAT,
    calico_flow_log.FORMAT,
    goldmane.FORMAT,
    ovn_acl.FORMAT,
    antrea_np.FORMAT,
    antrea_flows.FORMAT,
    aws_agent.FORMAT,
    aws_vpc.FORMAT,
    gke.FORMAT,
    netobserv.FORMAT,
    loki.FORMAT,
    iptables.FORMAT,
    kube_network_policies.FORMAT,
)

AUTO = "auto"
"""What ``--format`` says by default: the format is found out from the first lines."""


def names() -> tuple[str, ...]:
    """What ``--format`` takes besides :data:`AUTO`."""
    return tuple(each.name for each in FORMATS)


def by_name(name: str) -> Format:
    """The format of a name.

    Raises:
        QueryError: there is none; the message names those that there are.
    """
    for each in FORMATS:
        if each.name == name:
            return each
    raise QueryError(f"There is no log format {name!r}. Formats are {', '.join((AUTO, *names()))}.")
