"""Every format that a simulation can write, by its name."""

from __future__ import annotations

from functools import partial

from ringfence.simulate.writers.hubble import Hubble
from ringfence.simulate.writers.writer import LogFormat

FORMATS: dict[str, LogFormat] = {
    one.name: one
    for one in (
        LogFormat("hubble", "Hubble export (jsonpb)", "{node}/hubble.log", Hubble),
        LogFormat("hubble-legacy", "Hubble JSON without envelope", "{node}/hubble.json", partial(Hubble, legacy=True)),
    )
}
