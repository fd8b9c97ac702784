"""Every format that a simulation can write, by its name."""

from __future__ import annotations

from functools import partial

from ringfence.simulate.loss import LossLaw
from ringfence.simulate.writers.antrea_np import AntreaNp
from ringfence.simulate.writers.aws_agent import AwsAgent
from ringfence.simulate.writers.aws_vpc import AwsVpc
from ringfence.simulate.writers.calico import Calico
from ringfence.simulate.writers.cilium_monitor import CiliumMonitor
from ringfence.simulate.writers.gke import Gke
from ringfence.simulate.writers.hubble import Hubble
from ringfence.simulate.writers.iptables import Iptables
from ringfence.simulate.writers.kube_network_policies import KubeNetworkPolicies
from ringfence.simulate.writers.netobserv import SAMPLING, Netobserv
from ringfence.simulate.writers.ovn_acl import OvnAcl
from ringfence.simulate.writers.writer import LogFormat

FORMATS: dict[str, LogFormat] = {
    one.name: one
    for one in (
        LogFormat("hubble", "Hubble export (jsonpb)", "hubble.log", Hubble),
        LogFormat("hubble-legacy", "Hubble JSON without envelope", "hubble.log", partial(Hubble, legacy=True)),
        LogFormat("cilium-monitor", "cilium monitor as text", "monitor.log", CiliumMonitor),
        LogFormat("calico", "Calico Enterprise flow log", "flows.log", Calico),
        LogFormat("goldmane", "Whisker records of Calico", "whisker.json", partial(Calico, whisker=True)),
        LogFormat("ovn-acl", "OVN ACL audit log", "acl-audit-log.log", OvnAcl, LossLaw(rate=20)),
        LogFormat("antrea-np", "Antrea network policy audit log", "np.log", AntreaNp),
        LogFormat(
            "aws-json",
            "AWS network policy agent 1.0, JSON",
            "network-policy-agent.log",
            partial(AwsAgent, generation="json"),
        ),
        LogFormat(
            "aws-text", "AWS network policy agent", "network-policy-agent.log", partial(AwsAgent, generation="text")
        ),
        LogFormat(
            "aws-cloudwatch",
            "AWS network policy agent in CloudWatch",
            "cloudwatch.json",
            partial(AwsAgent, generation="cloudwatch"),
        ),
        LogFormat("aws-vpc", "AWS VPC flow log, version 2", "vpc.log", AwsVpc),
        LogFormat("gke", "GKE network policy log", "policy_action.log", Gke),
        LogFormat("netobserv", "NetObserv flows", "netobserv.json", Netobserv, LossLaw(sampling=SAMPLING)),
        LogFormat("iptables", "iptables LOG lines", "kern.log", Iptables),
        LogFormat(
            "kube-network-policies", "kube-network-policies log", "kube-network-policies.log", KubeNetworkPolicies
        ),
    )
}
