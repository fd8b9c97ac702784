"""Cilium's labels: keys with a source, and the namespace and service account as labels of a pod.

Source: Cilium documentation, "Endpoint lifecycle" (label sources) and "Using Kubernetes constructs in policy"
(namespaces, service accounts).
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.dialects.fields import Field
from ringfence.dialects.selectors import kubernetes_key
from ringfence.model import derived
from ringfence.model.codes import UNKNOWN_PEER

NAMESPACE_KEY = "io.kubernetes.pod.namespace"
NAMESPACE_LABEL_PREFIX = "io.cilium.k8s.namespace.labels."
ACCOUNT_KEY = "io.cilium.k8s.policy.serviceaccount"
CLUSTER_KEY = "io.cilium.k8s.policy.cluster"
RESERVED = "reserved"

# A label without a source is of any; "k8s" is what pods have. The other sources are of endpoints that are no pods.
_POD_SOURCES = ("", "any", "k8s")


def split_source(key: str) -> tuple[str, str]:
    """``(source, key)`` of a label key; the source is empty where none is written.

    Source: ParseSource in ``pkg/labels`` of Cilium, which takes ``reserved.host`` for ``reserved:host``.
    """
    if ":" not in key and key.startswith(f"{RESERVED}."):
        return RESERVED, key.removeprefix(f"{RESERVED}.")
    source, colon, rest = key.partition(":")
    return (source, rest) if colon else ("", key)


def read_label_key(field: Field, key: object) -> str | None:
    """The key that a pod's label has in the engine, or the key with its source, for one that no pod can have.

    None, and a finding, for one that is no label.
    """
    if not isinstance(key, str):
        return kubernetes_key(field, key)
    source, name = split_source(key)
    if source not in _POD_SOURCES:
        return _foreign_key(field, source, name)
    match name:
        case str() if name == NAMESPACE_KEY:
            return derived.NAMESPACE
        case str() if name == ACCOUNT_KEY:
            return derived.SERVICE_ACCOUNT
    if name.startswith(NAMESPACE_LABEL_PREFIX):
        return derived.NAMESPACE_LABEL + name.removeprefix(NAMESPACE_LABEL_PREFIX)
    return kubernetes_key(field, name)


def _foreign_key(field: Field, source: str, name: str) -> str | None:
    read = kubernetes_key(field, name)
    if read is not None and source != RESERVED:
        what = f"{field} asks for a label of the source {source}, which no pod's labels have."
        hint = "Labels of pods have the source k8s, or are written without one."
        field.report(UNKNOWN_PEER, what, hint=hint)
    return read and f"{source}:{read}"


def keys_of(selector: Field) -> Iterator[str]:
    """The label keys that a selector's body names, as written."""
    if not isinstance(selector.value, dict):
        return
    labels = selector.value.get("matchLabels")
    yield from map(str, labels) if isinstance(labels, dict) else ()
    expressions = selector.value.get("matchExpressions")
    for item in expressions if isinstance(expressions, list) else ():
        if isinstance(item, dict) and isinstance(item.get("key"), str):
            yield item["key"]


def names_namespace(selector: Field) -> bool:
    """True where a selector says itself which namespaces it means, so that it isn't narrowed.

    Labels of namespaces say it only in a policy of a namespace.
    """
    names = [split_source(key)[1] for key in keys_of(selector)]
    of_namespace = bool(selector.raw.ref.namespace)
    return any(name == NAMESPACE_KEY or (of_namespace and name.startswith(NAMESPACE_LABEL_PREFIX)) for name in names)
