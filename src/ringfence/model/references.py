"""Who speaks of which Service: texts in which a workload may name one, and objects that send traffic to one."""

from __future__ import annotations

from dataclasses import dataclass, field

from ringfence.model.objects import SourceMap, WorkloadRef, format_path
from ringfence.model.origin import UNKNOWN, ObjectRef, Origin


@dataclass(frozen=True, slots=True)
class TextReference:
    """A text that a workload is given, and in which a Service of the input stands, or the URL of a host outside.

    ``key`` is what the text is the value of: a variable, a flag, a key of a ConfigMap; empty for a text without one,
    such as a list of arguments that was a shell line. ``object`` is where the text stands: the workload or a ConfigMap.
    ``beside`` is the port that stands beside a host, such as the value of ``REDIS_PORT`` for that of ``REDIS_HOST``.
    """

    workload: WorkloadRef
    key: str
    text: str
    object: ObjectRef
    source: SourceMap = field(compare=False, repr=False)
    path: tuple[str | int, ...] = field(default=(), compare=False, repr=False)
    beside: str = ""

    @property
    def origin(self) -> Origin:
        """The place of the text. It is looked up when asked for: a JSON input knows no lines before."""
        return Origin(self.source.locate(self.path), format_path(self.path))


@dataclass(frozen=True, slots=True)
class ServiceUse:
    """An object that sends traffic to a Service: an Ingress, a route, a webhook configuration, an APIService.

    ``port`` is the Service's, by number or name; ``None`` where the object names none. ``sender`` is what tells
    several senders of one kind apart: the class of an Ingress, the Gateway of a route as ``namespace/name``.
    """

    user: ObjectRef
    namespace: str
    service: str
    port: int | str | None = None
    sender: str = ""
    source: SourceMap | None = field(default=None, compare=False, repr=False)
    path: tuple[str | int, ...] = field(default=(), compare=False, repr=False)

    @property
    def origin(self) -> Origin:
        """The place of the reference, looked up when asked for."""
        return Origin(self.source.locate(self.path), format_path(self.path)) if self.source is not None else UNKNOWN
