"""Names and annotations of what is made for a request, by which it is found again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from ringfence.egress.plan import Grant, Plan
from ringfence.generate.request import Given
from ringfence.model.addresses import format_address

GROUP = "ringfence.dev"
REQUEST = f"{GROUP}/request"
NAMES = f"{GROUP}/names"
"""``name=address,address`` for each name that stands in a policy as addresses, with spaces between."""

RECORDED = f"{GROUP}/names-recorded"
"""The day of the latest DNS answer among them."""


def metadata(
    given: Given, plan: Plan, kind: str, name: str, *, namespaced: bool = True, frozen: bool = False
) -> dict[str, object]:
    """``metadata`` of an object; with ``frozen``, the names whose recorded addresses it holds are annotated."""
    namespace = plan.request.namespace if namespaced else ""
    found: dict[str, object] = {"name": given.free_name(kind, name, namespace)}
    if namespace:
        found["namespace"] = namespace
    notes = said_of(plan)
    if frozen and plan.named:
        notes.update(_frozen(plan))
    found["annotations"] = notes
    return found


def said_of(plan: Plan) -> dict[str, str]:
    """Who asked for it, why, and until when."""
    request = plan.request
    said = {
        REQUEST: owner_of(plan),
        f"{GROUP}/owner": request.owner,
        f"{GROUP}/ticket": request.ticket,
        f"{GROUP}/reason": request.reason,
        f"{GROUP}/tier": request.tier,
        f"{GROUP}/expires": request.expires.isoformat() if request.expires is not None else "",
    }
    return {key: value for key, value in said.items() if value}


def owner_of(plan: Plan) -> str:
    """The request, as the annotation names it."""
    return f"{plan.request.namespace}/{plan.request.name}"


def _frozen(plan: Plan) -> Mapping[str, str]:
    last = max((latest(grant) for grant in plan.named if grant.records), default=None)
    texts = dict.fromkeys(f"{grant.text}={','.join(addresses_of(grant))}" for grant in plan.named)
    return {NAMES: " ".join(texts), **({RECORDED: f"{last:%Y-%m-%d}"} if last is not None else {})}


def latest(grant: Grant) -> dt.datetime:
    """When a recorded name was last answered. A manifest has the date, and not its age: it is kept."""
    return max(record.last_seen for record in grant.records)


def addresses_of(grant: Grant) -> tuple[str, ...]:
    """The recorded addresses of a name, ascending."""
    return tuple(format_address(address) for address in sorted({record.address for record in grant.records}))


def made_for(body: Mapping[str, object]) -> str:
    """The request that an object was made for; empty where it was made for none."""
    found = body.get("metadata")
    notes = found.get("annotations") if isinstance(found, Mapping) else None
    value = notes.get(REQUEST) if isinstance(notes, Mapping) else None
    return value if isinstance(value, str) else ""
