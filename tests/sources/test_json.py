from __future__ import annotations

import json
from typing import Any

import pytest

from ringfence.model.errors import InputError
from ringfence.sources import load_snapshot
from tests.sources.loading import codes, load_text, of_code, pods


def pod(name: str, **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, **metadata}, "spec": {"containers": []}}


def bare(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {}}


def event(verb: str, body: dict[str, Any]) -> str:
    return json.dumps({"type": verb, "object": body}) + "\n"


def test_items_of_a_typed_list_have_its_kind() -> None:
    text = json.dumps({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": [bare("a"), bare("b")]})
    assert set(pods(load_text(text))) == {"default/a", "default/b"}
    assert set(pods(load_text("# YAML\n" + text))) == {"default/a", "default/b"}


def test_a_list_of_mixed_kinds_in_any_order_of_keys() -> None:
    namespace = {"metadata": {"name": "n"}, "kind": "Namespace", "apiVersion": "v1"}
    swapped = {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "b"}}
    inner = {"kind": "List", "apiVersion": "v1", "items": [pod("c")]}
    text = json.dumps({"items": [pod("a"), namespace, swapped, inner], "kind": "List", "apiVersion": "v1"})
    snapshot = load_text(text)
    assert set(pods(snapshot)) == {"default/a", "default/b", "default/c"}
    assert snapshot.namespaces["n"].given
    assert codes(snapshot) == []


@pytest.mark.parametrize("items", ["[]", "null"])
def test_an_empty_list_is_no_object(items: str) -> None:
    with pytest.raises(InputError, match="No Kubernetes object"):
        load_text(f'{{"kind":"PodList","apiVersion":"v1","items":{items}}}')


@pytest.mark.parametrize("metadata", [{"continue": "token"}, {"continue": "token", "remainingItemCount": 12}])
@pytest.mark.parametrize("comment", ["", "# YAML\n"])
def test_a_list_that_is_one_page_is_a_finding(metadata: dict[str, Any], comment: str) -> None:
    text = json.dumps({"kind": "PodList", "apiVersion": "v1", "metadata": metadata, "items": [bare("a")]})
    (finding,) = of_code(load_text(comment + text), "RF014")
    assert ("12 more" in finding.what) == ("remainingItemCount" in metadata)


def test_json_lines_are_documents_and_a_broken_line_costs_no_other() -> None:
    lines = [json.dumps(pod("a")), '{"broken": ', json.dumps(pod("b")), "", json.dumps(pod("c"))]
    snapshot = load_text("\n".join(lines))
    assert set(pods(snapshot)) == {"default/a", "default/b", "default/c"}
    (finding,) = of_code(snapshot, "RF002")
    # Line 2 opens an object that line 3 goes on with; the text stops being JSON where line 5 opens another.
    assert finding.origin.position.line == 5
    assert "begins on line 2" in finding.what
    assert pods(snapshot)["default/c"].origin.position.line == 5


def test_json_documents_after_one_another_are_read() -> None:
    text = json.dumps(pod("a"), indent=2) + json.dumps(pod("b"), indent=2) + "\n" + json.dumps(pod("c"), indent=2)
    assert len(load_text(text).pods) == 3


def test_a_watch_is_followed_to_its_end() -> None:
    text = (
        event("ADDED", pod("a", labels={"v": "1"}))
        + event("ADDED", pod("b"))
        + event("MODIFIED", pod("a", labels={"v": "2"}))
        + event("BOOKMARK", {"kind": "Pod", "apiVersion": "v1", "metadata": {"resourceVersion": "7"}})
        + event("DELETED", pod("b"))
        + event("DELETED", pod("never-seen"))
    )
    for comment in ("", "# YAML\n"):
        snapshot = load_text(comment + (text.replace("\n", "\n---\n") if comment else text))
        assert set(pods(snapshot)) == {"default/a"}
        assert pods(snapshot)["default/a"].labels == {"v": "2"}
        assert codes(snapshot) == []


def test_a_watch_that_ended_with_an_error_is_a_finding() -> None:
    status = {"kind": "Status", "apiVersion": "v1", "message": "too old resource version"}
    (finding,) = of_code(load_text(event("ADDED", pod("a")) + event("ERROR", status)), "RF005")
    assert "too old resource version" in finding.what
    assert finding.origin.position.line == 2


def test_json_that_is_no_kubernetes_object_is_one_finding() -> None:
    for text in ('{"name": "app", "version": "1.0.0"}', "[1, 2, 3]", '"text"', "[{}, {}]"):
        snapshot = load_text(json.dumps(pod("a")) + "\n" + text if text[0] != '"' else json.dumps(pod("a")) + text)
        assert len(of_code(snapshot, "RF005")) == 1
        assert len(snapshot.pods) == 1


def test_a_log_of_json_lines_is_one_finding(tmp_path: Any) -> None:
    (tmp_path / "pod.json").write_text(json.dumps(pod("a")))
    (tmp_path / "log.jsonl").write_text('{"level": "info"}\n' * 500)
    (finding,) = of_code(load_snapshot([str(tmp_path)]), "RF005")
    assert "499 more" in finding.what


@pytest.mark.parametrize(("text", "place"), [('{"a": 1,\n "b" 2}', "2:6"), ('{"a": [1, 2', "1:12")])
def test_the_place_where_json_is_broken(tmp_path: Any, text: str, place: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(InputError, match=rf"x\.json:{place}: This document can't be read"):
        load_snapshot([str(tmp_path / "x.json")])


def test_a_byte_order_mark_is_tolerated() -> None:
    assert len(load_text(b"\xef\xbb\xbf" + json.dumps(pod("a")).encode()).pods) == 1


def test_text_that_is_not_utf8_in_one_item_costs_no_other() -> None:
    text = json.dumps({"kind": "List", "apiVersion": "v1", "items": [pod("a"), pod("NAME"), pod("c")]})
    snapshot = load_text(text.encode().replace(b"NAME", b"\xff\xff"))
    assert set(pods(snapshot)) == {"default/a", "default/c"}
    assert len(of_code(snapshot, "RF002")) == 1


def test_text_that_is_not_utf8_where_it_plays_no_part_stops_nothing() -> None:
    text = json.dumps(pod("a", annotations={"x": "NAME"}) | {"spec": {"containers": [{"ports": [{}]}]}})
    snapshot = load_text(text.encode().replace(b"NAME", b"\xff"))
    assert set(pods(snapshot)) == {"default/a"}
    assert len(of_code(snapshot, "RF006")) == 1
