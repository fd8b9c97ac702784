"""Another team's pods get in, and no rule names that team.

## What it does

Where namespaces carry the name of their team, finds namespaces that other teams' pods can connect to by a rule for
everyone. A rule that names the other team, its namespace or its pods is meant, and is left alone. Pods that nothing
isolates are RF401's. The label is `team` or `owner`, or what `--owner-label` says.

## Why it matters

A shared cluster is divided by team on paper only: what one team's pod is made to do, it can do to the other teams.

## Example

```yaml
apiVersion: v1
kind: Namespace
metadata: {name: red, labels: {team: red}}
---
apiVersion: v1
kind: Namespace
metadata: {name: blue, labels: {team: blue}}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: red, labels: {app: api}}
spec: {containers: [{name: api, image: api}]}
---
apiVersion: v1
kind: Pod
metadata: {name: job, namespace: blue, labels: {app: job}}
spec: {containers: [{name: job, image: job}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: red}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress:
  - from: [{namespaceSelector: {}}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: job, namespace: blue}
spec:
  podSelector: {}
  policyTypes: [Ingress]
```

## Use instead

```yaml
apiVersion: v1
kind: Namespace
metadata: {name: red, labels: {team: red}}
---
apiVersion: v1
kind: Namespace
metadata: {name: blue, labels: {team: blue}}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: red, labels: {app: api}}
spec: {containers: [{name: api, image: api}]}
---
apiVersion: v1
kind: Pod
metadata: {name: job, namespace: blue, labels: {app: job}}
spec: {containers: [{name: job, image: job}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: red}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress:
  - from: [{namespaceSelector: {matchLabels: {team: red}}}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: job, namespace: blue}
spec:
  podSelector: {}
  policyTypes: [Ingress]
```

## Fix safety

There is no automatic fix. `ringfence generate team-hierarchy` makes defaults for each team.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.exposure import SYSTEM, deciding
from ringfence.lint.groups import Group, Groups, groups
from ringfence.lint.naming import distinct, some, workloads
from ringfence.model.codes import OTHER_TEAM
from ringfence.model.finding import Finding
from ringfence.model.labels import EVERYTHING
from ringfence.model.objects import Pod
from ringfence.model.policy import AddressPeer, PodPeer
from ringfence.model.ports import Protocol
from ringfence.model.verdict import RuleTrace

_WHY = "What another team's pod is made to do, it can do here."
_HINT = "Name the teams or pods that may come in."


def check(context: LintContext) -> Iterator[Finding]:
    """One finding for each namespace and rule that lets others in."""
    teams = context.survey.teams
    if len(set(teams.values())) < 2:
        return
    every = context.once(groups)
    senders = _senders(context, every)
    shared = {id(pod) for pod in context.survey.ingress_controllers}
    shared.update(id(pod) for server in context.survey.dns for pod in server.pods)
    found: dict[tuple[str, int], tuple[RuleTrace, set[str], list[Pod]]] = {}
    for group in every.ingress:
        if not _wide(group):
            continue
        for atoms in _by_namespace(group):
            atom = atoms[0]  # the others of the namespace have the same ingress
            pod = context.engine.universe.atoms[atom].pods[0]
            team = teams.get(pod.namespace)
            if team is None or pod.namespace in SYSTEM or id(pod) in shared:
                continue
            for other, source in _reaching(every, senders, team, atom):
                trace = _let_in(context, source, pod, every.between(context.engine.atom(source), atom).intervals[0][0])
                if trace is not None and _means_everyone(trace):
                    key = (pod.namespace, id(trace.rule))
                    _, names, pods = found.setdefault(key, (trace, set(), []))
                    names.add(other)
                    pods.extend(pod for number in atoms for pod in context.engine.universe.atoms[number].pods)
    for (namespace, _), (trace, names, pods) in found.items():
        yield Finding(
            OTHER_TEAM,
            f"{trace.policy.ref} has a rule for everyone, which opens namespace {namespace} of team "
            f"{teams[namespace]} to {_teams(names)}.",
            trace.rule.origin,
            trace.policy.ref,
            _WHY,
            _HINT,
            workloads(distinct(pods)),
        )


def _by_namespace(group: Group) -> list[list[int]]:
    """The atoms of a group by namespace."""
    found: dict[str, list[int]] = {}
    for atom in group.atoms:
        found.setdefault(group.engine.universe.atoms[atom].pods[0].namespace, []).append(atom)
    return list(found.values())


def _teams(names: set[str]) -> str:
    return f"team {next(iter(names))}" if len(names) == 1 else f"teams {some(sorted(names))}"


def _senders(context: LintContext, every: Groups) -> dict[str, list[tuple[int, Pod]]]:
    """For each team one pod, with its atom, of each group that egress treats alike; those free to go first."""
    found: dict[str, list[tuple[int, Pod]]] = {}
    seen: set[tuple[str, int]] = set()
    for number, group in enumerate(sorted(every.egress, key=lambda group: not group.open)):
        for atom in group.atoms:
            pod = context.engine.universe.atoms[atom].pods[0]
            team = context.survey.teams.get(pod.namespace)
            if team is not None and (team, number) not in seen and not group.sealed:
                seen.add((team, number))
                found.setdefault(team, []).append((atom, pod))
    return found


def _reaching(
    every: Groups, senders: dict[str, list[tuple[int, Pod]]], team: str, atom: int
) -> Iterator[tuple[str, Pod]]:
    """Each other team, with a pod of it that may connect to the atom."""
    for other, pods in senders.items():
        if other != team:
            source = next((pod for start, pod in pods if every.between(start, atom)), None)
            if source is not None:
                yield other, source


def _let_in(context: LintContext, source: Pod, destination: Pod, point: int) -> RuleTrace | None:
    protocol, port = Protocol(point >> 16), point & 0xFFFF
    return deciding(context.engine.verdict(source, destination, protocol, port, misses=False).ingress)


def _wide(group: Group) -> bool:
    """True where some rule of the group is for everyone."""
    return any(
        rule.peers is None or any(_any_pod(peer) for peer in rule.peers)
        for policy in group.policies
        for rule in policy.ingress
    )


def _means_everyone(trace: RuleTrace) -> bool:
    return trace.peer is None or _any_pod(trace.peer)


def _any_pod(peer: object) -> bool:
    if isinstance(peer, PodPeer):
        return peer.namespace is None and peer.namespaces == EVERYTHING == peer.pods
    return isinstance(peer, AddressPeer) and peer.pods and peer.addresses.size >= 1 << 24
