"""DNS names that flow logs saw addresses being asked for, as records: by these, rules with names can be judged."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from ringfence.flows.edges import Coverage, Party, PartyKind
from ringfence.model.addresses import parse_address
from ringfence.model.name_patterns import canonical
from ringfence.model.names import NameRecord, Names

_SOURCE = "the flows"


def names_of(parties: Iterable[Party], coverage: Coverage, given: Names | None = None) -> Names:
    """The given records, and those of the parties outside the cluster that have an address and a name."""
    begin, end = (dt.datetime.fromtimestamp(moment or 0.0, tz=dt.UTC) for moment in (coverage.first, coverage.last))
    records = {(record.name, record.address): record for record in given.records} if given else {}
    for party in parties:
        if party.kind is not PartyKind.EXTERNAL or not party.address or not party.names:
            continue
        address = parse_address(party.address)
        for name in map(canonical, party.names):
            records.setdefault((name, address), NameRecord(name, address, begin, end))
    read = max(end, given.read) if given else end
    source = f"{given.source} and {_SOURCE}" if given and given.source else _SOURCE
    return Names(tuple(records.values()), source, read)
