"""Policies cut into what one object can hold: one conjunction of labels for its subject, one region a rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ringfence.dialects.writing.losses import Loss
from ringfence.dialects.writing.regions import EVERYONE, Region, region_of, region_of_all
from ringfence.dialects.writing.terms import Term, TooManyTermsError, intersection, terms_of
from ringfence.model.origin import ObjectRef, Origin
from ringfence.model.policy import Action, Direction, NamePeer, Peer, Policy, Rule

_MANY = "It takes more alternatives than anyone could read."


@dataclass(frozen=True, slots=True)
class Clause:
    """A rule with the region of its peers; names stand apart, since they are in no region for sure."""

    rule: Rule
    region: Region
    names: tuple[NamePeer, ...] = ()


@dataclass(frozen=True, slots=True)
class Body:
    """What one object is to say of the pods of one term."""

    policy: Policy
    subject: Term
    egress: tuple[Clause, ...] = ()
    ingress: tuple[Clause, ...] = ()

    def clauses(self, direction: Direction) -> tuple[Clause, ...]:
        """The rules of one direction."""
        return self.egress if direction is Direction.EGRESS else self.ingress


@dataclass(slots=True)
class Losses:
    """Collects what can't be said, each thing once."""

    found: list[Loss] = field(default_factory=list)

    def add(self, ref: ObjectRef, origin: Origin, what: str, why: str) -> None:
        """Note a loss at a place of a policy."""
        loss = Loss(ref, what, why, origin)
        if not any(known == loss and known.origin == origin for known in self.found):
            self.found.append(loss)


def bodies(policy: Policy, losses: Losses) -> list[Body]:
    """The objects that a policy comes to; a rule that narrows the subject is a further object for fewer pods.

    Exact for policies that only allow, since these add up. What has too many alternatives is left out, as a loss.
    """
    try:
        subjects = terms_of(policy.subject)
    except TooManyTermsError:
        losses.add(
            policy.ref, policy.origin, f"{policy.ref} is left out.", f"Its subject can't be written out. {_MANY}"
        )
        return []
    found = []
    for only in _narrowings(policy):
        narrowed = subjects if only is None else _narrowed(policy, subjects, only, losses)
        clauses = {direction: tuple(_clauses(policy, direction, only, losses)) for direction in Direction}
        if only is None or any(clauses.values()):
            found += [
                Body(policy, subject, clauses[Direction.EGRESS], clauses[Direction.INGRESS]) for subject in narrowed
            ]
    return found


def _narrowings(policy: Policy) -> list[Peer | None]:
    """The policy's own subject first, then each narrower one."""
    found: list[Peer | None] = [None]
    for rule in (*policy.egress, *policy.ingress):
        if rule.only not in found:
            found.append(rule.only)
    return found


def _narrowed(policy: Policy, subjects: Sequence[Term], only: Peer, losses: Losses) -> list[Term]:
    rules = [rule for rule in (*policy.egress, *policy.ingress) if rule.only == only]
    try:
        terms = intersection(subjects, region_of(only).pods)
    except TooManyTermsError:
        _leave_out(policy, rules, f"Whom it is for can't be written out. {_MANY}", losses)
        return []
    if any(term.addresses is not None for term in terms):
        _leave_out(policy, rules, "It is for pods by their addresses, and objects select pods by labels only.", losses)
        return []
    return terms


def _leave_out(policy: Policy, rules: Sequence[Rule], why: str, losses: Losses) -> None:
    for rule in rules:
        losses.add(policy.ref, rule.origin, "The rule is left out.", why)


def _clauses(policy: Policy, direction: Direction, only: Peer | None, losses: Losses) -> Iterator[Clause]:
    for rule in policy.rules(direction):
        if rule.only == only:
            clause = clause_of(policy, rule, losses)
            if clause is not None:
                yield clause


def clause_of(policy: Policy, rule: Rule, losses: Losses) -> Clause | None:
    """A rule with its region; None, and a loss, where that can't be written out."""
    names = tuple(peer for peer in rule.peers or () if isinstance(peer, NamePeer))
    others = None if rule.peers is None else tuple(peer for peer in rule.peers if not isinstance(peer, NamePeer))
    try:
        region = region_of_all(others)
    except TooManyTermsError:
        losses.add(policy.ref, rule.origin, "The rule is left out.", f"Its peers can't be written out. {_MANY}")
        return None
    if rule.conditions and rule.action is not Action.ALLOW:
        asked = " and ".join(condition.text for condition in rule.conditions)
        losses.add(policy.ref, rule.origin, "The rule is left out.", f"It is only for {asked}, which can't be written.")
        return None
    if rule.conditions:
        asked = " and ".join(condition.text for condition in rule.conditions)
        what = "The rule allows its ports whatever else holds."
        losses.add(policy.ref, rule.origin, what, f"It asks for more: {asked}; only peers and ports can be written.")
    if region.dual and not region.is_everyone:
        losses.add(
            policy.ref,
            rule.origin,
            "Pods with addresses of both families may be taken otherwise.",
            "The rule leaves out addresses: a pod with one of these is meant nowhere, a range means it by its other.",
        )
    return Clause(rule, EVERYONE if region.is_everyone else region, names)
