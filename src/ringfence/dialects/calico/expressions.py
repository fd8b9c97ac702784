"""Selector fields of Calico's objects: the expression, or a finding with the column of the fault."""

from __future__ import annotations

from ringfence.dialects.calico.selector import GLOBAL, Key, SelectorError, mentions_global, parse_selector
from ringfence.dialects.fields import Field
from ringfence.model.codes import BAD_SELECTOR
from ringfence.model.labels import EVERYTHING, LabelExpr


def read_expression(field: Field | None, key: Key, *, global_alone: bool = False) -> LabelExpr | None:
    """The expression of a selector, everything where it is left out; None, and a finding, for an invalid one.

    ``global()`` may stand in a rule's ``namespaceSelector``, for which ``global_alone`` is given, and there alone.
    Source: the checks of Calico's API server, libcalico-go ``validateEntityRule``.
    """
    if field is None:
        return EVERYTHING
    text = field.text(code=BAD_SELECTOR)
    if text is None:
        return None
    try:
        expr = parse_selector(text, key)
    except SelectorError as error:
        what = f"{field} is no selector: {error}, at column {error.column} of `{text}`."
        field.report(BAD_SELECTOR, what, why="Calico refuses the policy.")
        return None
    if mentions_global(expr) and not (global_alone and expr == GLOBAL):
        what = f"{field} has global() in `{text}`; it may only be all of a rule's namespaceSelector."
        field.report(BAD_SELECTOR, what, why="Calico refuses the policy.")
        return None
    return expr
