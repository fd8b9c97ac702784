"""Proposed policies as objects of a dialect, each rule with its evidence beside it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ringfence.dialects.writing import Loss, Target
from ringfence.dialects.writing.losses import Manifest
from ringfence.dialects.writing.objects import FROM
from ringfence.learn.beside import add_names
from ringfence.learn.dialects import Dialect
from ringfence.learn.evidence import Evidence
from ringfence.learn.existing import LEARNED
from ringfence.learn.groups import Group
from ringfence.learn.mesh import in_mesh
from ringfence.learn.rules import LearnedRule, Purpose, Side, State
from ringfence.model.objects import Snapshot
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import Direction, NamePeer, PodPeer, Policy, Stage, StageKind

EVIDENCE = "ringfence.dev/evidence"
ADDRESSES = "ringfence.dev/addresses"

Path = tuple[str | int, ...]
_MOST_AT_ONCE = 200
"""Rules in one call of a writer: ClusterNetworkPolicy has room for 1000 policies in a tier."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The policy of one group, before it is written; its sides are egress and ingress."""

    group: Group
    name: str
    sides: tuple[Side, Side]

    @property
    def rules(self) -> tuple[LearnedRule, ...]:
        """The rules of both directions."""
        return tuple(rule for side in self.sides for rule in side.rules)

    @property
    def isolates(self) -> frozenset[Direction]:
        """The directions that the policy isolates."""
        return frozenset(side.direction for side in self.sides if side.state is State.ISOLATED)


@dataclass(frozen=True, slots=True)
class LearnedObject:
    """A manifest, with comments by the path of the rule that they are for."""

    body: Manifest
    group: Group
    comments: Mapping[Path, str] = field(default_factory=dict)

    @property
    def ref(self) -> ObjectRef:
        """What the manifest makes."""
        metadata = self.body["metadata"]
        return ObjectRef(self.body["kind"], metadata["name"], metadata.get("namespace", ""), self.body["apiVersion"])


def write(
    drafts: Sequence[Draft], dialect: Dialect, to: str, cni: str, snapshot: Snapshot
) -> tuple[tuple[LearnedObject, ...], tuple[Loss, ...]]:
    """The objects in the order of the drafts, and what the dialect can't say."""
    drafts = [draft for draft in drafts if draft.isolates]
    target = Target(cni, snapshot)
    refs = {str(_ref(draft, dialect)): draft for draft in drafts}
    written = dialect.write([_stage([_policy(draft, dialect) for draft in drafts])], target)
    owners = _owners(drafts, dialect, target)
    bodies = list(written.objects)
    if dialect.beside:
        bodies = add_names(to, bodies, [(str(_ref(draft, dialect)), draft.group, draft.rules) for draft in drafts])
    objects = []
    for body in bodies:
        draft = refs[body["metadata"]["annotations"].pop(FROM)]
        body["metadata"]["annotations"] |= notes_of(draft)
        entries = list(_entries(body, owners))
        _through_proxy(body, entries)
        objects.append(LearnedObject(body, draft.group, dict(_comments(entries))))
    order = {id(draft.group): number for number, draft in enumerate(drafts)}
    objects.sort(key=lambda made: order[id(made.group)])
    return tuple(objects), written.losses


def notes_of(draft: Draft) -> dict[str, str]:
    """What an object says of itself: for whom it was learned, and on which evidence."""
    found = {LEARNED: str(draft.group)}
    totals = [rule.total for rule in draft.rules]
    known = [each for each in totals if each is not None]
    if known:
        all_of_it = known[0]
        for each in known[1:]:
            all_of_it |= each
        kinds = sum(len(rule.evidence) for rule in draft.rules)
        found[EVIDENCE] = f"{kinds} kind{'' if kinds == 1 else 's'} of connections; {seen(all_of_it)}"
    dated = [
        f"{rule.name} until {day(total.last)}"
        for rule, total in zip(draft.rules, totals, strict=True)
        if rule.name and total is not None and not any(isinstance(peer, NamePeer) for peer in rule.rule.peers or ())
    ]
    if dated:
        found[ADDRESSES] = f"as seen: {', '.join(dated)}"
    return found


def seen(evidence: Evidence) -> str:
    """``3,210 connections, 2026-11-01 to 2026-11-07, hubble``."""
    days = dict.fromkeys((day(evidence.first), day(evidence.last)))
    count = f"{evidence.connections:,} connection{'' if evidence.connections == 1 else 's'}"
    return ", ".join(filter(None, (count, " to ".join(days), " and ".join(evidence.formats))))


def day(seconds: float) -> str:
    """The day of a moment, in UTC."""
    return f"{dt.datetime.fromtimestamp(seconds, tz=dt.UTC):%Y-%m-%d}"


