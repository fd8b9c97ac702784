"""Ends as a test writes them: a word, a text as on the command line, a selection of pods, ranges, a new pod."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field as attribute

from ringfence.dialects.fields import Field, describe
from ringfence.dialects.scalars import read_cidr
from ringfence.dialects.selectors import key_problem, read_selector, value_problem
from ringfence.explain.names import looks_like_name
from ringfence.explain.suggest import did_you_mean
from ringfence.model.addresses import NO_ADDRESSES, AddressSet, parse_address
from ringfence.model.codes import BAD_CIDR, BAD_FIELD, BAD_SELECTOR
from ringfence.model.labels import AllOf, Labels, match_labels
from ringfence.model.ports import ContainerPort, PortRange
from ringfence.testing.reading_fields import absent, one_or_more, text_of, texts_of
from ringfence.testing.reading_ports import read_ports
from ringfence.testing.suite import AddressEnd, End, Group, GroupEnd, NewPodEnd, PodsEnd, TextEnd

_WORDS = {group.value: group for group in Group}
_PODS = ("namespace", "namespaceLabels", "namespaceSelector", "team", "labels", "podSelector")
_ADDRESSES = ("addresses", "except")
_NEW = ("namespace", "namespaceLabels", "labels", "ports")
_KEYS = (*_PODS, "addresses", "newPod")
_SERVICE = "service:"


@dataclass(frozen=True, slots=True)
class Names:
    """The ends that a suite names under ``define``."""

    ends: Mapping[str, tuple[End, ...]] = attribute(default_factory=dict)

    @classmethod
    def read(cls, field: Field | None) -> Names:
        """The names of a suite; a definition may use those before it."""
        if field is None or not field.is_mapping():
            return cls()
        found: dict[str, tuple[End, ...]] = {}
        for name, value in field.value.items():
            entry = Field(field.raw, (*field.path, name), value, field.sink)
            if name in _WORDS or "/" in name or ":" in name or not name.strip():
                hint = f"{name} is a word of its own." if name in _WORDS else "Use letters, digits, - and _."
                entry.report(BAD_FIELD, f"{name!r} can't be the name of a definition.", hint=hint)
            elif value is None:
                entry.report(BAD_FIELD, f"{entry} is empty.")
            else:
                found[name] = read_ends(entry, cls(dict(found)), source=None)
        return cls(found)


def read_ends(field: Field, names: Names, *, source: bool | None) -> tuple[End, ...]:
    """One end, or a list whose ends are meant together. ``source`` tells the side, ``None`` that it isn't known."""
    found: list[End] = []
    for entry in one_or_more(field):
        value = entry.value
        if isinstance(value, str):
            found += _text(entry, value.strip(), names, source=source)
        elif isinstance(value, dict):
            end = _mapping(entry)
            found += [end] if end is not None else []
        else:
            entry.report(BAD_FIELD, f"{entry} is {describe(value)}, which names no pod and no address.")
    return tuple(found)


def _text(field: Field, text: str, names: Names, *, source: bool | None) -> tuple[End, ...]:
    origin = field.origin
    if text in _WORDS:
        return (GroupEnd(_WORDS[text], origin),)
    if text in names.ends:
        return names.ends[text]
    if text.lower().startswith(_SERVICE):
        if source:
            field.report(
                BAD_FIELD, f"{field}: a Service opens no connections.", hint="Name the pod or workload that does."
            )
            return ()
        return (TextEnd(text, origin),)
    if _is_range(text):
        addresses = read_cidr(Field(field.raw, field.path, text, field.sink))
        return (AddressEnd(addresses, text, origin),) if addresses is not None else ()
    if "/" in text or _is_address(text):
        return (TextEnd(text, origin),)
    known = (*_WORDS, *names.ends)
    near = did_you_mean(text, known).strip()
    if looks_like_name(text) and not near:
        return (TextEnd(text, origin),)
    hint = near or (
        f"Write {', '.join(_WORDS)}, a name under define, namespace/pod, namespace/Kind/name, an address, a DNS name, "
        "or a mapping such as {namespace: shop}."
    )
    field.report(BAD_FIELD, f"{field} is {text!r}, which is no end.", hint=hint)
    return ()


def _is_address(text: str) -> bool:
    try:
        parse_address(text)
    except ValueError:
        return False
    return True


def _is_range(text: str) -> bool:
    """True for what was meant as a CIDR: an address, or what looks like one, before the only slash."""
    address, slash, length = text.partition("/")
    looks = _is_address(address) or (address.count(".") == 3 and address.replace(".", "").isdigit())
    return bool(slash) and "/" not in length and looks


