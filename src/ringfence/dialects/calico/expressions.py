"""Selector fields of Calico's objects: the expression, or a finding with the column of the fault."""

from __future__ import annotations

from ringfence.dialects.calico.selector import Key, SelectorError, parse_selector
from ringfence.dialects.fields import Field
from ringfence.model.codes import BAD_SELECTOR
from ringfence.model.labels import EVERYTHING, LabelExpr


def read_expression(field: Field | None, key: Key) -> LabelExpr | None:
    """The expression of a selector, everything where it is left out; None, and a finding, for an invalid one."""
    if field is None:
        return EVERYTHING
    text = field.text(code=BAD_SELECTOR)
    if text is None:
        return None
    try:
        return parse_selector(text, key)
    except SelectorError as error:
        what = f"{field} is no selector: {error}, at column {error.column} of `{text}`."
        field.report(BAD_SELECTOR, what, why="Calico refuses the policy.")
        return None
