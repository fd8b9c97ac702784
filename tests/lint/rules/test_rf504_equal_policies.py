"""RF504: two policies say the same."""

from __future__ import annotations

from tests.lint.linting import codes, lint
from tests.lint.rules.redundancy import FROM_WEB, PODS, api


def test_policies_that_say_the_same_in_another_order_are_equal() -> None:
    one = api(f"{FROM_WEB}, {{ports: [{{port: 1}}]}}")
    two = api(f"{{ports: [{{port: 1}}]}}, {FROM_WEB}", "again")
    (finding,) = lint(PODS + one + two, "RF5")
    assert finding.code.code == "RF504"


def test_policies_that_select_no_pod_are_told_as_that() -> None:
    twins = api(FROM_WEB, "a", "{matchLabels: {app: x}}") + api(FROM_WEB, "b", "{matchLabels: {app: x}}")
    assert codes(PODS + twins, "RF5") == []
