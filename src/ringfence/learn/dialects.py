"""The dialects to write: what each can name, and its writer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ringfence.dialects.calico.write import write_calico_policies
from ringfence.dialects.cilium.write import write_cilium_policies
from ringfence.dialects.istio.write import write_authorization_policies
from ringfence.dialects.writing import Target, Written
from ringfence.dialects.writing.cluster_network_policy import write_cluster_network_policies
from ringfence.dialects.writing.network_policy import write_network_policies
from ringfence.model.policy import Stage

Write = Callable[[Sequence[Stage], Target], Written]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One target.

    ``kind`` is the kind of its objects. ``cni`` is their only enforcer, where there is only one. ``names`` tells that
    rules may have DNS names, ``beside`` that these stand in objects or fields that the writer doesn't know.
    ``ranges_of_all`` tells that a range means pods and nodes in it, too. ``proxied`` tells that names are known only
    from answers that pass a DNS rule of its own. ``mesh`` tells that the objects guard servers of a mesh, over TCP
    alone, and know callers by their identity. ``icmp`` tells that rules may have messages of ICMP.
    """

    write: Write
    kind: str
    cni: str = ""
    names: bool = False
    beside: bool = False
    ranges_of_all: bool = True
    proxied: bool = False
    mesh: bool = False
    icmp: bool = False


DIALECTS: Mapping[str, Dialect] = {
    "networkpolicy": Dialect(write_network_policies, "NetworkPolicy"),
    "cilium": Dialect(
        write_cilium_policies, "CiliumNetworkPolicy", "cilium", names=True, ranges_of_all=False, proxied=True, icmp=True
    ),
    "calico": Dialect(write_calico_policies, "NetworkPolicy", "calico", icmp=True),
    "calico-enterprise": Dialect(write_calico_policies, "NetworkPolicy", "calico", names=True, beside=True),
    "cnp": Dialect(write_cluster_network_policies, "ClusterNetworkPolicy", names=True),
    "istio": Dialect(write_authorization_policies, "AuthorizationPolicy", mesh=True),
    "gke": Dialect(write_network_policies, "NetworkPolicy", names=True, beside=True),
}
"""By the name on the command line."""
