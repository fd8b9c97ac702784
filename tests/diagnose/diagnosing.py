"""How these tests ask: objects in, a diagnosis out, and its losses in one line each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ringfence.cluster import Cluster
from ringfence.diagnose import Diagnosis, LossKind, diagnose
from ringfence.survey import Dependency, survey
from tests.sources.loading import load_text
from tests.survey.manifests import Json, written


def policy(
    name: str,
    namespace: str = "shop",
    *,
    pods: dict[str, str] | None = None,
    ingress: list[Json] | None = None,
    egress: list[Json] | None = None,
) -> Json:
    """A NetworkPolicy; a direction that is given is isolated, also where its list is empty."""
    types = [kind for kind, rules in (("Ingress", ingress), ("Egress", egress)) if rules is not None]
    spec: Json = {"podSelector": {"matchLabels": pods} if pods else {}, "policyTypes": types}
    if ingress is not None:
        spec["ingress"] = ingress
    if egress is not None:
        spec["egress"] = egress
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def to(*peers: Json, ports: Iterable[tuple[str, int | str]] = ()) -> Json:
    """An egress rule."""
    return _rule("to", peers, ports)


def of(*peers: Json, ports: Iterable[tuple[str, int | str]] = ()) -> Json:
    """An ingress rule."""
    return _rule("from", peers, ports)


def _rule(key: str, peers: tuple[Json, ...], ports: Iterable[tuple[str, int | str]]) -> Json:
    rule: Json = {key: list(peers)} if peers else {}
    listed = [{"protocol": protocol, "port": port} for protocol, port in ports]
    return {**rule, "ports": listed} if listed else rule


def pods(namespace: str | None = None, **labels: str) -> Json:
    """A peer: pods with these labels, of the policy's own namespace unless one is named."""
    peer: Json = {"podSelector": {"matchLabels": labels}}
    if namespace is not None:
        peer["namespaceSelector"] = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    return peer


def diagnosed(*objects: Json, wanted: tuple[Dependency, ...] = (), **options: Any) -> Diagnosis:
    """The diagnosis of a cluster."""
    cluster = Cluster(load_text(written(*objects)))
    return diagnose(
        cluster.engine, cluster.snapshot, cluster.endpoints, survey(cluster.snapshot), wanted=wanted, **options
    )


def lost(report: Diagnosis, *kinds: LossKind) -> set[str]:
    """Each loss as ``dns error shop/Deployment/web > service:kube-system/kube-dns:53/UDP egress``."""
    return {
        f"{loss.kind} {loss.severity} {loss.source} > {loss.question} {'+'.join(map(str, loss.directions))}"
        for loss in report.losses()
        if not kinds or loss.kind in kinds
    }
