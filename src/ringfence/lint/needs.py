"""What the cluster needs and the policies deny: dependencies of the survey, by the policy that cuts them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.lint.blame import Roots, blame
from ringfence.lint.context import LintContext
from ringfence.model.objects import Pod
from ringfence.model.verdict import Endpoint
from ringfence.survey import Dependency, DependencyKind, Route, Target


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A dependency that is denied, for some or all of its pods, at the port where it arrives."""

    dependency: Dependency
    route: Route
    port: int

    @property
    def text(self) -> str:
        """``shop/Deployment/web → Service data/db TCP 5432 (DATABASE_URL, web.yaml:12)``."""
        dependency = self.dependency
        place = dependency.evidence.origin
        shown = f", {place}" if place.position.file else ""
        arrow = f"{dependency.source} → {dependency.target}"
        return f"{arrow} {self.route.protocol} {self.port} ({_short(dependency.evidence.text)}{shown})"


def cuts(context: LintContext, *kinds: DependencyKind) -> Roots[Cut]:
    """The dependencies of these kinds that are denied, by root cause."""
    roots: Roots[Cut] = Roots()
    dns = {id(pod) for server in context.survey.dns for pod in server.pods}
    for dependency in context.survey.dependencies:
        if dependency.kind not in kinds or all(id(pod) in dns for pod in dependency.targets):
            continue  # that DNS is cut is told by RF301
        found = _denied(context, dependency)
        if found is None:
            continue
        route, source, target = found
        cause = blame(
            context, context.engine.verdict(source, target.endpoint, route.protocol, target.port, misses=False)
        )
        if cause is not None:
            roots.add(cause, [Cut(dependency, route, target.port)])
    return roots


def _denied(context: LintContext, dependency: Dependency) -> tuple[Route, Endpoint, Target] | None:
    """A denied pair of a dependency that no route serves; ``None`` where one does."""
    first: tuple[Route, Endpoint, Target] | None = None
    for route in dependency.routes:
        if not route.targets:
            continue
        denied = list(_pairs(context, dependency, route))
        if dependency.any_source:
            served = len({id(source) for source, _ in denied}) < len({id(source) for source in dependency.sources})
        else:
            served = not denied
        if served:
            return None
        if denied and first is None:
            first = (route, *denied[0])
    return first


def _pairs(context: LintContext, dependency: Dependency, route: Route) -> Iterator[tuple[Endpoint, Target]]:
    engine = context.possible
    seen: dict[tuple[int, int, int], bool] = {}
    for source in dependency.sources:
        start = engine.atom(source)
        for target in route.targets:
            if source is target.endpoint:
                continue
            hosts = any(isinstance(end, Pod) and end.host_network for end in (source, target.endpoint))
            key = (start, engine.atom(target.endpoint), target.port)
            if key not in seen or hosts:  # of the host network, each pod has its own node
                seen[key] = engine.allowed(source, target.endpoint).has(route.protocol, target.port)
            if not seen[key]:
                yield source, target


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
