"""``team-hierarchy``: guard rails that no team can override, defaults for each team, and what a team adds itself."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.generate.dns import DnsAccess, dns_access
from ringfence.generate.manifest import Manifest
from ringfence.generate.request import Draft, Given, Request, cluster_network_policy, network_policy
from ringfence.generate.targets import Json, cluster_protocols, cluster_rule, namespace_selector, pod_selector
from ringfence.model.errors import QueryError

METADATA = ("169.254.169.254/32", "fd00:ec2::254/128")
"""Where clouds answer instances with their credentials, AWS's IPv6 address included."""

_NAME_LABELS = ("app.kubernetes.io/name", "k8s-app", "app")
"""Labels that name a pod's application, and stay when its version changes."""

_FIRST_ADMIN = 100
_FIRST_BASELINE = 100
_LAST_BASELINE = 999


def team_hierarchy(given: Given, request: Request) -> Draft:
    """Admin guard rails, a Baseline default for each team, and the namespace policies of one team as an example.

    Raises:
        QueryError: no namespace has the owner label.
    """
    label = request.owner_label
    teams: dict[str, list[str]] = {}
    for name, namespace in sorted(given.snapshot.namespaces.items()):
        if label in namespace.labels:
            teams.setdefault(namespace.labels[label], []).append(name)
    if not teams:
        raise QueryError(
            f"No namespace has the label {label}. Name the label that tells teams apart with --owner-label."
        )
    if len(teams) > _LAST_BASELINE - _FIRST_BASELINE:
        raise QueryError(f"{label} has {len(teams)} values, more than a tier has priorities: it tells no teams apart.")
    access = dns_access(given)
    first = given.free_priority("admin", _FIRST_ADMIN)
    manifests = [_guard_rails(given, label, access, first), *_shared(given, request, access, first + 1)]
    callers = _callers(given)
    priority = _FIRST_BASELINE
    for team in sorted(teams):
        priority = given.free_priority("baseline", priority)
        manifests.append(_team_default(given, label, team, priority, callers))
        priority += 1
    example = next((names[0] for team, names in sorted(teams.items()) if any(given.pods(names[0]))), None)
    if example is not None:
        team = given.snapshot.namespaces[example].labels[label]
        manifests.append(_namespace_example(given, example, team, label))
    notes = [*access.notes, f"{len(teams)} teams by the namespace label {label}: {', '.join(sorted(teams))}."]
    unowned = sorted(
        name
        for name, ns in given.snapshot.namespaces.items()
        if ns.given and label not in ns.labels and any(given.pods(name))
    )
    if unowned:
        notes.append(f"Without the label, and outside the hierarchy: {', '.join(unowned)}.")
    return Draft(
        tuple(manifests), tuple(notes), keeps_dns=() if access.assumed else tuple(n for t in teams.values() for n in t)
    )


def _guard_rails(given: Given, label: str, access: DnsAccess, priority: int) -> Manifest:
    rules = [cluster_rule(target, f"dns-{n + 1}", "Accept") for n, target in enumerate(access.targets)]
    notes: dict[tuple[str | int, ...], str] = {("spec", "egress", 0): "No team can cut itself off from names."}
    notes["spec", "egress", len(rules)] = "No team's pod takes the node's credentials from the cloud."
    rules.append({"name": "cloud-metadata", "action": "Deny", "to": [{"networks": list(METADATA)}]})
    body = cluster_network_policy(
        given.free_name("ClusterNetworkPolicy", "team-guard-rails"),
        {
            "tier": "Admin",
            "priority": priority,
            "subject": {"namespaces": {"matchExpressions": [{"key": label, "operator": "Exists"}]}},
            "egress": rules,
        },
    )
    head = (
        "1. Guard rails: the Admin tier comes before every NetworkPolicy, so no team can override it.",
        "Only the platform team may have the right to write ClusterNetworkPolicies.",
    )
    return Manifest(body, head, notes)


