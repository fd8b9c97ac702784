"""Bytes in, :class:`~ringfence.model.objects.Snapshot` out.

Files, directories, standard input and archives; YAML with the place of every key, and JSON. What is wrong with an
input is a finding in the snapshot; :class:`InputError` is for what can't be read at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO

from ringfence.model.errors import InputError
from ringfence.model.objects import Snapshot
from ringfence.sources.limits import Limits

if TYPE_CHECKING:
    from ringfence.sources.twins import Twins

__all__ = ["InputError", "Limits", "load_snapshot"]

_DEFAULT_LIMITS = Limits()


def load_snapshot(
    paths: Sequence[str],
    *,
    stdin: BinaryIO | None = None,
    stdin_name: str = "<stdin>",
    limits: Limits = _DEFAULT_LIMITS,
    twins: Twins | None = None,
) -> Snapshot:
    """Read everything that ``paths`` name into one snapshot.

    A path is a file (YAML or JSON by what it holds, gzip or not), a tar archive, a directory (its ``.yaml``, ``.yml``,
    ``.json`` and ``.jsonl`` files, those of its directories, hidden ones left out), or ``-`` for ``stdin``, which is
    the process's own by default and shown as ``stdin_name``. ``live:CONTEXT`` is a running cluster, ``live:`` that of
    the current context. Where an object is given twice, the later path, file or document counts; ``apply:PATH`` means
    it so, and ``delete:namespace/Kind/name`` leaves an object out of what came before. Give the same ``twins``
    (:class:`ringfence.sources.twins.Twins`) to two readings that are compared.

    Raises:
        InputError: a named path can't be read, or nothing that it holds can be parsed; or no Kubernetes object was
            found in all of them.
    """
    from ringfence.sources.load import load  # the parsers take time to import, and `--help` needs none

    return load(paths, stdin, stdin_name, limits, twins=twins)
