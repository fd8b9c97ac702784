"""``when``: what else must hold. What is said of the connection is judged, the rest is a condition.

Source: Istio reference, "Authorization Policy Conditions".
"""

from __future__ import annotations

from ringfence.dialects.fields import Field
from ringfence.dialects.istio.operations import EVERY_PORT, Operation, read_ports
from ringfence.dialects.istio.sources import Source, from_addresses, from_identity
from ringfence.model import derived
from ringfence.model.codes import BAD_FIELD
from ringfence.model.policy import Condition

_IDENTITY_KEYS = {"source.namespace": derived.NAMESPACE, "source.principal": derived.PRINCIPAL}


def read_when(field: Field | None) -> tuple[Source, Operation] | None:
    """What all entries ask for together; None, with findings, where one is invalid."""
    source, operation = Source(), Operation()
    for item in (field.items() if field is not None else ()) or ():
        if not item.is_mapping():
            return None
        item.report_unknown(("key", "values", "notValues"), why="Istio ignores the field.")
        key = item.get("key")
        if key is None or key.text() is None or not item.present(("values", "notValues")):
            item.report(BAD_FIELD, f"{item} needs a key, and values or notValues.", why="Istio refuses the policy.")
            return None
        for name in item.present(("values", "notValues")):
            read = _read_values(str(key.value), item.at(name), negated=name == "notValues")
            if read is None:
                return None
            source, operation = source.both(read[0]), operation.both(read[1])
    return source, operation


def _read_values(key: str, values: Field, *, negated: bool) -> tuple[Source, Operation] | None:
    if key in _IDENTITY_KEYS:
        source = from_identity(_IDENTITY_KEYS[key], values, negated=negated)
        return None if source is None else (source, Operation())
    if key == "source.ip":
        source = from_addresses(values, negated=negated)
        return None if source is None else (source, Operation())
    if key == "destination.port":
        ports = read_ports(values)
        return None if ports is None else (Source(), Operation(EVERY_PORT - ports if negated else ports))
    items = values.items()
    if items is None:
        return None
    word = "is none of" if negated else "is one of"
    return Source(), Operation(conditions=(Condition(f"{key} {word} {', '.join(str(i.value) for i in items)}"),))
