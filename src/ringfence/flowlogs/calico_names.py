"""What Calico's flow logs have in common: ends, labels, policies.

Ends and their types are those of ``FlowKey`` in
https://github.com/projectcalico/calico/blob/master/goldmane/proto/api.proto, and of
https://docs.tigera.io/calico-enterprise/latest/observability/elastic/flow/datatypes. Policy strings are
``index|tier|name|action|rule`` (``newFlowPolicySet`` of
https://github.com/projectcalico/calico/blob/master/felix/collector/flowlog/types.go).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ringfence.flowlogs import fields
from ringfence.model.flow import EndKind, FlowEnd, Outcome, RecordedRule

OUTCOMES = {"allow": Outcome.ALLOWED, "deny": Outcome.DENIED}

END_OF_TIER = "end of tier"
"""The rule of a policy that selected the end and matched nothing, so that its tier's default decided."""

_AUTOMATIC = "-auto-hep"  # of the HostEndpoint that Calico makes for a node
_OWN = ("projectcalico.org/", "pcns.", "pcsa.")  # labels that Calico puts on its copies of pods
_SHORT = {
    "np": "NetworkPolicy",
    "knp": "NetworkPolicy",
    "gnp": "GlobalNetworkPolicy",
    "snp": "StagedNetworkPolicy",
    "sgnp": "StagedGlobalNetworkPolicy",
    "sknp": "StagedKubernetesNetworkPolicy",
    "kanp": "AdminNetworkPolicy",
    "kbanp": "BaselineAdminNetworkPolicy",
    "kcnp": "ClusterNetworkPolicy",
    "pro": "Profile",
}
_NUMBERED = (
    *("", "CalicoNetworkPolicy", "GlobalNetworkPolicy", "StagedNetworkPolicy", "StagedGlobalNetworkPolicy"),
    *("StagedKubernetesNetworkPolicy", "NetworkPolicy", "ClusterNetworkPolicyAdminTier"),
    *("ClusterNetworkPolicyBaselineTier", "Profile", "EndOfTier"),
)
_ACTIONS = ("", "Allow", "Deny", "Pass")
_LONG = {
    "CalicoNetworkPolicy": "NetworkPolicy",
    "ClusterNetworkPolicyAdminTier": "ClusterNetworkPolicy",
    "ClusterNetworkPolicyBaselineTier": "ClusterNetworkPolicy",
}
# Calico's names for the objects of Kubernetes that it made policies from.
_PREFIXES = {
    "knp.default.": "NetworkPolicy",
    "kanp.adminnetworkpolicy.": "AdminNetworkPolicy",
    "kbanp.baselineadminnetworkpolicy.": "BaselineAdminNetworkPolicy",
    "kcnp.kube-admin.": "ClusterNetworkPolicy",
    "kcnp.kube-baseline.": "ClusterNetworkPolicy",
    "__PROFILE__.": "Profile",
}


def end(
    kind: str,
    name: str,
    namespace: str,
    address: str = "",
    labels: object = None,
    names: tuple[str, ...] = (),
    service: str = "",
) -> FlowEnd:
    """An end by Calico's type of it (``wep``, ``hep``, ``net``, ``ns``; empty if the source doesn't write it)."""
    if name in {"pub", "pvt"} and kind in {"", "net"}:
        # A private address that is no endpoint of Calico's may still be a node or a Service of the cluster.
        where = EndKind.EXTERNAL if name == "pub" else EndKind.UNKNOWN
        return FlowEnd(where, address, workload=f"Network/{name}", names=names, service=service)
    if kind == "wep" or (not kind and namespace):
        return FlowEnd(EndKind.POD, address, namespace, name, labels=labels_of(labels), names=names, service=service)
    if kind == "hep":
        workload = f"HostEndpoint/{name}" if name else ""
        node = name.removesuffix(_AUTOMATIC) if name.endswith(_AUTOMATIC) else ""
        return FlowEnd(EndKind.NODE, address, pod=node, workload=workload, names=names, service=service)
    if kind == "ns":
        workload = f"NetworkSet/{name}" if name else ""
        return FlowEnd(EndKind.EXTERNAL, address, namespace, workload=workload, names=names, service=service)
    workload = f"{'Network' if kind == 'net' else 'HostEndpoint'}/{name}" if name else ""
    return FlowEnd(EndKind.UNKNOWN, address, namespace, workload=workload, names=names, service=service)


