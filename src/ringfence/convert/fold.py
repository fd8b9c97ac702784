"""Ordered stages as allows alone: what is allowed in the end, for whom, worked out over labels and addresses.

Rules are taken in order. What is still *open* at a rule is a list of boxes: subjects, peers and ports. An allow keeps
what it has in common with them; a deny takes it away, at the end of the stage a pass brings it back for the next. In
the end, whoever was denied anything is isolated, and gets what was kept and what is still open.

This is exact for all pods that can ever be, since boxes are made of selectors and ranges, not of the pods there are.
Two things can't be taken from a box: a port by name, and an address by name. Where that would be needed, the rule is
a loss.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ringfence.convert.intermediate import peers_of, ranges_of, subject_of
from ringfence.dialects.writing.bodies import Clause, Losses, clause_of
from ringfence.dialects.writing.regions import EVERYONE, Region, region_of
from ringfence.dialects.writing.terms import (
    Term,
    TooManyTermsError,
    complement,
    intersection,
    terms_of,
    union,
)
from ringfence.model import derived
from ringfence.model.addresses import ALL_ADDRESSES
from ringfence.model.errors import QueryError
from ringfence.model.icmp import names_icmp
from ringfence.model.objects import Namespace
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import (
    Action,
    Direction,
    Policy,
    Rule,
    Stage,
    StageKind,
)
from ringfence.model.ports import ALL_PORTS, EVERY_PORT, IcmpRange, NamedPort, PortMatch, PortSet, resolve_ports

MOST_BOXES = 300
"""With more of them, the result is no policy that a person could read."""


class _CannotFoldError(Exception):
    """A rule can't be taken from what is open; the message says why."""


@dataclass(frozen=True, slots=True)
class _Box:
    """Connections of some pods with some peers at some ports."""

    subject: tuple[Term, ...]
    region: Region
    ports: PortSet


@dataclass(frozen=True, slots=True)
class _Part:
    """A rule as a box, and what no box holds: ports by name, and peers by name."""

    policy: Policy
    clause: Clause
    box: _Box
    named: tuple[NamedPort, ...]


@dataclass(slots=True)
class _Folded:
    """A policy of the result for one subject."""

    policy: Policy
    isolates: set[Direction] = field(default_factory=set)
    rules: dict[Direction, list[Rule]] = field(default_factory=lambda: {direction: [] for direction in Direction})


def folded(stages: Sequence[Stage], losses: Losses, spaces: Mapping[str, Namespace]) -> Stage:
    """One additive stage that allows what ``stages`` allow; what can't be folded is a loss.

    ``spaces`` are the namespaces of the cluster: a subject in one of them has the labels that this has today.

    Raises:
        QueryError: all of it together is more than anyone could read.
    """
    found: dict[tuple[ObjectRef, tuple[Term, ...]], _Folded] = {}
    named = names_icmp(policy for stage in stages for policy in stage.policies)
    every = EVERY_PORT if named else ALL_PORTS
    for direction in Direction:
        try:
            _Fold(direction, losses, found, spaces, every).run(stages)
        except (_CannotFoldError, TooManyTermsError):
            what = "Together the policies take more alternatives than anyone could read."
            raise QueryError(f"{what} Convert fewer at a time, with --from-kind or -n.") from None
    policies = tuple(
        replace(
            each.policy,
            subject=subject_of(terms),
            isolates=frozenset(each.isolates),
            egress=tuple(each.rules[Direction.EGRESS]),
            ingress=tuple(each.rules[Direction.INGRESS]),
            order=(0.0, each.policy.ref.name),
        )
        for (_, subject), each in found.items()
        for terms in ((term,) for term in subject)
    )
    return Stage("networkpolicy", StageKind.ADDITIVE, policies)


