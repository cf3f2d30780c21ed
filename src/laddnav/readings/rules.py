"""Readings of the mains of a place, as somebody gives them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from io import StringIO

from laddnav.kit import json
from laddnav.kit.energy import Energy, kwh
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.kit.time import EARLIEST, utc
from laddnav.readings.model import MainsReading

COLUMNS = ("location_id", "meter", "at", "kwh")
REGISTER_END = 10**12  # kWh: a slip, and sums of it would not be exact any more


class NoMainsExchange(Refusal):
    """A mains meter is exchanged where it was read, not ahead, and what both showed then is known."""

    def __init__(self, why: str) -> None:
        super().__init__(f"That is no exchange of a mains meter: {why}")
        self.why = why


class UnknownMainsExchange(Refusal):
    """No such exchange of a mains meter is known here."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"No exchange of a mains meter is known as {ref!r}")
        self.ref = ref


class UnreadableReadings(Refusal):
    """A table of readings has the columns location_id, meter, at and kwh, and a reading a line."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"Line {line}: {why}; the columns are {', '.join(COLUMNS)}")
        self.line = line


def register(kilowatt_hours: Decimal) -> Energy:
    """Raises ValueError where no meter shows that."""
    said = json.sane(kilowatt_hours)
    if said < 0:
        raise ValueError("a register is not less than nothing")
    if said >= REGISTER_END:
        raise ValueError("no meter shows so much")
    return kwh(said)


def mains_of(text: str, holder: PartyId) -> tuple[MainsReading, ...]:
    """Of a table with commas or semicolons; an instant without a zone is UTC. Raises UnreadableReadings."""
    return tuple(_mains_of(text, holder))


def _mains_of(text: str, holder: PartyId) -> Iterator[MainsReading]:
    first = text.partition("\n")[0]
    rows = csv.reader(StringIO(text.lstrip("\ufeff")), delimiter=";" if first.count(";") > first.count(",") else ",")
    columns = [cell.strip() for cell in next(rows, [])]
    if sorted(columns) != sorted(COLUMNS):
        raise UnreadableReadings(1, "these are other columns")
    for cells in filter(None, rows):
        said = dict(zip(columns, (cell.strip() for cell in cells), strict=False))
        try:
            at, value = utc(datetime.fromisoformat(said["at"])), register(Decimal(said["kwh"]))
        except (KeyError, ValueError, OverflowError, InvalidOperation) as error:
            raise UnreadableReadings(rows.line_num, "no instant, or no register") from error
        if at.year < EARLIEST:
            raise UnreadableReadings(rows.line_num, f"an instant before {EARLIEST}")
        if not said["location_id"]:
            raise UnreadableReadings(rows.line_num, "no Location")
        yield MainsReading(holder=holder, location_id=said["location_id"], meter=said["meter"], at=at, register=value)
