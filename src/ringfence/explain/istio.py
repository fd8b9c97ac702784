"""Why a mesh refuses a connection: in the words of identities and mutual TLS, where other APIs speak of labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ringfence.engine.facts import Facts
from ringfence.engine.match import peer_matches
from ringfence.explain.words import object_name, rule_words
from ringfence.model import derived
from ringfence.model.labels import LabelExpr, Requirement
from ringfence.model.mesh import AMBIENT
from ringfence.model.objects import NAMESPACE_NAME_LABEL, Pod
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import AddressPeer, Direction, PodPeer, leaves
from ringfence.model.verdict import DirectionVerdict, Endpoint, RuleTrace, StageTrace, Verdict

LAYER = "mesh"
MUTUAL_TLS = "istio-mtls"
EGRESS = "istio-egress"
STAGES = {EGRESS: "Mesh registry", MUTUAL_TLS: "Mutual TLS", "istio-deny": "Mesh denies", "istio-allow": "Mesh allows"}

_ASKS = {derived.PRINCIPAL: "principals", derived.NAMESPACE: "namespaces", NAMESPACE_NAME_LABEL: "namespaces"}


def is_mesh(stage: StageTrace) -> bool:
    """True for a stage of the mesh."""
    return stage.layer == LAYER


def is_peer_authentication(ref: ObjectRef) -> bool:
    """True for a PeerAuthentication of Istio."""
    return ref.kind == "PeerAuthentication"


def denied_words(trace: RuleTrace, source: str, destination: str) -> str:
    """The sentence for a rule of the mesh that denies."""
    if is_peer_authentication(trace.policy.ref):
        return (
            f"{object_name(trace.policy.ref)} requires mutual TLS of those who call {destination}; {source} isn't in "
            "the mesh, and comes without."
        )
    if trace.direction is Direction.EGRESS:
        return (
            f"{object_name(trace.policy.ref)} limits egress to what the mesh's registry lists, which doesn't list "
            f"{source} at this port."
        )
    asked = ", ".join(condition.text for condition in trace.rule.conditions)
    what = f"{rule_words(trace)} denies {source} at {destination}"
    if asked:
        return f"{what} where it is so: {asked}."
    return f"{what}: a deny wins over every allow of the mesh."


def missed_words(trace: RuleTrace, source: Endpoint, subject: Endpoint, facts: Facts, names: tuple[str, str]) -> str:
    """The sentence for a rule that would allow, and doesn't mean this caller; ``names`` are those of the two ends."""
    caller, workload = names
    rule = rule_words(trace)
    if trace.rule.only is not None and not peer_matches(trace.rule.only, subject, facts, subject):
        if isinstance(subject, Pod) and facts.derived_label(subject, derived.MESH) == AMBIENT:
            return f"{rule} asks what a request is, which ztunnel doesn't see at {workload}: it leaves the rule out."
        if not _identity_asked(trace):
            return f"{rule} isn't for {workload}."
        return f"{rule} asks who the caller is, and callers of {workload} come without mutual TLS."
    asked = _asked(trace)
    allows = f"{rule} allows only {asked}" if asked else f"{rule} doesn't allow {caller}"
    if not _identity_asked(trace):
        return f"{allows}; {caller} is none of them." if asked else f"{allows}."
    if not isinstance(source, Pod):
        return f"{allows}; {caller} is outside the cluster, and has no identity in the mesh."
    identity = facts.derived_label(source, derived.PRINCIPAL)
    if identity is None:
        return f"{allows}; {caller} isn't in the mesh, and has no identity."
    return f"{allows}; {caller} is {identity}."


def deciding(side: DirectionVerdict) -> Iterable[RuleTrace]:
    """The rules of the mesh that deny."""
    return side.stages[-1].deciding


def notes_on(verdict: Verdict) -> Iterator[str]:
    """What an answer that rests on a sidecar's egress assumes."""
    if any(stage.stage == EGRESS and stage.selecting for stage in verdict.egress.stages):
        yield (
            "A sidecar limits only what goes through it: a workload that avoids its proxy isn't held to the mesh's "
            "registry; only a policy of the network holds it. Pods are taken to be called through their Services."
        )


def _identity_asked(trace: RuleTrace) -> bool:
    return any(
        key in _ASKS or key == derived.MESH
        for peer in leaves(trace.rule.peers or ())
        if isinstance(peer, PodPeer)
        for key in (*peer.pods.keys(), *peer.namespaces.keys())
    )


def _asked(trace: RuleTrace) -> str:
    """``principals a, b and addresses 10.0.0.0/8``; empty where it can't be told so shortly."""
    found: dict[str, None] = {}
    for peer in leaves(trace.rule.peers or ()):
        if isinstance(peer, AddressPeer):
            found[f"addresses {peer}"] = None
        elif isinstance(peer, PodPeer):
            if peer.namespace is not None:
                found[f"namespaces {peer.namespace}"] = None
            for expr in (peer.pods, peer.namespaces):
                for text in _words(expr):
                    found[text] = None
    return " and ".join(found)


def _words(expr: LabelExpr) -> Iterator[str]:
    if isinstance(expr, Requirement):
        if expr.key in _ASKS:
            values = {"StartsWith": "{}*", "EndsWith": "*{}"}.get(expr.operator.value, "{}")
            listed = ", ".join(values.format(value) for value in expr.values) or "of any kind"
            yield f"{_ASKS[expr.key]} {listed}"
    else:
        for part in getattr(expr, "parts", ()):
            yield from _words(part)
