"""One cause of a connection's being denied, or of its being allowed though a policy was meant to deny it."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ringfence.model.origin import UNKNOWN, Origin
from ringfence.model.policy import Direction
from ringfence.model.verdict import RuleTrace


class CauseKind(enum.Enum):
    """What stands in the way."""

    NO_RULE = "no-rule"
    POD_LABEL = "pod-label"
    NAMESPACE_LABEL = "namespace-label"
    OTHER_NAMESPACE = "other-namespace"
    SERVICE_PORT = "service-port"
    NAMED_PORT = "named-port"
    PROTOCOL = "protocol"
    PORT = "port"
    ADDRESS = "address"
    EXCEPTION = "exception"
    SERVICE_ADDRESS = "service-address"
    HOST_NETWORK = "host-network"
    EARLIER_TIER = "earlier-tier"
    BASELINE = "baseline"
    INVALID = "invalid"
    SUBJECT_LABEL = "subject-label"
    EMPTY_SUBJECT = "empty-subject"
    POLICY_TYPES = "policy-types"
    MUTUAL_TLS = "mutual-tls"
    MESH_DENY = "mesh-deny"
    MESH_IDENTITY = "mesh-identity"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause. ``text`` is a sentence; ``origin`` the rule or policy; ``distance`` grows with what must change.

    ``trace`` is the rule that failed or denied, where there is one.
    """

    direction: Direction
    kind: CauseKind
    text: str
    origin: Origin = UNKNOWN
    distance: int = 0
    trace: RuleTrace | None = None
