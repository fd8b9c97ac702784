"""Errors that reach a user, one tree::

    RingfenceError            anything below; its text is one clear sentence
    ├── InputError            an input that was named can't be read at all
    ├── EndpointError         a source or destination that the input doesn't have
    └── QueryError            a question that can't be asked so: a bad port, protocol, column or filter

A policy or object that is wrong is never an exception: it is a :class:`~ringfence.model.finding.Finding`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringfence.model.finding import Finding


class RingfenceError(Exception):
    """The base of every error that Ringfence raises on purpose. Its message is written for the user."""


class InputError(RingfenceError):
    """A path that was named can't be read at all, or nothing was found in all of them.

    ``findings`` are the problems behind the message, which may be several.
    """

    def __init__(self, message: str, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(message)
        self.findings = findings


class EndpointError(RingfenceError):
    """A text names no endpoint of the snapshot; the message says what comes nearest."""


class QueryError(RingfenceError):
    """A question is not well formed: its port, protocol, columns or filters."""
