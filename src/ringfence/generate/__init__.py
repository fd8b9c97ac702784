"""Templates: policies made for a cluster, each checked by the engine before it is printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ringfence.engine import Engine
from ringfence.engine.difference import PairChange
from ringfence.generate.allow_dns import allow_dns
from ringfence.generate.check import check
from ringfence.generate.default_deny import default_deny
from ringfence.generate.deny_external_egress import deny_external_egress
from ringfence.generate.isolate_namespace import isolate_namespace
from ringfence.generate.manifest import Manifest
from ringfence.generate.request import Dialect, Draft, Given, Request, Shared, request_of
from ringfence.generate.team_hierarchy import team_hierarchy
from ringfence.model.errors import QueryError
from ringfence.model.objects import Snapshot
from ringfence.survey import Survey

TEMPLATES: Mapping[str, Callable[[Given, Request], Draft]] = {
    "default-deny": default_deny,
    "allow-dns": allow_dns,
    "isolate-namespace": isolate_namespace,
    "deny-external-egress": deny_external_egress,
    "team-hierarchy": team_hierarchy,
}
"""Every template by its name on the command line."""


@dataclass(frozen=True, slots=True)
class Generated:
    """What a template made for one cluster, and what applying it changes there."""

    template: str
    manifests: tuple[Manifest, ...]
    changes: tuple[PairChange, ...]
    notes: tuple[str, ...]


def generate(
    template: str, request: Request, snapshot: Snapshot, survey: Survey, engine: Engine, *, cni: str = "generic"
) -> Generated:
    """The manifests of a template, checked against the cluster.

    Raises:
        QueryError: there is no such template, a namespace is not in the input, an option is missing, or the template
            can't hold what it promises in this cluster.
    """
    make = TEMPLATES.get(template)
    if make is None:
        raise QueryError(f"There is no template {template!r}. Known: {', '.join(TEMPLATES)}.")
    for namespace in (*request.namespaces, *(item.namespace for item in (*request.shared, *request.callers))):
        if namespace not in snapshot.namespaces:
            raise QueryError(f"There is no namespace {namespace} in the input.")
    if request.dialect is not Dialect.NETWORK_POLICY and template not in ("allow-dns", "deny-external-egress"):
        raise QueryError(f"{template} has one dialect only: leave --dialect out.")
    given = Given(snapshot, survey, engine)
    draft = make(given, request)
    checked = check(given, draft, cni=cni)
    return Generated(template, checked.draft.manifests, checked.changes, (*draft.notes, *checked.notes))


__all__ = ["TEMPLATES", "Dialect", "Generated", "Manifest", "Request", "Shared", "generate", "request_of"]
