"""A check as a Code Quality report, which GitLab shows in merge requests beside the lines.

Source: "Code Quality report format" in GitLab's documentation. It knows no suppressions and compares the reports of
both branches itself, so what is suppressed is left out, and what is not new stays in.
"""

from __future__ import annotations

import json
from typing import Final
from urllib.parse import unquote

from ringfence.check.report import CheckReport
from ringfence.render import sarif
from ringfence.render.json_values import Json

_SEVERITIES: Final = {"error": "critical", "warning": "major", "note": "info"}


def render(report: CheckReport) -> str:
    """The report: a list of issues, indented, each with the fingerprint that SARIF has for it."""
    log = json.loads(sarif.render(report))
    issues = [_issue(result) for result in log["runs"][0]["results"] if not result.get("suppressions")]
    return json.dumps(issues, indent=2, ensure_ascii=False) + "\n"


def _issue(result: Json) -> Json:
    place = result["locations"][0]["physicalLocation"]
    return {
        "description": result["message"]["text"],
        "check_name": result["ruleId"],
        "fingerprint": result["partialFingerprints"][sarif.FINGERPRINT],
        "severity": _SEVERITIES[result["level"]],
        "location": {
            "path": unquote(place["artifactLocation"]["uri"]),
            "lines": {"begin": place.get("region", {}).get("startLine", 1)},
        },
    }
