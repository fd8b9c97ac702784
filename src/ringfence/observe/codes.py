"""The kinds of disagreement between records and policies. No linter finds them: they need a cluster that runs."""

from __future__ import annotations

from ringfence.model.finding import Code, Severity

NOT_ENFORCED = Code("RF701", "not-enforced", Severity.ERROR, "Connections were seen to pass that the policies deny")
DENIED_THOUGH_ALLOWED = Code(
    "RF702", "denied-though-allowed", Severity.WARNING, "Connections were denied that the policies allow"
)
UNKNOWN_POLICY_DENIES = Code(
    "RF703", "unknown-policy-denies", Severity.WARNING, "Records name a policy that the input doesn't have"
)
OTHER_POLICY_DENIES = Code(
    "RF704", "other-policy-denies", Severity.NOTE, "Records name another policy than the one that denies"
)

CODES = (NOT_ENFORCED, DENIED_THOUGH_ALLOWED, UNKNOWN_POLICY_DENIES, OTHER_POLICY_DENIES)
"""All of them, in the order of the page on ``ringfence flows denied``."""
