"""Faults as they are made: misspelt names, wrong words, limits that are passed; each told at its place with the remedy.

Every row changes the valid example of its kind in one place. The limits are those of the references that the tables
name.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ringfence.dialects import read_policies
from ringfence.model.objects import Snapshot, format_path
from tests.clusters import snapshot_with
from tests.dialects.reading import read
from tests.dialects.schema.examples import EXAMPLES, Steps, put
from tests.dialects.schema.test_examples import findings

ANTREA = "crd.antrea.io NetworkPolicy web"
AWS = "networking.k8s.aws ClusterNetworkPolicy guard"
CILIUM = "cilium.io CiliumNetworkPolicy web"
CALICO = "projectcalico.org NetworkPolicy default.web"
STAGED = "projectcalico.org StagedNetworkPolicy web"
FIREWALL = "k8s.ovn.org EgressFirewall default"
GKE = "networking.gke.io FQDNNetworkPolicy out"
LINKERD = "policy.linkerd.io ServerAuthorization web"
HTTP = ("spec", "ingress", 0, "toPorts", 0, "rules", "http", 0)

MISSPELT: list[tuple[str, Steps, str, str]] = [
    (CILIUM, HTTP, "methods", "method"),
    (CILIUM, (*HTTP, "headerMatches", 0), "mismtach", "mismatch"),
    (CILIUM, ("spec", "ingress", 1, "icmps", 0), "field", "fields"),
    (CILIUM, ("spec", "enableDefaultDeny"), "Egress", "egress"),
    (CILIUM, (), "spce", "spec"),
    (CILIUM, ("metadata",), "lables", "labels"),
    ("networking.k8s.io NetworkPolicy web", ("metadata",), "namesapce", "namespace"),
    ("networking.k8s.io NetworkPolicy web", (), "specs", "spec"),
    (CALICO, ("spec", "ingress", 1, "icmp"), "typ", "type"),
    (STAGED, ("spec",), "stagedaction", "stagedAction"),
    (STAGED, ("spec", "ingress", 0, "source"), "net", "nets"),
    ("projectcalico.org NetworkSet partners", ("spec",), "net", "nets"),
    ("projectcalico.org HostEndpoint node1-eth0", ("spec",), "expectedIps", "expectedIPs"),
    ("security.istio.io RequestAuthentication web", ("spec", "jwtRules", 0), "jwksURI", "jwksUri"),
    ("networking.istio.io ServiceEntry api", ("spec",), "host", "hosts"),
    ("networking.istio.io Sidecar web", ("spec", "outboundTrafficPolicy"), "Mode", "mode"),
    (ANTREA, ("spec",), "appliesTo", "appliedTo"),
    (ANTREA, ("spec", "ingress", 0), "form", "from"),
    (FIREWALL, ("spec", "egress", 0, "to"), "dnsname", "dnsName"),
    (GKE, ("spec", "egress", 0), "match", "matches"),
    (AWS, ("spec",), "prority", "priority"),
    (LINKERD, ("spec", "client"), "meshTls", "meshTLS"),
]


@pytest.mark.parametrize(("name", "steps", "wrong", "right"), MISSPELT)
def test_a_misspelt_field_names_the_nearest_right_one(name: str, steps: Steps, wrong: str, right: str) -> None:
    body = copy.deepcopy(EXAMPLES[name])
    put(body, (*steps, wrong), "a")
    (finding,) = findings(body)
    path = format_path((*steps, wrong))
    assert (finding.code.code, finding.origin.path, finding.hint) == ("RF113", path, f"Did you mean {right}?")


REFUSED: list[tuple[str, Steps, Any, str]] = [
    # Cilium: at most 40 ICMP fields, numbers of 8 bits, known families and modes, one kind of layer 7 rules.
    (CILIUM, ("spec", "ingress", 1, "icmps", 0, "fields"), [{"type": 8}] * 41, "RF110"),
    (CILIUM, ("spec", "ingress", 1, "icmps", 0, "fields", 0, "type"), 256, "RF101"),
    (CILIUM, ("spec", "ingress", 1, "icmps", 0, "fields", 0, "family"), "ipv4", "RF101"),
    (CILIUM, ("spec", "ingress", 0, "authentication", "mode"), "require", "RF101"),
    (CILIUM, (*HTTP, "headerMatches", 0, "mismatch"), "drop", "RF101"),
    (CILIUM, ("spec", "enableDefaultDeny", "ingress"), "yes", "RF101"),
    # Calico: types to 254, codes to 255; a path is exact or a prefix.
    (CALICO, ("spec", "ingress", 1, "icmp", "type"), 255, "RF101"),
    (CALICO, ("spec", "ingress", 1, "notICMP", "code"), 256, "RF101"),
    (CALICO, ("spec", "ingress", 0, "http", "paths", 0), {"exact": "/a", "prefix": "/b"}, "RF101"),
    (STAGED, ("spec", "stagedAction"), "set", "RF101"),
    (STAGED, ("spec", "ingress", 0, "action"), "allow", "RF101"),
    ("projectcalico.org Tier default", ("spec", "defaultAction"), "Allow", "RF101"),
    ("projectcalico.org NetworkSet partners", ("spec", "nets", 0), "192.0.2.0/33", "RF103"),
    ("projectcalico.org HostEndpoint node1-eth0", ("spec", "ports", 0, "port"), 0, "RF101"),
    # Istio: at most 16 targets; hosts are needed, 256 at most.
    ("security.istio.io RequestAuthentication web", ("spec", "targetRefs"), [{"kind": "a", "name": "b"}] * 17, "RF110"),
    ("networking.istio.io ServiceEntry api", ("spec", "hosts"), ["a.example.com"] * 257, "RF110"),
    ("networking.istio.io ServiceEntry api", ("spec", "hosts"), [], "RF101"),
    ("networking.istio.io ServiceEntry api", ("spec", "location"), "EXTERNAL", "RF101"),
    ("networking.istio.io Sidecar web", ("spec", "outboundTrafficPolicy", "mode"), "registry_only", "RF101"),
    # Antrea: priorities from 1 to 10000, of tiers to 255; one way to name a peer.
    (ANTREA, ("spec", "priority"), 10001, "RF101"),
    (ANTREA, ("spec", "priority"), 0.5, "RF101"),
    (ANTREA, ("spec", "ingress", 0, "action"), "Deny", "RF101"),
    (ANTREA, ("spec", "egress", 0, "to", 0), {"fqdn": "a", "ipBlock": {"cidr": "10.0.0.0/8"}}, "RF101"),
    (ANTREA, ("spec", "ingress", 0, "ports", 0, "port"), 65536, "RF101"),
    ("crd.antrea.io Tier mine", ("spec", "priority"), 256, "RF101"),
    # OVN-Kubernetes: one way to name a destination; only the object `default` is heeded.
    (FIREWALL, ("spec", "egress", 0, "to"), {"dnsName": "a", "cidrSelector": "10.0.0.0/8"}, "RF101"),
    (FIREWALL, ("spec", "egress", 0, "to"), {}, "RF101"),
    (FIREWALL, ("spec", "egress", 0, "type"), "allow", "RF101"),
    (FIREWALL, ("spec", "egress", 1, "ports", 0), {"port": 6443}, "RF101"),
    (FIREWALL, ("metadata", "name"), "strict", "RF101"),
    # GKE: a name or a pattern.
    (GKE, ("spec", "egress", 0, "matches", 0), {"name": "a.example.com", "pattern": "*.example.com"}, "RF101"),
    (GKE, ("spec", "egress", 0, "matches", 0), {}, "RF101"),
    (GKE, ("spec", "egress", 0, "ports", 0, "port"), 70000, "RF101"),
    # Amazon EKS: priorities to 1000, 25 ranges a peer, 100 rules.
    (AWS, ("spec", "priority"), 1001, "RF101"),
    (AWS, ("spec", "egress", 0, "to", 0, "networks"), [f"10.{n}.0.0/16" for n in range(26)], "RF110"),
    (AWS, ("spec", "egress", 0, "to"), [], "RF101"),
    (AWS, ("spec", "egress", 0, "action"), "Allow", "RF101"),
    (AWS, ("spec", "tier"), "admin", "RF101"),
    # Linkerd: a Server by name or by selector.
    (LINKERD, ("spec", "server"), {"name": "a", "selector": {}}, "RF101"),
    # Every kind: names are DNS subdomains of at most 253 characters, annotations are text.
    (CILIUM, ("metadata", "name"), "My_Policy", "RF101"),
    (CILIUM, ("metadata", "name"), "a" * 254, "RF101"),
    (CILIUM, ("metadata", "annotations"), {"count": 3}, "RF101"),
]


@pytest.mark.parametrize(("name", "steps", "value", "code"), REFUSED)
def test_what_the_api_refuses_is_told_at_its_place(name: str, steps: Steps, value: object, code: str) -> None:
    body = copy.deepcopy(EXAMPLES[name])
    put(body, steps, value)
    found = [(finding.code.code, finding.origin.path) for finding in findings(body)]
    path = format_path(steps)
    assert any(told == code and (place == path or place.startswith(path + ".")) for told, place in found), found


@pytest.mark.parametrize(
    ("name", "steps", "value", "hint"),
    [
        (STAGED, ("spec", "stagedAction"), "set", "Did you mean Set?"),
        (ANTREA, ("spec", "ingress", 0, "action"), "Denied", "Known: Allow, Drop, Reject, Pass."),
        ("networking.istio.io Sidecar web", ("spec", "egress", 0, "captureMode"), "iptables", "Did you mean IPTABLES?"),
    ],
)
def test_a_wrong_word_names_the_right_ones(name: str, steps: Steps, value: str, hint: str) -> None:
    body = copy.deepcopy(EXAMPLES[name])
    put(body, steps, value)
    assert [finding.hint for finding in findings(body)] == [hint]


def test_a_missing_field_names_the_misspelt_one_in_its_place() -> None:
    body = copy.deepcopy(EXAMPLES[ANTREA])
    del body["spec"]["priority"]
    body["spec"]["prioritiy"] = 5
    unknown, missing = findings(body)
    assert unknown.hint == "Did you mean priority?"
    assert (missing.what, missing.hint) == (
        "spec has no priority.",
        "Did you mean priority where prioritiy is written?",
    )


def test_a_fault_is_told_with_line_and_column() -> None:
    text = (
        "apiVersion: k8s.ovn.org/v1\nkind: EgressFirewall\nmetadata: {name: default, namespace: a}\nspec:\n"
        "  egress:\n  - type: Allow\n    to:\n      cidrSelektor: 10.0.0.0/8\n"
    )
    unknown = next(finding for finding in read(text)[1] if finding.code.code == "RF113")
    assert (unknown.origin.position.line, unknown.origin.position.column) == (8, 7)
    assert unknown.hint == "Did you mean cidrSelector?"


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_version_that_the_api_never_had_is_told(name: str) -> None:
    body = copy.deepcopy(EXAMPLES[name])
    body["apiVersion"] = f"{body['apiVersion'].partition('/')[0]}/v77"
    _, found = read_policies(snapshot_with(Snapshot(), [body]))
    assert [finding.code.code for finding in found if finding.origin.path == "apiVersion"] in (["RF114"], ["RF101"])