def _mapping(field: Field) -> End | None:
    value = field.value
    if "addresses" in value:
        field.report_unknown(_ADDRESSES, why="")
        absent(field, _ADDRESSES)
        return _addresses(field)
    if "newPod" in value:
        field.report_unknown(("newPod",), why="")
        new = field.get("newPod")
        if new is None or not new.is_mapping():
            absent(field, ("newPod",))
            return None
        return _new_pod(new)
    before = len(field.sink)
    field.report_unknown(_KEYS, why="")
    absent(field, _PODS)
    end = _pods(field)
    if not field.present(_PODS) and len(field.sink) == before:
        field.report(BAD_FIELD, f"{field} is empty.", hint="For every pod write any-pod, for all there is anywhere.")
    return end if len(field.sink) == before else None


def _pods(field: Field) -> PodsEnd:
    namespace, team = field.get("namespace"), field.get("team")
    return PodsEnd(
        texts_of(namespace) if namespace is not None else (),
        texts_of(team) if team is not None else (),
        _selector(field, "namespaceLabels", "namespaceSelector"),
        _selector(field, "labels", "podSelector"),
        field.origin,
    )


def _selector(field: Field, short: str, full: str) -> AllOf:
    """What plain labels and a Kubernetes selector ask for together."""
    labels, selector = field.get(short), field.get(full)
    expr = read_selector(selector)
    if selector is not None and not selector.value:
        selector.report(BAD_SELECTOR, f"{selector} is empty, and would select everything.", hint="Leave it out.")
    plain = match_labels(_labels(labels)) if labels is not None else AllOf()
    return AllOf((*plain.parts, *(expr.parts if isinstance(expr, AllOf) else ())))


def _labels(field: Field) -> Labels:
    """Plain labels, none of which may be wrong: the value of each is a text."""
    if not field.is_mapping(code=BAD_SELECTOR):
        return {}
    if not field.value:
        field.report(BAD_SELECTOR, f"{field} is empty.", hint="Leave it out.")
    found: dict[str, str] = {}
    for key, value in field.value.items():
        member = Field(field.raw, (*field.path, key), value, field.sink)
        text = member.text(code=BAD_SELECTOR)
        problem = key_problem(str(key)) or (value_problem(text) if text is not None else "")
        if problem:
            member.report(BAD_SELECTOR, f"The label {key} of {field} {problem}.")
        elif text is not None:
            found[str(key)] = text
    return found


def _addresses(field: Field) -> AddressEnd | None:
    included, excluded = field.get("addresses"), field.get("except")
    if included is None:
        return None
    addresses = _ranges(included)
    if excluded is not None:
        less = _ranges(excluded)
        if not less <= addresses:
            excluded.report(BAD_CIDR, f"{excluded} names addresses that are not among the others.")
        addresses -= less
    if not addresses:
        included.report(BAD_CIDR, f"{included} leaves no address.")
        return None
    shown = [str(each.value) for each in one_or_more(included)]
    text = shown[0] if len(shown) == 1 else f"{len(shown)} ranges from {shown[0]}"
    if excluded is not None:
        text += " with exceptions"
    return AddressEnd(addresses, text, field.origin)


def _ranges(field: Field) -> AddressSet:
    found = NO_ADDRESSES
    for entry in one_or_more(field):
        text = text_of(entry)
        if text is None:
            continue
        if _is_address(text):
            found |= AddressSet.point(parse_address(text))
        elif (addresses := read_cidr(entry)) is not None:
            found |= addresses
    return found


def _new_pod(field: Field) -> NewPodEnd | None:
    before = len(field.sink)
    field.report_unknown(_NEW, why="")
    absent(field, _NEW)
    namespace, labels, of_namespace = (field.get(key) for key in ("namespace", "labels", "namespaceLabels"))
    name = text_of(namespace) if namespace is not None else None
    if namespace is None:
        field.report(BAD_FIELD, f"{field} has no namespace.")
    end = NewPodEnd(
        name or "",
        _labels(labels) if labels is not None else {},
        _labels(of_namespace) if of_namespace is not None else None,
        _container_ports(field.get("ports")),
        field.origin,
    )
    return end if len(field.sink) == before else None


def _container_ports(field: Field | None) -> tuple[ContainerPort, ...]:
    """Ports that a new pod listens on: numbers, or ``name: number``."""
    if field is None:
        return ()
    found: list[ContainerPort] = []
    named = field.value.items() if isinstance(field.value, dict) else [("", field.value)]
    for name, value in named:
        path = (*field.path, name) if name else field.path
        for port in read_ports(Field(field.raw, path, value, field.sink)):
            if isinstance(port, PortRange) and port.lo == port.hi:
                found.append(ContainerPort(str(name), port.protocol, port.lo))
            else:
                field.report(
                    BAD_FIELD, f"{field} has {port}; a pod listens on single ports.", hint="Write 8080 or web: 8080."
                )
    return tuple(found)
