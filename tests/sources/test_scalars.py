"""Expected values were printed by kubectl 1.32 (``kubectl annotate --local -o json``), see ``test_kubectl_agrees``."""

from __future__ import annotations

import math

import pytest

from ringfence.sources.scalars import resolve, resolve_tagged, to_json, to_key

STRINGS = [
    "yEs", "tRue", "nUll", "12:30:45", "1:30", "2001-01-01", "2001-01-01T00:00:00Z", "+", ".", "..", "0x", "_1",
    "0o8", "0o", "1e400", "<<x", "=", "1,000", "0x1.8p1", "Infinity", "inf", "nan", "+.nan", "0b2", "1e", "1e+",
    "0xFFFFFFFFFFFFFFFFF", "1.2.3", "._5", ".e3", "é", "hello", "node", "٣",
]  # fmt: skip

VALUES: list[tuple[str, object]] = [
    *((text, True) for text in ("yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE")),
    *((text, False) for text in ("no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE")),
    *((text, None) for text in ("", "~", "null", "Null", "NULL")),
    ("0", 0),
    ("-0", 0),
    ("+1", 1),
    ("0755", 493),
    ("-0755", -493),
    ("+0755", 493),
    ("007", 7),
    ("00", 0),
    ("08", 8),
    ("09", 9),
    ("0_8", 8),
    ("0o14", 12),
    ("0x1F", 31),
    ("0X1F", 31),
    ("-0x1f", -31),
    ("0b101", 5),
    ("-0b1", -1),
    ("0_x1F", 31),
    ("+_1", 1),
    ("1_000", 1000),
    ("1__0", 10),
    ("1_", 1),
    ("1e3", 1000),
    ("1E3", 1000),
    ("1_e_3", 1000),
    ("12_3e4", 1230000),
    ("1.", 1),
    ("1.0", 1),
    ("1.5e+3", 1500),
    ("1.e3", 1000),
    (".5e3", 500),
    ("0e0", 0),
    ("-0.0", 0),
    ("1e-400", 0),
    (".5", 0.5),
    ("-.5", -0.5),
    (".5_0", 0.5),
    ("5_.5_0", 5.5),
    ("1_0.5", 10.5),
    ("0.1", 0.1),
    ("9223372036854775807", 9223372036854775807),
    ("-9223372036854775808", -9223372036854775808),
    ("9223372036854775808", 9223372036854775808.0),
    ("18446744073709551616", 18446744073709551616.0),
    ("0777777777777777777777777", 7.777777777777778e23),
    ("1e21", 1e21),
]


@pytest.mark.parametrize("text", STRINGS)
def test_a_plain_scalar_that_looks_like_something_else_is_a_string(text: str) -> None:
    assert to_json(resolve(text)) == text


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_a_plain_scalar_has_the_value_that_kubectl_gives_it(text: str, value: object) -> None:
    found = to_json(resolve(text))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", ["y", "Y", "n", "N"])
def test_a_single_letter_is_a_string_although_kubectl_reads_a_boolean_and_refuses_it(text: str) -> None:
    assert to_json(resolve(text)) == text
    assert to_key(resolve(text)) == text


@pytest.mark.parametrize("text", [".inf", "-.inf", "+.inf", ".Inf", ".nan", ".NAN"])
def test_infinity_and_nan_are_refused_because_json_has_none(text: str) -> None:
    assert not math.isfinite(resolve(text))  # type: ignore[arg-type]  # they are floats
    with pytest.raises(ValueError, match="JSON"):
        to_json(resolve(text))


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        ("str", "1", "1"),
        ("str", "yes", "yes"),
        ("str", "", ""),
        ("int", "5", 5),
        ("int", "0755", 493),
        ("float", "3", 3),
        ("float", "1.5", 1.5),
        ("float", "0x10", 16),
        ("bool", "yes", True),
        ("null", "", None),
        ("null", "~", None),
        ("binary", "aGVsbG8=", "hello"),
        ("binary", "aG\nk=", "hi"),
        ("binary", "//8=", "\ufffd\ufffd"),
        ("timestamp", "2001-01-01", "2001-01-01"),
        ("foo", "1", "1"),
    ],
)
def test_an_explicit_tag_decides_the_type(tag: str, text: str, value: object) -> None:
    found = to_json(resolve_tagged(f"tag:yaml.org,2002:{tag}", text))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("tag", "text"),
    [("int", "x"), ("int", "1.5"), ("int", "1e3"), ("int", " 5"), ("float", "x"), ("bool", "x"), ("null", "x"),
     ("binary", "a"), ("binary", "aGk"), ("binary", " aGk= ")],
)  # fmt: skip
def test_a_value_that_its_tag_does_not_fit_is_refused(tag: str, text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any message
        resolve_tagged(f"tag:yaml.org,2002:{tag}", text)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("a", "a"), ("1", "1"), ("0x10", "16"), ("yes", "true"), ("off", "false"), ("1.5", "1.5"), ("1e3", "1000"),
        ("1.0", "1"), ("1e21", "1e+21"), ("0.1", "0.1"), ("1e-7", "1e-07"), ("123456789.0", "1.2345679e+08"),
        ("-0.0", "-0"), (".inf", ".inf"), (".nan", ".nan"), ("1e6", "1e+06"), ("100000.0", "100000"), ("1e40", ".inf"),
        ("3.4e38", "3.4e+38"), ("0.0001", "0.0001"), ("0.00001", "1e-05"), ("16777217.0", "1.6777216e+07"),
        ("1234567.0", "1.234567e+06"), ("123456.7", "123456.7"), ("2001-01-01", "2001-01-01"),
        ("9223372036854775807", "9223372036854775807"),
    ],
)  # fmt: skip
def test_a_key_that_is_no_string_becomes_the_one_of_the_json_conversion(text: str, key: str) -> None:
    assert to_key(resolve(text)) == key


@pytest.mark.parametrize("text", ["~", "", "18446744073709551615"])
def test_null_and_huge_integers_can_not_be_keys(text: str) -> None:
    with pytest.raises(ValueError, match="key"):
        to_key(resolve(text))
