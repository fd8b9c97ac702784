from __future__ import annotations

import pytest

from ringfence.model.errors import InputError
from tests.sources.loading import codes, load_text, of_code, pod, pods

GOOD = pod("good")
OTHER = pod("other")


@pytest.mark.parametrize(
    "broken",
    [
        "a: [1, 2",
        "a: b: c",
        "a: 'open",
        "\tx: 1",
        "a: *unknown",
        "? {a: b}\n: c",
        "a: .inf",
        "a: \x07",
        "- a\nb: c",
        "&a [*a]",
        "a: !!int x",
        "{{ .Values.x }}: 1",
    ],
)
def test_a_broken_document_costs_no_other(broken: str) -> None:
    snapshot = load_text(f"{GOOD}{broken}\n---\n{OTHER}")
    assert set(pods(snapshot)) == {"default/good", "default/other"}
    (finding,) = of_code(snapshot, "RF002")
    assert finding.origin.position.file == "<stdin>"
    assert finding.origin.position.line >= 7


def test_text_that_is_not_utf8_costs_only_its_document() -> None:
    snapshot = load_text(GOOD.encode() + b"a: \xff\xfe\n---\n" + OTHER.encode())
    assert set(pods(snapshot)) == {"default/good", "default/other"}
    (finding,) = of_code(snapshot, "RF002")
    assert (finding.origin.position.line, finding.origin.position.column) == (7, 4)


def test_the_place_of_a_problem_is_exact() -> None:
    (finding,) = of_code(load_text(GOOD + "a: 1\nb:\n  c: *none\n"), "RF002")
    assert str(finding.origin.position) == "<stdin>:9:6"
    assert "*none has no anchor" in finding.what


def test_a_helm_template_is_told_to_be_rendered_first() -> None:
    template = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}-web\n"
    (finding,) = of_code(load_text(GOOD + template), "RF002")
    assert "helm template" in finding.hint


def test_a_helm_template_that_begins_with_a_directive_is_told_to_be_rendered_first() -> None:
    with pytest.raises(InputError, match="helm template"):
        load_text("{{- if .Values.enabled }}\napiVersion: v1\n{{- end }}\n")


@pytest.mark.parametrize(
    "between", ["---", "--- # comment", "---\r", "...\n---", "---\n---\n# nothing\n---", "---\nnull\n---"]
)
def test_documents_are_separated_and_empty_ones_are_nothing(between: str) -> None:
    snapshot = load_text(GOOD.removesuffix("---\n") + between + "\n" + OTHER)
    assert len(snapshot.pods) == 2
    assert codes(snapshot) == []


def test_a_document_may_begin_after_an_end_marker() -> None:
    assert len(load_text(GOOD.removesuffix("---\n") + "...\n" + OTHER).pods) == 2


def test_text_after_the_end_of_a_document_is_not_dropped_in_silence() -> None:
    snapshot = load_text("{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {}} and more\n---\n" + OTHER)
    assert set(pods(snapshot)) == {"default/x", "default/other"}
    assert len(of_code(snapshot, "RF002")) == 1


def test_many_documents_in_one_file_that_end_with_a_marker_cost_no_stack() -> None:
    one = GOOD.removesuffix("---\n") + "...\n"
    snapshot = load_text("".join(one.replace("good", f"p{number}") for number in range(3000)))
    assert len(snapshot.pods) == 3000


def test_a_directive_belongs_to_the_document_after_it_even_when_another_is_broken() -> None:
    snapshot = load_text("%YAML 1.1\n---\n" + GOOD + "a: [\n---\n" + OTHER)
    assert len(snapshot.pods) == 2


def test_separator_lines_inside_a_block_of_text_do_not_cut_it() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  a: |\n    ---\n    b: [\n---\n" + GOOD
    snapshot = load_text(text)
    assert snapshot.skipped == {"ConfigMap": 1}
    assert codes(snapshot) == []


def test_a_key_given_twice_counts_with_its_last_value_and_both_places_are_named() -> None:
    snapshot = load_text("apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  name: b\nspec: {}\n")
    assert set(pods(snapshot)) == {"default/b"}
    (finding,) = of_code(snapshot, "RF007")
    assert str(finding.origin.position) == "<stdin>:5:3"
    assert "<stdin>:4:3" in finding.what


def test_thousands_of_repeated_keys_are_reported_a_few_times() -> None:
    text = GOOD + "kind: Pod\napiVersion: v1\nmetadata: {name: x}\nspec: {}\nx:\n" + "  a: 1\n" * 20_000
    assert 1 <= len(of_code(load_text(text), "RF007")) <= 50


def test_flow_yaml_that_is_no_json_is_read_as_yaml() -> None:
    assert set(pods(load_text("{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {}}"))) == {"default/x"}


@pytest.mark.parametrize("text", ["just words", "42", "- a\n- b\n", "a: 1\n", "kind: Pod\n", "apiVersion: v1\n"])
def test_what_is_no_object_of_the_api_is_said_with_its_place(text: str) -> None:
    snapshot = load_text(GOOD + text)
    assert len(snapshot.pods) == 1
    (finding,) = of_code(snapshot, "RF005")
    assert finding.origin.position.line == 7


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "just words", "[]", "{}", "a: 1"])
def test_an_input_without_any_object_is_an_error(text: str) -> None:
    with pytest.raises(InputError, match="No Kubernetes object was found in <stdin>"):
        load_text(text)


def test_an_error_answer_of_the_api_server_is_repeated() -> None:
    status = "apiVersion: v1\nkind: Status\nmessage: pods is forbidden\n---\n"
    (finding,) = of_code(load_text(status + GOOD), "RF005")
    assert "pods is forbidden" in finding.what


def test_a_utf16_text_is_named_as_such() -> None:
    with pytest.raises(InputError, match="UTF-16"):
        load_text(GOOD.encode("utf-16"))


def test_binary_data_is_not_text() -> None:
    with pytest.raises(InputError, match="not text"):
        load_text(b"\x7fELF\x02\x01\x01\0\0\0")
