"""A cluster ready for questions, without the loader."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ringfence.dialects import read_policies
from ringfence.engine import Engine
from ringfence.explain.endpoints import Endpoints
from ringfence.explain.judge import Judgement, judge
from ringfence.explain.query import split_destination
from ringfence.explain.why import WhyAnswer, why
from ringfence.model.objects import Snapshot


@dataclass(frozen=True)
class World:
    """A snapshot and what answers about it."""

    snapshot: Snapshot

    @cached_property
    def endpoints(self) -> Endpoints:
        return Endpoints(self.snapshot)

    @cached_property
    def engine(self) -> Engine:
        policies, findings = read_policies(self.snapshot)
        assert not findings
        return Engine.build(self.snapshot, policies)

    def ask(self, source: str, destination: str) -> Judgement:
        """Judges ``destination``, which has a port: ``shop/web:80``."""
        text, port = split_destination(destination)
        assert port is not None
        ends = self.endpoints.source(source), self.endpoints.destination(text)
        return judge(self.engine, self.endpoints, *ends, *port)

    def why(self, source: str, destination: str) -> WhyAnswer:
        """The answer of ``why``; the port may be left out."""
        text, port = split_destination(destination)
        return why(self.engine, self.endpoints, source, text, port)
