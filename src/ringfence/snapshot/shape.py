"""What is kept of an object: exactly the fields that the readers of ``sources`` look at, and nothing beside them.

The shape is taken from the readers' own types. So an archive can't lack a field that an answer depends on, and a field
that nobody reads (an image, a variable, a command, a certificate) can't slip in.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from msgspec import inspect

from ringfence.sources.kinds import ApiObject, struct_of
from ringfence.sources.uses import is_user, user_struct


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a value is kept: named ``fields`` of a mapping, or ``values`` of any of its keys; ``items`` of a list.

    A value of another type than its reader expects keeps its type and loses what it holds, unless ``scalar`` says that
    plain values belong here: what is said of it when the archive is read is what was said of the original.
    """

    fields: Mapping[str, Shape] = field(default_factory=dict)
    values: Shape | None = None
    items: Shape | None = None
    scalar: bool = False

    def of(self, value: Any) -> Any:
        """The part of ``value`` that is kept."""
        if isinstance(value, dict):
            if self.values is not None:
                return {key: self.values.of(each) for key, each in value.items()}
            return {key: shape.of(value[key]) for key, shape in self.fields.items() if value.get(key) is not None}
        if isinstance(value, list):
            return [self.items.of(each) for each in value] if self.items is not None else []
        return value if self.scalar or value is None or isinstance(value, bool) else type(value)()


_NOTHING: Final = Shape()


def shape_of(api_version: str, kind: str) -> Shape | None:
    """What is kept of an object of this kind that is no policy; ``None`` where it is left out altogether."""
    struct = struct_of(api_version, kind)
    if struct is not None:
        return _shape(struct)
    if is_user(api_version, kind):
        return Shape({**_shape(ApiObject).fields, **_shape(user_struct(api_version, kind)).fields})
    return None


def shape_of_metadata() -> Shape:
    """What is kept of an object of which only its name, namespace, labels and notes are read."""
    return _shape(ApiObject)


def reduced(api_version: str, kind: str, body: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """The part of an object that is kept, its kind first, as API servers write it."""
    return {"apiVersion": api_version, "kind": kind, **shape.of(dict(body))}


@functools.cache
def _shape(struct: type[Any]) -> Shape:
    return _of_type(inspect.type_info(struct))


def _of_type(info: inspect.Type) -> Shape:
    match info:
        case inspect.StructType():
            return Shape({each.encode_name: _of_type(each.type) for each in info.fields})
        case inspect.ListType():
            return Shape(items=_of_type(info.item_type))
        case inspect.DictType():
            return Shape(values=_of_type(info.value_type))
        case inspect.UnionType():
            shapes = [_of_type(each) for each in info.types if not isinstance(each, inspect.NoneType)]
            return functools.reduce(_either, shapes, _NOTHING)
        case inspect.AnyType() | inspect.StrType() | inspect.IntType() | inspect.FloatType() | inspect.BoolType():
            return Shape(scalar=True)
    raise TypeError(f"{msgspec.inspect.__name__}: a reader has a field of the type {info!r}")


def _either(one: Shape, other: Shape) -> Shape:
    return Shape(
        {**one.fields, **other.fields}, one.values or other.values, one.items or other.items, one.scalar or other.scalar
    )
