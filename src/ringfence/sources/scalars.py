"""What a plain YAML scalar means to kubectl.

kubectl reads YAML through sigs.k8s.io/yaml: its fork of go-yaml v2 resolves a scalar by YAML 1.1's words and Go's
number syntax, then the document becomes JSON. So ``yes`` and ``on`` are booleans, ``0755`` is 493, ``1_000`` is
1000, ``12:30:45`` and dates are strings, and ``1e3`` and ``1.0`` come out as the integers 1000 and 1, because JSON
text makes no difference. Source: goyaml.v2/resolve.go and yaml.go of sigs.k8s.io/yaml; checked against kubectl 1.32.

One word is read as its author means it and not as kubectl does: a plain ``y`` or ``n`` is a string. kubectl takes it
for a boolean and then refuses it, because no boolean of the API is written so; labels and namespaces are, and most
YAML writers leave the quotes out.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from typing import Final

Scalar = str | int | float | bool | None

_WORDS: Final[dict[str, Scalar]] = {
    **dict.fromkeys(("yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}

HINTS: Final = frozenset("+-0123456789.yYnNtTfFoO~") | {""}
"""The first characters (the empty text among them) of every plain scalar that may not be a string."""

_INTEGER = re.compile(r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_FRACTION = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+)?", re.ASCII)
_TAG = "tag:yaml.org,2002:"


def resolve(text: str) -> Scalar:
    """The value of a plain scalar, before it becomes JSON: floats are kept, infinities and NaN too."""
    first = text[:1]
    if first not in HINTS:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if first in "+-0123456789":
        plain = text.replace("_", "")
        number = _integer(plain)
        if number is not None:
            return number
        return _float(plain, text)
    if first == "." and _FRACTION.fullmatch(text):
        return _float(text.replace("_", ""), text)
    return text


def _integer(plain: str) -> int | None:
    match = _INTEGER.fullmatch(plain)
    if match is None:
        return None
    sign, sixteen, two, eight, ten = match.groups()
    digits, base = (sixteen, 16) if sixteen else (two, 2) if two else (eight, 8) if eight else (ten, 10)
    if len(digits) > 70:  # far beyond 64 bits: keeps the conversion cheap
        return None
    value = -int(digits, base) if sign == "-" else int(digits, base)
    return value if -(1 << 63) <= value < 1 << 64 else None


def _float(plain: str, text: str) -> float | str:
    if _FLOAT.fullmatch(plain) is None:
        return text
    value = float(plain)
    return text if math.isinf(value) else value


def resolve_tagged(tag: str, text: str) -> Scalar:
    """The value of a scalar with an explicit tag, quoted or not.

    Raises:
        ValueError: the text is not of the tag's type, as kubectl refuses it.
    """
    name = tag.removeprefix(_TAG) if tag.startswith(_TAG) else ""
    if name == "binary":
        try:
            return base64.b64decode(re.sub(r"[\r\n]", "", text), validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            raise ValueError("a !!binary value is not valid base64") from None
    if name not in ("bool", "int", "float", "null"):
        return text
    value = resolve(text)
    if name == "float" and type(value) is int:
        return float(value)
    if {"bool": bool, "int": int, "float": float, "null": type(None)}[name] is not type(value):
        raise ValueError(f"`{text[:80]}` is not of the type that its tag !!{name} says")
    return value


def to_json(value: Scalar) -> Scalar:
    """The value as it comes out of the conversion to JSON.

    A float without fraction, or an integer beyond 64 bits, is what its JSON digits are read as.

    Raises:
        ValueError: infinities and NaN, which JSON does not have.
    """
    if type(value) is float:
        if not math.isfinite(value):
            raise ValueError("infinity and NaN can't be written in JSON")
        return int(value) if value.is_integer() and -(2.0**63) <= value < 2.0**63 else value
    if type(value) is int and value >= 1 << 63:
        return float(value)
    return value


def to_key(value: Scalar) -> str:
    """The mapping key that a scalar becomes in JSON: ``1`` is ``"1"``, ``yes`` is ``"true"``.

    Raises:
        ValueError: null, or an integer beyond 64 bits, which the conversion refuses.
    """
    if type(value) is str:
        return value
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is int and value < 1 << 63:
        return str(value)
    if type(value) is float:
        return _float_key(value)
    raise ValueError("a mapping key can't be null" if value is None else f"{value} is too large for a mapping key")


def _float_key(value: float) -> str:
    """Go's shortest spelling of a 32-bit float: the conversion narrows float keys."""
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    try:
        narrow = struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return ".inf" if value > 0 else "-.inf"
    shortest = next(
        (digits for digits in (f"{narrow:.{n}e}" for n in range(9)) if _narrowed(float(digits)) == narrow),
        f"{narrow:.9e}",
    )
    mantissa, _, exponent = shortest.partition("e")
    power = int(exponent)
    if power < -4 or power >= 6:
        return f"{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"
    decimals = max(len(mantissa.lstrip("-").replace(".", "")) - 1 - power, 0)
    return f"{float(shortest):.{decimals}f}"


def _narrowed(value: float) -> float:
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return math.inf