def comment(rule: LearnedRule) -> str:
    """What stands above a rule: for whom it is, why it is there, and what it rests on."""
    total = rule.total
    why = seen(total) if total is not None else _UNSEEN[rule.purpose]
    added = f"{rule.added:,} addresses in its ranges were never seen" if rule.added else ""
    return f"{rule.peer}: {'; '.join(filter(None, (why, rule.note, added)))}."


_UNSEEN = {
    Purpose.DNS: "not seen; names need it",
    Purpose.WEBHOOK: "not seen; the API server needs it",
    Purpose.PUBLIC: "not seen; its Services send to it",
}


# ---- the intermediate form -----------------------------------------------------------------------------------------


def _stage(policies: Sequence[Policy]) -> Stage:
    return Stage("networkpolicy", StageKind.ADDITIVE, tuple(policies))


def _ref(draft: Draft, dialect: Dialect) -> ObjectRef:
    return ObjectRef(dialect.kind, draft.name, draft.group.namespace)


def _policy(draft: Draft, dialect: Dialect) -> Policy:
    rules = {
        direction: tuple(
            each.rule
            for each in draft.rules
            if each.direction is direction and not (dialect.beside and _is_named(each))
        )
        for direction in Direction
    }
    return Policy(
        _ref(draft, dialect),
        _subject(draft, dialect),
        draft.isolates,
        egress=rules[Direction.EGRESS],
        ingress=rules[Direction.INGRESS],
    )


def _subject(draft: Draft, dialect: Dialect) -> PodPeer:
    return in_mesh(draft.group.peer) if dialect.mesh else draft.group.peer


def _is_named(learned: LearnedRule) -> bool:
    return any(isinstance(peer, NamePeer) for peer in learned.rule.peers or ())


# ---- which entry is of which rule ----------------------------------------------------------------------------------

_Key = tuple[str, str, str]
"""The group, the direction, and an entry of ``ingress`` or ``egress`` as text."""


def _owners(drafts: Sequence[Draft], dialect: Dialect, target: Target) -> dict[_Key, LearnedRule]:
    """The rule that each entry is of, found by writing each rule alone."""
    alone = [(draft, rule) for draft in drafts for rule in draft.rules]
    found: dict[_Key, LearnedRule] = {}
    for start in range(0, len(alone), _MOST_AT_ONCE):
        some = alone[start : start + _MOST_AT_ONCE]
        policies = []
        for number, (draft, rule) in enumerate(some):
            ref = ObjectRef(dialect.kind, f"r{number}", draft.group.namespace)
            sides = {direction: (rule.rule,) if rule.direction is direction else () for direction in Direction}
            policies.append(
                Policy(
                    ref,
                    _subject(draft, dialect),
                    frozenset({rule.direction}),
                    egress=sides[Direction.EGRESS],
                    ingress=sides[Direction.INGRESS],
                )
            )
        by_ref = {str(policy.ref): pair for policy, pair in zip(policies, some, strict=True)}
        for body in dialect.write([_stage(policies)], target).objects:
            draft, rule = by_ref[body["metadata"]["annotations"][FROM]]
            for entry in body["spec"].get(_field(body, rule.direction), ()):
                found[str(draft.group), str(rule.direction), _key(entry)] = rule
    return found


def _entries(body: Manifest, owners: Mapping[_Key, LearnedRule]) -> Iterator[tuple[Path, Manifest, LearnedRule]]:
    group = body["metadata"]["annotations"][LEARNED]
    for direction in Direction:
        field_name = _field(body, direction)
        for number, entry in enumerate(body["spec"].get(field_name, ())):
            rule = owners.get((group, str(direction), _key(entry)))
            if rule is not None:
                yield ("spec", field_name, number), entry, rule


def _field(body: Manifest, direction: Direction) -> str:
    """The field of ``spec`` that has the rules of a direction; AuthorizationPolicy has one list, for ingress."""
    return "rules" if body["kind"] == "AuthorizationPolicy" and direction is Direction.INGRESS else str(direction)


def _comments(entries: Iterable[tuple[Path, Manifest, LearnedRule]]) -> Iterator[tuple[Path, str]]:
    """A comment above the first entry of each rule."""
    last: LearnedRule | None = None
    for path, _, rule in entries:
        if rule is not last:
            yield path, comment(rule)
        last = rule


def _through_proxy(body: Manifest, entries: Iterable[tuple[Path, Manifest, LearnedRule]]) -> None:
    """Has Cilium read the DNS answers of pods with rules by name: it knows the addresses from nothing else.

    Source: Cilium documentation, "Layer 3 policies", DNS based.
    """
    if any("toFQDNs" in entry for entry in body["spec"].get("egress", ())):
        for _, entry, rule in entries:
            if rule.purpose is Purpose.DNS and rule.direction is Direction.EGRESS:
                for ports in entry.get("toPorts", ()):
                    ports["rules"] = {"dns": [{"matchPattern": "*"}]}


def _key(entry: Manifest) -> str:
    return json.dumps(entry, sort_keys=True)
