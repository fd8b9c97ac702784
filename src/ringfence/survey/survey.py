"""What a cluster needs to work, in one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ringfence.model.objects import Pod, Service, Snapshot
from ringfence.model.references import ServiceUse
from ringfence.survey.backends import Backends
from ringfence.survey.dependencies import (
    ingress_dependencies,
    is_from_outside,
    scrape_dependencies,
    text_dependencies,
)
from ringfence.survey.dependency import Dependency
from ringfence.survey.dns import DnsServer, dns_servers
from ringfence.survey.outside import OutsideUse, outside_uses
from ringfence.survey.roles import api_servers, gateway_pods, ingress_controllers, scrapers

OWNER_LABELS = ("team", "owner")
"""Namespace labels that name the team, by preference; an organisation's own may be given instead."""


@dataclass(frozen=True, slots=True)
class Survey:
    """Found by name and label, so never complete: what is here is needed, what is missing may be needed too.

    ``teams`` is the owning team by namespace, for namespaces that have one. ``webhooks`` are the Services that the API
    server calls: admission and conversion webhooks, and aggregated APIs. ``outside`` tells who calls which host outside
    by its name, ``api_service`` is the Service of the API server.
    """

    dns: tuple[DnsServer, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    ingress_controllers: tuple[Pod, ...] = ()
    scrapers: tuple[Pod, ...] = ()
    api_servers: tuple[Pod, ...] = ()
    webhooks: tuple[ServiceUse, ...] = ()
    teams: Mapping[str, str] = field(default_factory=dict)
    outside: tuple[OutsideUse, ...] = ()
    api_service: Service | None = None


def survey(snapshot: Snapshot, *, owner_label: str = "") -> Survey:
    """Look for what a cluster needs; ``owner_label`` is the namespace label that names the team."""
    backends = Backends(snapshot)
    controllers, collectors = ingress_controllers(snapshot.pods), scrapers(snapshot.pods)
    keys = (owner_label,) if owner_label else OWNER_LABELS
    teams = {}
    for name, namespace in snapshot.namespaces.items():
        owner = next((namespace.labels[key] for key in keys if namespace.labels.get(key)), "")
        if owner:
            teams[name] = owner
    return Survey(
        dns=dns_servers(snapshot, backends),
        dependencies=(
            *text_dependencies(snapshot, backends),
            *ingress_dependencies(snapshot.uses, controllers, backends, gateway_pods(snapshot.pods)),
            *scrape_dependencies(snapshot.pods, collectors),
        ),
        ingress_controllers=controllers,
        scrapers=collectors,
        api_servers=api_servers(snapshot.pods),
        webhooks=tuple(use for use in snapshot.uses if not is_from_outside(use)),
        outside=outside_uses(snapshot, backends),
        api_service=backends.service("default", "kubernetes"),
        teams=teams,
    )
