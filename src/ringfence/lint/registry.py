"""The table of all rules, and how to choose among them. A rule's module is imported when the rule is used."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from ringfence.model import codes
from ringfence.model.errors import QueryError
from ringfence.model.finding import Code, Finding

if TYPE_CHECKING:
    from ringfence.lint.context import LintContext
    from ringfence.model.patch import Patch


class Needs(enum.Enum):
    """What a rule works on, from the cheapest."""

    INPUT = "input"
    """Findings that are made while the input, the policies and the suppressions are read."""
    DOCUMENT = "document"
    """The objects, without pods having to be known."""
    ENGINE = "engine"
    """What the policies allow between the pods of the input: says nothing where there are no pods."""
    SURVEY = "survey"
    """The engine, and what the cluster needs to work."""


class RuleModule(Protocol):
    """What a module of :mod:`ringfence.lint.rules` has besides its docstring."""

    def check(self, context: LintContext, /) -> Iterator[Finding]:
        """Finds what the rule is about."""


@dataclass(frozen=True, slots=True)
class LintRule:
    """One line of the table: the code, what the rule needs, and the name of its module."""

    code: Code
    needs: Needs

    @property
    def module(self) -> str:
        """The name of the rule's module, such as ``rf201_selects_no_pod``."""
        return f"{self.code.code.lower()}_{self.code.slug.replace('-', '_')}"

    @property
    def page(self) -> str:
        """The docstring of the rule's module, which is its page."""
        return import_module(f"ringfence.lint.rules.{self.module}").__doc__ or ""

    def check(self, context: LintContext) -> Iterator[Finding]:
        """What the rule finds in one cluster."""
        if self.needs is Needs.INPUT:
            yield from (finding for finding in context.reported if finding.code == self.code)
        elif self.needs is Needs.DOCUMENT or context.snapshot.pods:
            module: RuleModule = import_module(f"ringfence.lint.rules.{self.module}")
            yield from module.check(context)

    def patches(self, context: LintContext, finding: Finding) -> Iterator[Patch]:
        """What the rule proposes for a finding beyond the patches that it has: for those made while reading."""
        propose = getattr(import_module(f"ringfence.lint.rules.{self.module}"), "patches", None)
        if propose is not None:
            yield from propose(context, finding)


