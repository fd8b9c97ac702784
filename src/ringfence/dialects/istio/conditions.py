"""``when``: what else must hold. What is said of the connection is judged, the rest is a condition.

Source: Istio reference, "Authorization Policy Conditions".
"""

from __future__ import annotations

import difflib

from ringfence.dialects.fields import Field
from ringfence.dialects.istio.operations import EVERY_PORT, Operation, read_ports
from ringfence.dialects.istio.sources import Source, address_peer, from_addresses, from_identity, texts_of
from ringfence.model.codes import BAD_FIELD
from ringfence.model.mesh_settings import MeshSettings
from ringfence.model.policy import Condition, NotPeer

_IDENTITY_KEYS = {
    "source.namespace": "namespaces",
    "source.principal": "principals",
    "source.serviceAccount": "serviceAccounts",
}
_JUDGED = (*_IDENTITY_KEYS, "source.ip", "destination.ip", "destination.port")
_REQUEST = (
    "remote.ip",
    "request.auth.principal",
    "request.auth.audiences",
    "request.auth.presenter",
    "connection.sni",
)
_BRACKETED = ("request.headers", "request.auth.claims")
_EXPERIMENTAL = "experimental.envoy.filters."


def read_when(field: Field | None, settings: MeshSettings) -> tuple[Source, Operation] | None:
    """What all entries ask for together; None, with findings, where one is invalid."""
    source, operation = Source(), Operation()
    items = field.items() if field is not None else ()
    if items is None:
        return None
    for item in items:
        read = _read_entry(item, settings)
        if read is None:
            return None
        source, operation = source.both(read[0]), operation.both(read[1])
    return source, operation


def _read_entry(item: Field, settings: MeshSettings) -> tuple[Source, Operation] | None:
    if not item.is_mapping():
        return None
    item.report_unknown(("key", "values", "notValues"), why="Istio ignores the field.")
    field = item.get("key")
    given = [name for name in item.present(("values", "notValues")) if item.value[name]]
    if field is None or not given:
        item.report(BAD_FIELD, f"{item} needs a key, and values or notValues.", why="Istio refuses the policy.")
        return None
    key = field.text()
    if key is None or not _is_known(key, field):
        return None
    source, operation = Source(), Operation()
    for name in given:
        read = _read_values(key, item.at(name), settings, negated=name == "notValues")
        if read is None:
            return None
        source, operation = source.both(read[0]), operation.both(read[1])
    return source, operation


def _is_known(key: str, field: Field) -> bool:
    named = key.endswith("]") and any(key.startswith(f"{prefix}[") for prefix in _BRACKETED)
    if named or key in _JUDGED or key in _REQUEST or key.startswith(_EXPERIMENTAL):
        return True
    near = difflib.get_close_matches(key, (*_JUDGED, *_REQUEST, *(f"{prefix}[NAME]" for prefix in _BRACKETED)), 1)
    hint = f"Did you mean {near[0]}?" if near else ""
    field.report(BAD_FIELD, f"{field} is {key!r}, which is no attribute.", why="Istio refuses the policy.", hint=hint)
    return False


def _read_values(key: str, values: Field, settings: MeshSettings, *, negated: bool) -> tuple[Source, Operation] | None:
    if key in _IDENTITY_KEYS:
        source = from_identity(_IDENTITY_KEYS[key], values, settings, negated=negated)
        return None if source is None else (source, Operation())
    if key == "source.ip":
        source = from_addresses(values, negated=negated)
        return None if source is None else (source, Operation())
    if key == "destination.ip":
        own = address_peer(values)
        if own is None:
            return None
        return Source(), Operation(only=(NotPeer(own, values.origin) if negated else own,))
    if key == "destination.port":
        ports = read_ports(values)
        return None if ports is None else (Source(), Operation(EVERY_PORT - ports if negated else ports))
    texts = texts_of(values)
    if texts is None:
        return None
    word = "is none of" if negated else "is one of"
    return Source(), Operation(conditions=(Condition(f"{key} {word} {', '.join(texts)}"),))
