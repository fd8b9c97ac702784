"""The labels that Calico gives endpoints besides their own, and the keys by which the engine knows them.

Source: Calico documentation, "Calico automatic labels"; a namespace's labels have the prefix ``pcns.``, those of a
service account ``pcsa.``.
"""

from __future__ import annotations

from collections.abc import Mapping

from ringfence.model import derived
from ringfence.model.objects import NAMESPACE_NAME_LABEL

NAMESPACE = "projectcalico.org/namespace"
ACCOUNT = "projectcalico.org/serviceaccount"
NAME = "projectcalico.org/name"
_NAMESPACE_PREFIX = "pcns."
_ACCOUNT_PREFIX = "pcsa."


def endpoint_key(label: str) -> str:
    """The key of a label in a selector of endpoints."""
    if label == NAMESPACE:
        return derived.NAMESPACE
    if label == ACCOUNT:
        return derived.SERVICE_ACCOUNT
    if label.startswith(_NAMESPACE_PREFIX):
        return namespace_key(label.removeprefix(_NAMESPACE_PREFIX))
    if label.startswith(_ACCOUNT_PREFIX):
        return account_key(label.removeprefix(_ACCOUNT_PREFIX))
    return label


def namespace_key(label: str) -> str:
    """The key of a label in a namespace selector."""
    return derived.NAMESPACE if label in (NAME, NAMESPACE_NAME_LABEL) else derived.NAMESPACE_LABEL + label


def account_key(label: str) -> str:
    """The key of a label in a selector of service accounts."""
    return derived.SERVICE_ACCOUNT if label == NAME else derived.SERVICE_ACCOUNT_LABEL + label


def in_namespace(labels: Mapping[str, str], namespace: str, of_namespace: Mapping[str, str]) -> dict[str, str]:
    """The labels of an object of a namespace, by the engine's keys; of one in none for an empty name."""
    if not namespace:
        return dict(labels)
    inherited = {derived.NAMESPACE_LABEL + key: value for key, value in of_namespace.items()}
    return {**labels, **inherited, derived.NAMESPACE: namespace}