@dataclass
class _Fold:
    direction: Direction
    losses: Losses
    found: dict[tuple[ObjectRef, tuple[Term, ...]], _Folded]
    spaces: Mapping[str, Namespace]
    every: PortSet
    """What the answer is about: ICMP counts where one of the policies names it."""

    def run(self, stages: Sequence[Stage]) -> None:
        """Fold one direction."""
        open_boxes = [_Box((Term(),), EVERYONE, self.every)]
        allowed: list[tuple[_Part, _Box]] = []
        denied: list[tuple[Policy, tuple[Term, ...]]] = []
        for stage in stages:
            passed: list[_Box] = []
            heeded = [
                (policy, subject)
                for policy in stage.policies
                if stage.heeds(policy, self.direction) and (subject := self._subject(policy)) is not None
            ]
            closed = [each for each in heeded if stage.closes and self.direction in each[0].isolates]
            for policy, subject in heeded:
                if self.direction not in policy.isolates:
                    # It allows where another policy of the stage isolates; elsewhere the next stage is asked.
                    subject = self._both(subject, tuple(term for _, terms in closed for term in terms))
                for part in self._parts(policy, subject):
                    action = part.clause.rule.action
                    if action is Action.ALLOW:
                        allowed += [(part, box) for box in self._kept(part, open_boxes)]
                    elif action is Action.LOG:
                        self._lose(policy, part.clause.rule, "What is converted to logs nothing by rule.")
                    else:
                        try:
                            rest = list(self._without(open_boxes, part))
                            if action is Action.PASS:
                                passed += self._common(open_boxes, part.box)
                            else:
                                denied.append((policy, part.box.subject))
                            open_boxes = rest
                        except (_CannotFoldError, TooManyTermsError) as error:
                            self._lose(policy, part.clause.rule, str(error))
            for policy, subject in closed:
                denied.append((policy, subject))
                open_boxes = self._without_box(open_boxes, _Box(subject, EVERYONE, self.every))
            open_boxes += passed
        self._put(allowed, denied, open_boxes)

    def _subject(self, policy: Policy) -> tuple[Term, ...] | None:
        try:
            return self._settled(terms_of(policy.subject))
        except TooManyTermsError:
            why = "Its subject takes more alternatives than anyone could read."
            self.losses.add(policy.ref, policy.origin, f"{policy.ref} is left out.", why)
            return None

    def _parts(self, policy: Policy, subject: tuple[Term, ...]) -> Iterator[_Part]:
        for rule in map(self._spoken, policy.rules(self.direction)):
            clause = clause_of(policy, rule, self.losses)
            if clause is None:
                continue
            narrowed = subject
            if rule.only is not None:
                try:
                    narrowed = tuple(intersection(subject, region_of(rule.only).pods))
                except TooManyTermsError as error:
                    self._lose(policy, rule, str(error))
                    continue
                if any(term.addresses is not None for term in narrowed):
                    self._lose(policy, rule, "It is for pods by their addresses, and objects select pods by labels.")
                    continue
            named = tuple(port for port in rule.ports or () if isinstance(port, NamedPort))
            yield _Part(policy, clause, _Box(narrowed, clause.region, _numbers(rule.ports) & self.every), named)

    def _spoken(self, rule: Rule) -> Rule:
        if self.every == EVERY_PORT or rule.ports is None:
            return rule
        return replace(rule, ports=tuple(port for port in rule.ports if not isinstance(port, IcmpRange)))

    def _kept(self, part: _Part, open_boxes: Sequence[_Box]) -> list[_Box]:
        """What an allow has in common with what is open; the rule's own box where that is all of it."""
        try:
            if part.clause.names and not self._open(_Box(part.box.subject, EVERYONE, self.every), open_boxes):
                self._lose(
                    part.policy, part.clause.rule, "An earlier rule takes away addresses that its names may have."
                )
                return []
            if not part.named:
                return [part.box] if self._open(part.box, open_boxes) else self._common(open_boxes, part.box)
            wide = replace(part.box, ports=self.every)
            pieces = [wide] if self._open(wide, open_boxes) else self._common(open_boxes, wide)
        except TooManyTermsError as error:
            self._lose(part.policy, part.clause.rule, str(error))
            return []
        if any(piece.ports != self.every for piece in pieces):
            self._lose(part.policy, part.clause.rule, "An earlier rule takes away ports, and it allows one by name.")
            return []
        return [replace(piece, ports=part.box.ports) for piece in pieces]

    def _open(self, box: _Box, open_boxes: Iterable[_Box]) -> bool:
        """True where nothing of a box was taken away."""
        rest = [box]
        for each in open_boxes:
            rest = self._without_box(rest, each)
        return not rest

    def _common(self, boxes: Iterable[_Box], other: _Box) -> list[_Box]:
        found = []
        for box in boxes:
            subject = self._both(box.subject, other.subject)
            region = other.region if box.region.is_everyone else box.region & other.region
            ports = box.ports & other.ports
            if subject and region and ports:
                found.append(_Box(subject, region, ports))
        return found

    def _without(self, boxes: Iterable[_Box], part: _Part) -> Iterator[_Box]:
        if part.named:
            raise _CannotFoldError("A port by name can't be taken from other ports without the pods at hand.")
        if part.clause.names:
            raise _CannotFoldError("Addresses by name can't be taken from others.")
        yield from self._without_box(boxes, part.box)

    def _without_box(self, boxes: Iterable[_Box], hole: _Box) -> list[_Box]:
        found: list[_Box] = []
        opposite = tuple(complement(hole.subject, ALL_ADDRESSES))
        for box in boxes:
            common = self._both(box.subject, hole.subject)
            if not common:
                found.append(box)
                continue
            beside = self._both(box.subject, opposite)
            if beside:
                found.append(_Box(beside, box.region, box.ports))
            other = box.region - hole.region
            if other:
                found.append(_Box(common, other, box.ports))
            ports = box.ports - hole.ports
            if ports and (region := box.region & hole.region):
                found.append(_Box(common, region, ports))
            if len(found) > MOST_BOXES:
                raise _CannotFoldError(
                    "Together with the rules before it, it takes more entries than anyone could read."
                )
        return found

    def _put(
        self,
        allowed: Iterable[tuple[_Part, _Box]],
        denied: Sequence[tuple[Policy, tuple[Term, ...]]],
        open_boxes: Iterable[_Box],
    ) -> None:
        """The policies: an isolating one for whoever is denied anything, then what these are allowed."""
        isolated: list[Term] = []
        for policy, subject in denied:
            fresh = tuple(term for term in subject if not any(known.covers(term) for known in isolated))
            if fresh:
                self._folded(policy, fresh)
                isolated += fresh
        for part, box in allowed:
            for subject in self._within(box.subject, isolated):
                rule = replace(part.clause.rule, only=None)
                if box.region != part.box.region:
                    rule = replace(rule, peers=peers_of(box.region))
                if box.ports != part.box.ports:
                    rule = replace(rule, ports=ranges_of(box.ports, self.every))
                self._folded(part.policy, subject).rules[self.direction].append(rule)
        for box in open_boxes:
            for subject in self._within(box.subject, isolated):
                policy = next(each for each, terms in denied if self._both(terms, subject))
                rule = Rule(Action.ALLOW, peers_of(box.region), ranges_of(box.ports, self.every), origin=policy.origin)
                self._folded(policy, subject).rules[self.direction].append(rule)

    def _both(self, left: tuple[Term, ...], right: tuple[Term, ...]) -> tuple[Term, ...]:
        """The subjects that are among both."""
        return self._settled(intersection(left, right))

    def _settled(self, terms: Iterable[Term]) -> tuple[Term, ...]:
        return tuple(union(term for each in terms if (term := _settled(each, self.spaces)) is not None))

    def _within(self, subject: tuple[Term, ...], isolated: Sequence[Term]) -> list[tuple[Term, ...]]:
        """The isolated ones of some subjects; as they are where they all are."""
        if not all(any(known.covers(term) for known in isolated) for term in subject):
            subject = tuple(intersection(subject, isolated))
        settled = self._settled(subject)
        return [settled] if settled else []

    def _folded(self, policy: Policy, subject: tuple[Term, ...]) -> _Folded:
        made = self.found.setdefault((policy.ref, subject), _Folded(policy))
        made.isolates.add(self.direction)
        return made

    def _lose(self, policy: Policy, rule: Rule, why: str) -> None:
        text = why or "It takes more alternatives than anyone could read."
        self.losses.add(policy.ref, rule.origin, f"The {rule.action} rule is left out.", text)


def _settled(term: Term, spaces: Mapping[str, Namespace]) -> Term | None:
    """A term in a namespace of the cluster without what it asks of that one's labels; None where they are others."""
    space = spaces.get(term.namespace) if term.namespace is not None else None
    if space is None:
        return term
    kept = []
    for literal in term.literals:
        asked = literal.requirement
        if not asked.key.startswith(derived.NAMESPACE_LABEL):
            kept.append(literal)
        elif (
            asked.matches({derived.NAMESPACE_LABEL + key: value for key, value in space.labels.items()})
            != literal.holds
        ):
            return None
    return Term(tuple(kept), term.addresses)


def _numbers(ports: tuple[PortMatch, ...] | None) -> PortSet:
    if ports is None:
        return EVERY_PORT
    return resolve_ports(tuple(port for port in ports if not isinstance(port, NamedPort)), ())
