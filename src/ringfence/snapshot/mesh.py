"""The configuration of an Istio mesh in an archive: of the ConfigMap only the settings that answers depend on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ringfence.snapshot.shape import Shape, shape_of_metadata
from ringfence.sources.items import UNDECODABLE, Item
from ringfence.sources.kinds import ApiObject
from ringfence.sources.mesh import KEY, is_mesh_config, settings_text


def mesh_shape(item: Item) -> Shape | None:
    """What is kept of a ConfigMap that may configure a mesh: what it is called; ``None`` for any other object."""
    if item.kind != "ConfigMap" or item.api_version != "v1":
        return None
    try:
        metadata = item.typed(ApiObject).metadata
    except UNDECODABLE:
        return None
    return shape_of_metadata() if metadata is not None and is_mesh_config(metadata.name or "") else None


def mesh_data(body: Mapping[str, Any]) -> dict[str, str]:
    """The settings that policy depends on, without the rest of the text."""
    data = body.get("data")
    text = data.get(KEY) if isinstance(data, Mapping) else None
    return {KEY: settings_text(text)} if isinstance(text, str) else {}
