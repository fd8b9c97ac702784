"""What is noted of requests: a line of JSON for each, and numbers for Prometheus."""

from __future__ import annotations

import datetime as dt
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ringfence.model.finding import Severity
from ringfence.server.answers import Answers
from ringfence.server.change_answers import HistoryAwayError
from ringfence.server.flow_answers import FlowAnswers
from ringfence.server.guard import Seen

LOG: Final = logging.getLogger("ringfence.server")

_BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class JsonLines(logging.Formatter):
    """A record as one line of JSON: whatever a request says stays within its string."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        fields: dict[str, Any] = {
            "time": dt.datetime.fromtimestamp(record.created, tz=dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            fields["error"] = "".join(traceback.format_exception(record.exc_info[1]))
        return json.dumps(fields)


class Metrics:
    """Counts requests, and asks the cluster's state when Prometheus does."""

    def __init__(self, answers: Answers) -> None:
        self._registry = CollectorRegistry()
        self._seconds = Histogram(
            "ringfence_request_seconds",
            "Time to answer a request.",
            ("method", "route", "status"),
            registry=self._registry,
            buckets=_BUCKETS,
        )
        self._registry.register(_State(answers))

    def seen(self, request: Seen) -> None:
        """Notes a request."""
        method = request.method if request.method in ("GET", "HEAD", "POST") else "other"
        self._seconds.labels(method, request.route or "other", str(request.status)).observe(request.seconds)

    def text(self) -> bytes:
        """The numbers, as Prometheus reads them."""
        return generate_latest(self._registry)


class _State(Collector):
    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: what is registered isn't asked before Prometheus asks."""
        yield from ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The state of the cluster now."""
        studied = self._answers.study.newest()
        found = self._answers.less(studied.found.lint).findings
        family = GaugeMetricFamily("ringfence_findings", "Findings of the linter.", labels=["severity"])
        for severity in Severity:
            family.add_metric([str(severity)], sum(each.severity is severity for each in found))
        yield family
        summary = studied.found.summary
        isolated = GaugeMetricFamily("ringfence_isolated_pods", "Pods that a policy isolates.", labels=["direction"])
        isolated.add_metric(["ingress"], summary.isolated_ingress)
        isolated.add_metric(["egress"], summary.isolated_egress)
        yield isolated
        yield GaugeMetricFamily("ringfence_pods", "Pods that are known.", value=summary.pods)
        yield GaugeMetricFamily(
            "ringfence_snapshot_age_seconds", "Age of the state that is shown.", value=self._answers.source.age
        )
        with suppress(HistoryAwayError):  # what can't be known at the moment has no number, and all else has
            if self._answers.flows is not None:
                yield from _recorded(self._answers.flows)
        with suppress(HistoryAwayError):
            if self._answers.changes is not None:
                number = self._answers.changes.count()
                yield GaugeMetricFamily(
                    "ringfence_policy_revisions", "Changes of policies that are recorded.", value=number
                )


def _recorded(flows: FlowAnswers) -> Iterator[GaugeMetricFamily]:
    """What of the flows is denied. The last hour is that before now, so it is empty where no flows come in."""
    found, last = flows.denied_count(), flows.coverage().last
    denied = GaugeMetricFamily(
        "ringfence_denied_edges", "Ends, protocols and ports that policies denied.", labels=["window"]
    )
    denied.add_metric(["hour"], found.last_hour)
    denied.add_metric(["all"], found.all)
    yield denied
    if last is not None:
        yield GaugeMetricFamily("ringfence_flows_last_record_timestamp_seconds", "Time of the last flow.", value=last)


def log(request: Seen) -> None:
    """Writes a request's line. What was asked about isn't in it: only the path."""
    fields = {
        "method": request.method,
        "path": request.path,
        "status": request.status,
        "milliseconds": round(request.seconds * 1000, 1),
        "user": request.user,
    }
    level = logging.ERROR if request.error is not None else logging.INFO
    error = request.error
    info = None if error is None else (type(error), error, error.__traceback__)
    LOG.log(level, "request", extra={"fields": fields}, exc_info=info)


def noting(*sinks: Callable[[Seen], None]) -> Callable[[Seen], None]:
    """Tells each of them of a request."""

    def tell(request: Seen) -> None:
        for sink in sinks:
            sink(request)

    return tell
