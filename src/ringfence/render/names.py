"""What ``dns record`` found: a line a name, or a NameRecordReport document."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ringfence.model.addresses import format_address
from ringfence.names.recording import Recorded, Recording
from ringfence.render import json_values
from ringfence.render.json_values import Json
from ringfence.render.lines import bad, careful, count


def text(recording: Recording) -> Iterator[str]:
    """A line for each name, then what the file has."""
    for each in recording.names:
        yield f"{each.name}: {_found(each)}"
    names = len({record.name for record in recording.total})
    yield f"{recording.file} has {_addresses(len(recording.total))} of {count(names, 'name')}."


def _found(each: Recorded) -> str:
    problems = "; ".join(each.problems)
    if not each.records:
        return bad(f"no address: {problems}")
    news = f", {len(each.new)} of them new" if each.new else ""
    once = f" ({careful('at times')} {problems})" if problems else ""
    return f"{_addresses(len(each.records))}{news}{once}"


def _addresses(number: int) -> str:
    return f"{number:,} address{'es' if number != 1 else ''}"


def render_json(recording: Recording) -> str:
    """The document, indented."""
    fields: Json = {
        "file": recording.file,
        "rounds": recording.rounds,
        "names": [_name(each) for each in recording.names],
        "records": len(recording.total),
    }
    return json.dumps(json_values.document("NameRecordReport", **fields), indent=2, ensure_ascii=False) + "\n"


def _name(each: Recorded) -> Json:
    return {
        "name": each.name,
        "addresses": [
            {
                "address": format_address(record.address),
                "new": record.address in each.new,
                "ttl": record.ttl,
                "chain": list(record.chain),
            }
            for record in each.records
        ],
        "problems": list(each.problems),
    }
