"""What an Istio mesh is configured with, as far as policy depends on it; the defaults where the input doesn't say.

Source: Istio reference, "Global Mesh Options" (MeshConfig): ``trustDomain``, ``trustDomainAliases``, ``rootNamespace``,
``outboundTrafficPolicy``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ringfence.model.origin import UNKNOWN, Origin

LOCAL_TRUST_DOMAIN = "cluster.local"
"""Istio's default; in a policy it stands for the trust domain of the mesh, whichever that is."""


@dataclass(frozen=True, slots=True)
class MeshSettings:
    """The settings of one mesh. ``given`` is False where the input has no MeshConfig, and these are the defaults."""

    trust_domain: str = LOCAL_TRUST_DOMAIN
    aliases: tuple[str, ...] = ()
    root_namespace: str = "istio-system"
    registry_only: bool = False
    given: bool = False
    origin: Origin = field(default=UNKNOWN, compare=False)
