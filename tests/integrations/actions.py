"""Runs the scripts of ``action.yml`` as a runner does: in bash, with the inputs in the environment."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.integrations.repositories import ROOT, environment

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]

_EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
_EQUALS = re.compile(r"([\w.-]+) == '([^']*)'")


@dataclass
class Runner:
    """One run of the action. ``event`` holds what ``github.…`` expressions say, by their dotted names."""

    workspace: Path
    temporary: Path
    event: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    path: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    log: str = ""

    def run(self, *names: str) -> int:
        """Runs the steps of these names, or all; the exit status of the first that fails."""
        for name in ("GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"):
            (self.temporary / name).touch()
        for step in STEPS:
            if (not names or step["name"] in names) and self._wanted(step.get("if", "")):
                status = self._step(step)
                if status:
                    return status
        return 0

    def file(self, name: str) -> str:
        """What the steps wrote into a file of the runner, such as ``GITHUB_STEP_SUMMARY``."""
        return (self.temporary / name).read_text(encoding="utf-8")

    def value(self, name: str) -> str:
        """What an expression says; empty where it says nothing, as on a push."""
        if name.startswith("inputs."):
            name = name.removeprefix("inputs.")
            given: str = self.inputs.get(name, ACTION["inputs"][name]["default"])
            return _EXPRESSION.sub(lambda match: self.value(match[1]), given)
        if name.startswith("steps.check.outputs."):
            return self.outputs.get(name.removeprefix("steps.check.outputs."), "")
        assert name.startswith("github."), name
        return self.event.get(name, "")

    def _wanted(self, condition: str) -> bool:
        for part in condition.split(" && ") if condition else ():
            equals = _EQUALS.fullmatch(part)
            if not (self.value(equals[1]) == equals[2] if equals else self.value(part)):
                return False
        return True

    def _step(self, step: Mapping[str, Any]) -> int:
        given = {
            name: _EXPRESSION.sub(lambda match: self.value(match[1]), value)
            for name, value in step.get("env", {}).items()
        }
        env = environment(
            RUNNER_TEMP=str(self.temporary),
            GITHUB_ACTION_PATH=str(ROOT),
            GITHUB_REPOSITORY="example/shop",
            **{name: str(self.temporary / name) for name in ("GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")},
            **given,
        )
        added = [self.path, *reversed(self.file("GITHUB_PATH").splitlines())]
        env["PATH"] = ":".join(each for each in (*added, env["PATH"]) if each)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.workspace, env=env, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        self.log += done.stdout + done.stderr
        if step.get("id") == "check":
            self.outputs = dict(line.split("=", 1) for line in self.file("GITHUB_OUTPUT").splitlines())
        return done.returncode