_COMPUTED = (
    LintRule(codes.PLAIN_Y_N, Needs.DOCUMENT),
    LintRule(codes.INVALID_LABEL, Needs.DOCUMENT),
    LintRule(codes.SELECTS_NO_POD, Needs.ENGINE),
    LintRule(codes.PEER_MATCHES_NO_POD, Needs.ENGINE),
    LintRule(codes.NEAR_MISS_LABELS, Needs.ENGINE),
    LintRule(codes.NAMESPACE_NAME_LABEL, Needs.ENGINE),
    LintRule(codes.NAMED_PORT_NOT_FOUND, Needs.ENGINE),
    LintRule(codes.SERVICE_PORT, Needs.ENGINE),
    LintRule(codes.SERVICE_ADDRESS, Needs.ENGINE),
    LintRule(codes.POD_ADDRESS, Needs.ENGINE),
    LintRule(codes.AND_OR_SLIP, Needs.ENGINE),
    LintRule(codes.VOLATILE_LABEL, Needs.DOCUMENT),
    LintRule(codes.RANGE_WITHOUT_PODS, Needs.ENGINE),
    LintRule(codes.RULE_CONTAINED, Needs.ENGINE),
    LintRule(codes.POLICY_WITHOUT_EFFECT, Needs.ENGINE),
    LintRule(codes.RULE_SHADOWED, Needs.ENGINE),
    LintRule(codes.EQUAL_POLICIES, Needs.ENGINE),
    LintRule(codes.DENIED_ANYWAY, Needs.ENGINE),
    LintRule(codes.INGRESS_NOT_ISOLATED, Needs.SURVEY),
    LintRule(codes.EGRESS_NOT_ISOLATED, Needs.SURVEY),
    LintRule(codes.ALLOW_ALL, Needs.ENGINE),
    LintRule(codes.WORLD_EGRESS, Needs.ENGINE),
    LintRule(codes.CLOUD_METADATA, Needs.ENGINE),
    LintRule(codes.HOST_NETWORK_BYPASS, Needs.ENGINE),
    LintRule(codes.RANGE_TOO_WIDE, Needs.ENGINE),
    LintRule(codes.INTERNET_BY_PROXY, Needs.ENGINE),
    LintRule(codes.WORLD_INGRESS, Needs.SURVEY),
    LintRule(codes.OTHER_RESOLVERS, Needs.SURVEY),
    LintRule(codes.OTHER_TEAM, Needs.SURVEY),
    LintRule(codes.DNS_CUT, Needs.SURVEY),
    LintRule(codes.DNS_UDP_ONLY, Needs.SURVEY),
    LintRule(codes.DNS_PORT, Needs.SURVEY),
    LintRule(codes.NODE_LOCAL_DNS_CUT, Needs.SURVEY),
    LintRule(codes.DNS_UPSTREAM_CUT, Needs.SURVEY),
    LintRule(codes.DEPENDENCY_CUT, Needs.SURVEY),
    LintRule(codes.INGRESS_CONTROLLER_CUT, Needs.SURVEY),
    LintRule(codes.SCRAPER_CUT, Needs.SURVEY),
    LintRule(codes.WEBHOOK_CUT, Needs.SURVEY),
    LintRule(codes.API_SERVER_CUT, Needs.SURVEY),
    LintRule(codes.API_SERVER_UNKNOWN, Needs.SURVEY),
    LintRule(codes.NAME_WITHOUT_DNS, Needs.SURVEY),
    LintRule(codes.NAMES_NEVER_LEARNT, Needs.ENGINE),
    LintRule(codes.TIER_END, Needs.ENGINE),
    LintRule(codes.STAGED_ONLY, Needs.ENGINE),
    LintRule(codes.EQUAL_ORDER, Needs.ENGINE),
    LintRule(codes.OUTSIDE_MESH, Needs.ENGINE),
    LintRule(codes.IDENTITY_UNKNOWN, Needs.ENGINE),
    LintRule(codes.CLIENT_POLICY, Needs.ENGINE),
    LintRule(codes.HTTP_ON_TCP, Needs.ENGINE),
    LintRule(codes.MESH_ALLOWS_NOTHING, Needs.ENGINE),
    LintRule(codes.HALF_OPEN, Needs.ENGINE),
    LintRule(codes.MISSING_ANNOTATION, Needs.DOCUMENT),
    LintRule(codes.LABEL_SPELLINGS, Needs.ENGINE),
    LintRule(codes.ACCIDENTAL_MATCH, Needs.ENGINE),
    LintRule(codes.CNI_LIMIT, Needs.ENGINE),
    LintRule(codes.LOOSE_WILDCARD, Needs.DOCUMENT),
)

_OWN = frozenset(rule.code for rule in _COMPUTED)

RULES: tuple[LintRule, ...] = tuple(
    sorted(
        (
            *(LintRule(code, Needs.INPUT) for code in codes.CODES if code.code < "RF2" and code not in _OWN),
            *_COMPUTED,
        ),
        key=lambda rule: rule.code.code,
    )
)
"""Every rule, by code."""


def choose(select: Sequence[str] = (), ignore: Sequence[str] = ()) -> tuple[LintRule, ...]:
    """The rules that ``select`` names, all by default, without those that ``ignore`` names.

    A name is a code, the beginning of one (``RF2``), or a slug.

    Raises:
        QueryError: a name fits no rule.
    """
    wanted = set(_named(select)) if select else set(RULES)
    wanted -= set(_named(ignore))
    return tuple(rule for rule in RULES if rule in wanted)


def find(name: str) -> LintRule:
    """The rule of one code or slug.

    Raises:
        QueryError: there is none.
    """
    for rule in RULES:
        if name.upper() == rule.code.code or name == rule.code.slug:
            return rule
    raise QueryError(f"There is no rule {name!r}. ringfence lint --list shows all rules.")


def _named(names: Iterable[str]) -> Iterator[LintRule]:
    for name in names:
        found = [rule for rule in RULES if _fits(name, rule.code)]
        if not found:
            raise QueryError(f"No rule's code starts with {name!r}. ringfence lint --list shows all rules.")
        yield from found


def _fits(name: str, code: Code) -> bool:
    return name == code.slug or (name.upper().startswith("RF") and code.code.startswith(name.upper()))
