"""A store that a command adds to, and that is not left behind where nothing came into it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringfence.flows.store import Store


@contextmanager
def opened(path: str, engine: str) -> Iterator[Store]:
    """Opens a store to add to, and makes it if it isn't there.

    Where the command fails before anything is stored, what was made is taken away: an empty store would answer later
    questions as if nobody had connected.

    Raises:
        InputError: as :func:`ringfence.flows.store.open_store` does.
    """
    from ringfence.flows import store

    made, empty = not Path(path).exists(), False
    try:
        with store.opened(path, engine=engine, write=True) as flows:
            try:
                yield flows
            except BaseException:
                empty = made and not flows.inputs() and not flows.status().states
                raise
    finally:
        if empty:
            _remove(Path(path))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
        return
    for each in (path, path.with_name(f"{path.name}.wal")):
        each.unlink(missing_ok=True)
