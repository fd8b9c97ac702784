"""Connections that the user wants, as CSV or JSON lines: ``src,dst,protocol,port``, the ends as in ``verdict``."""

from __future__ import annotations

from collections.abc import Iterable

from ringfence.diagnose.report import Remark, Topic
from ringfence.explain.endpoints import Endpoints
from ringfence.explain.queries import Row
from ringfence.explain.query import parse_port, parse_protocol
from ringfence.model.errors import EndpointError, QueryError
from ringfence.model.finding import Severity
from ringfence.model.origin import Origin, Position
from ringfence.survey import Dependency, DependencyKind, Evidence, Route, Target


def wanted_dependencies(
    rows: Iterable[Row], endpoints: Endpoints, name: str
) -> tuple[tuple[Dependency, ...], tuple[Remark, ...]]:
    """The dependencies that the rows of file ``name`` ask for; a row that can't be read becomes a remark."""
    found: list[Dependency] = []
    remarks: list[Remark] = []
    for row in rows:
        place = Origin(Position(name, row.line))
        try:
            found.append(_dependency(row, endpoints, place))
        except (EndpointError, QueryError) as error:
            remarks.append(Remark(Topic.WANTED, Severity.ERROR, f"A wanted connection can't be judged: {error}", place))
    return tuple(found), tuple(remarks)


def _dependency(row: Row, endpoints: Endpoints, place: Origin) -> Dependency:
    if row.error:
        raise QueryError(row.error)
    protocol, port = parse_protocol(row.text("protocol")), parse_port(row.text("port"))
    source, destination = endpoints.source(row.text("src")), endpoints.destination(row.text("dst"))
    targets = endpoints.targets(destination, protocol, port)
    route = Route(protocol, port, tuple(Target(target.endpoint, target.port) for target in targets))
    return Dependency(
        DependencyKind.WANTED,
        source.text,
        source.endpoints,
        destination.name,
        (route,),
        Evidence("wanted", place=place),
        destination.service,
    )