def _shared(given: Given, request: Request, access: DnsAccess, priority: int) -> Iterator[Manifest]:
    """Who every team may call: the DNS pods found, and the namespaces and ports that were named."""
    for number, target in enumerate(target for target in access.targets if not target.addresses):
        priority = given.free_priority("admin", priority)
        subject = {
            "pods": {
                "namespaceSelector": namespace_selector(target.namespace),
                "podSelector": pod_selector(target.labels),
            }
        }
        name = "team-shared-dns" if not number else f"team-shared-dns-{number + 1}"
        ports = cluster_protocols(target.ports or ())
        yield _open_to_all(given, name, priority, subject, ports, f"DNS pods of {target.namespace}")
        priority += 1
    for namespace in sorted({item.namespace for item in request.shared}):
        priority = given.free_priority("admin", priority)
        ports = cluster_protocols((item.protocol, item.port) for item in request.shared if item.namespace == namespace)
        subject = {"namespaces": namespace_selector(namespace)}
        yield _open_to_all(given, f"team-shared-{namespace}", priority, subject, ports, f"services of {namespace}")
        priority += 1


def _open_to_all(given: Given, name: str, priority: int, subject: Json, protocols: list[Json], what: str) -> Manifest:
    rule = {"name": "shared", "action": "Accept", "from": [{"namespaces": {}}], "protocols": protocols}
    body = cluster_network_policy(
        given.free_name("ClusterNetworkPolicy", name),
        {"tier": "Admin", "priority": priority, "subject": subject, "ingress": [rule]},
    )
    return Manifest(body, (f"1. Shared: every team may call the {what}, whoever owns them.",))


def _callers(given: Given) -> list[Json]:
    """Peers for the pods that call into every team: ingress controllers and collectors of metrics, as found."""
    found: dict[str, Json] = {}
    for pod in (*given.survey.ingress_controllers, *given.survey.scrapers):
        labels = {key: pod.labels[key] for key in _NAME_LABELS if key in pod.labels}
        if labels and not pod.host_network:
            peer = {"namespaceSelector": namespace_selector(pod.namespace), "podSelector": pod_selector(labels)}
            found.setdefault(f"{pod.namespace} {sorted(labels.items())}", {"pods": peer})
    return list(found.values())


def _team_default(given: Given, label: str, team: str, priority: int, callers: list[Json]) -> Manifest:
    shared = [{"name": "shared-callers", "action": "Accept", "from": callers}] if callers else []
    own = {"namespaces": {"matchLabels": {label: team}}}
    body = cluster_network_policy(
        given.free_name("ClusterNetworkPolicy", f"team-default-{_name(team)}"),
        {
            "tier": "Baseline",
            "priority": priority,
            "subject": {"namespaces": {"matchLabels": {label: team}}},
            "ingress": [
                {"name": "own-team", "action": "Accept", "from": [own]},
                *shared,
                {
                    "name": "other-teams",
                    "action": "Deny",
                    "from": [{"namespaces": {"matchExpressions": [{"key": label, "operator": "Exists"}]}}],
                },
            ],
        },
    )
    head = (
        f"2. Default of team {team}: other teams don't get in. New namespaces with the label are covered.",
        "The Baseline tier is asked only where no NetworkPolicy isolates a pod: then the team's policies decide.",
    )
    notes: dict[tuple[str | int, ...], str] = {}
    if callers:
        notes["spec", "ingress", 1] = "Ingress controllers and collectors of metrics, as the input has them."
    return Manifest(body, head, notes)


def _namespace_example(given: Given, namespace: str, team: str, label: str) -> Manifest:
    policy = network_policy(
        given.free_name("NetworkPolicy", "allow-own-team", namespace),
        namespace,
        {
            "podSelector": {},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {label: team}}}]}],
        },
    )
    head = (
        f"3. What team {team} writes itself, here for namespace {namespace}: its own namespaces may call in.",
        "It replaces the default above for these pods; shared services (metrics, ingress) need rules like it.",
    )
    return Manifest(policy, head)


def _name(team: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in team.lower()).strip("-") or "team"