def labels_of(value: object) -> tuple[tuple[str, str], ...]:
    """The labels of Kubernetes in ``{"labels": ["a=b"]}``, ``["a=b"]`` or ``a=b | c=d``, sorted."""
    if isinstance(value, dict):
        value = value.get("labels")
    if isinstance(value, str):
        value = value.split("|")
    pairs = set()
    for item in fields.sequence(value):
        if isinstance(item, str) and "=" in item:
            key, _, text = item.strip().partition("=")
            if key and not key.startswith(_OWN):
                pairs.add((key, text))
    return tuple(sorted(pairs))


def service(namespace: object, name: object) -> str:
    """``namespace/name`` of a Service, empty if there is none."""
    space, title = fields.text(namespace), fields.text(name)
    return f"{space}/{title}" if space and title else ""


def policy_of_text(value: object) -> tuple[int, RecordedRule, bool] | None:
    """Index, policy and whether it is staged, of a policy string; None if it is none."""
    parts = value.split("|") if isinstance(value, str) else []
    index = fields.whole(parts[0]) if parts else None
    if index is None or not 4 <= len(parts) <= 5:
        return None
    tier, reference, action = parts[1:4]
    rule = parts[4] if len(parts) > 4 else ""
    kind, colon, rest = reference.partition(":")
    if not colon or kind not in _SHORT:
        kind, rest = "", reference
    namespace, slash, name = rest.rpartition("/")
    staged = name.startswith("staged:") or _SHORT.get(kind, "").startswith("Staged")
    name = name.removeprefix("staged:")
    known = _SHORT.get(kind) or ("NetworkPolicy" if slash else "GlobalNetworkPolicy")
    for prefix, of in _PREFIXES.items():
        if name.startswith(prefix):
            known, name = of, name.removeprefix(prefix)
    if staged and not known.startswith("Staged"):
        known = "StagedKubernetesNetworkPolicy" if "knp.default." in rest else f"Staged{known}"
    return index, RecordedRule(name, namespace, known, tier, _rule(rule), action), staged


def policy_of_record(value: Mapping[str, Any]) -> RecordedRule:
    """The policy of a ``PolicyHit``, whose keys are lower case without ``_``."""
    kind = named(value.get("kind"), _NUMBERED)
    rule = _rule(str(value.get("ruleindex", "0")))
    of = value
    if kind == "EndOfTier":
        of = folded(fields.mapping(value.get("trigger")))
        kind, rule = named(of.get("kind"), _NUMBERED), END_OF_TIER
    name = fields.text(of.get("name"))
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return RecordedRule(
        name,
        fields.text(of.get("namespace")),
        _LONG.get(kind, kind),
        fields.text(value.get("tier")),
        rule,
        named(value.get("action"), _ACTIONS),
    )


def named(value: object, names: tuple[str, ...] = _ACTIONS) -> str:
    """The name of an enum's value, which Go's JSON writes as its number."""
    number = fields.count(value)
    if number is None:
        return fields.text(value)
    return names[number] if number < len(names) else ""


def folded(value: Mapping[str, Any]) -> dict[str, Any]:
    """A record with its keys in lower case and without ``_``: Go's and protobuf's JSON write the same fields so."""
    return {key.replace("_", "").lower(): item for key, item in value.items()}


def _rule(index: str) -> str:
    return END_OF_TIER if index == "-1" else index
