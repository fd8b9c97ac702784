"""The matrix of the API says of each pair what ``reach`` says."""

from __future__ import annotations

import base64
import json
from collections import Counter
from typing import Any

import httpx
import jsonschema
import numpy as np
import pytest

from ringfence.cluster import Cluster
from ringfence.model.errors import QueryError
from ringfence.render.json_values import ports
from ringfence.server import matrix_sheet
from ringfence.server.map_pairs import pairs_of
from ringfence.server.matrix_sheet import by_namespace, by_workload, report
from tests.server.many import EACH, SPACES, many
from tests.server.serving import ROOT, shop


def valid(found: dict[str, Any]) -> dict[str, Any]:
    jsonschema.validate(
        found, json.loads((ROOT / "docs" / "schemas" / "MatrixReport.json").read_text(encoding="utf-8"))
    )
    return found


def cells(found: dict[str, Any]) -> Any:
    values = np.frombuffer(base64.b64decode(found["cells"]), dtype=f"<u{found['width']}")
    return values.reshape(len(found["sources"]), len(found["destinations"]))


def told(found: dict[str, Any]) -> dict[tuple[str, str], tuple[Any, bool]]:
    """Ports, and whether they vary, by source and destination."""
    at = cells(found)
    classes = [(each["ports"], each["varies"]) for each in found["classes"]]
    return {
        (source, destination): classes[at[row, column]]
        for row, source in enumerate(found["sources"])
        for column, destination in enumerate(found["destinations"])
        if at[row, column]
    }


def reached(cluster: Cluster) -> dict[tuple[str, str], tuple[Any, bool]]:
    return {
        (each.src.name, each.dst.name): (ports(each.ports), each.varies)
        for each in cluster.reach(external=False).connections
        if each.src.name != each.dst.name
    }


def test_each_cell_of_the_shop_is_what_reach_lists() -> None:
    cluster = shop().cluster()
    assert told(report(by_workload(pairs_of(cluster), (), ()))) == reached(cluster)


def test_each_of_a_million_cells_is_what_reach_lists() -> None:
    cluster = many().cluster()
    found = report(by_workload(pairs_of(cluster), (), ()))
    assert cells(found).shape == (SPACES * EACH, SPACES * EACH)
    assert found["width"] == 1
    assert told(found) == reached(cluster)


def test_by_namespace_a_cell_counts_the_pairs_of_workloads() -> None:
    cluster = shop().cluster()
    found = valid(report(by_namespace(pairs_of(cluster))))
    counted = Counter((src.split("/")[0], dst.split("/")[0]) for src, dst in reached(cluster))
    at = cells(found)
    for row, source in enumerate(found["sources"]):
        for column, destination in enumerate(found["destinations"]):
            assert at[row, column] == counted[source, destination]
    workloads = Counter(name.split("/")[0] for name in {str(pod.workload) for pod in cluster.snapshot.pods})
    assert found["sizes"]["sources"] == [workloads[name] for name in found["sources"]]


def test_the_api_takes_namespaces_of_either_end(client: httpx.Client) -> None:
    asked = {"by": "workload", "src": ["shop", "payments"], "dst": "data"}
    found = valid(client.get("/api/v1/matrix", params=asked).json())
    assert {name.split("/")[0] for name in found["sources"]} == {"shop", "payments"}
    assert {name.split("/")[0] for name in found["destinations"]} == {"data"}
    cart = told(found)["shop/Deployment/cart", "data/StatefulSet/redis"]
    assert cart == ({"TCP": [[6379, 6379]]}, False)


def test_a_namespace_that_isnt_there_is_said(client: httpx.Client) -> None:
    answer = client.get("/api/v1/matrix", params={"by": "workload", "src": "nope"})
    assert answer.status_code == 400
    assert answer.json()["detail"] == "There is no workload in a namespace 'nope'."


def test_more_cells_than_a_page_can_take_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix_sheet, "MOST_CELLS", 3)
    with pytest.raises(QueryError, match="21 workloads by 21 are more than 3 cells: name namespaces"):
        by_workload(pairs_of(shop().cluster()), (), ())
