"""Names that people type for kinds: ``deploy``, ``deployments`` and ``Deployment`` are one kind."""

from __future__ import annotations

_SHORT = {
    "cj": "CronJob",
    "deploy": "Deployment",
    "ds": "DaemonSet",
    "job": "Job",
    "po": "Pod",
    "rc": "ReplicationController",
    "rs": "ReplicaSet",
    "sts": "StatefulSet",
    "svc": "Service",
}
"""kubectl's short names (``kubectl api-resources``)."""

_BY_NAME = {
    **_SHORT,
    **{kind.lower(): kind for kind in _SHORT.values()},
    **{f"{kind.lower()}s": kind for kind in _SHORT.values()},
}


def kind_of(text: str) -> str:
    """The kind that ``text`` means; text that is no known kind (a custom owner's) is returned as it is."""
    return _BY_NAME.get(text.lower(), text)
