"""RF403: a policy isolates pods and allows them everything."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint
from tests.lint.rules.exposure import WEB, egress


@pytest.mark.parametrize(
    "rules",
    ["{}", "{to: [{namespaceSelector: {}}, {ipBlock: {cidr: 0.0.0.0/0}}]}", "{ports: [], to: []}"],
)
def test_a_rule_for_everyone_and_every_port_allows_all(rules: str) -> None:
    (finding,) = lint(WEB + egress(rules), "RF403", "RF404", "RF406", "RF407")
    assert finding.what == "shop/NetworkPolicy/out allows all egress of its pods, every port and every peer."


@pytest.mark.parametrize("rules", ["{ports: [{port: 443}]}", "{to: [{podSelector: {}}]}", ""])
def test_a_rule_that_leaves_something_out_is_not_allow_all(rules: str) -> None:
    assert codes(WEB + egress(rules), "RF403") == []
