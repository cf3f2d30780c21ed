"""CDRs by the thousand, one a line, read straight into columns: what no price depends on is not looked at.

A line that does not fit into columns, or cannot be read at all, is left to `read_charge`, which says why.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta, Raw, Struct

from laddnav.kit.json import Unreadable
from laddnav.ocpi.wire.charge import (
    MOST_DIMENSIONS,
    MOST_PERIODS,
    WirePlace,
    read_charge,
    tariffs_of,
    version_at_a_glance,
)
from laddnav.ocpi.wire.codec import UNREADABLE
from laddnav.pricing.bulk.columns import Columns, Place, all_of, dimensions, lengths, numbered
from laddnav.pricing.bulk.digits import Marks, Numbers, instants
from laddnav.pricing.model import Charge
from laddnav.tariffs.model import Tariff

# So many bytes of lines are read at a time: what becomes of them stays in the processor's cache.
PIECE = 1 << 20
_NO_TARIFFS, _NOTHING = Raw(b"[]"), Raw(b"null")


class _Dimension(Struct, gc=False):
    type: str
    volume: Raw


class _Period(Struct, gc=False):
    start_date_time: str
    dimensions: Annotated[list[_Dimension], Meta(max_length=MOST_DIMENSIONS)] = []
    tariff_id: str | None = None


class _Line(Struct, gc=False):
    """As WireCharge, but with numbers and instants as they are written: they are read all together."""

    start_date_time: str
    charging_periods: Annotated[list[_Period], Meta(max_length=MOST_PERIODS)]
    end_date_time: str = ""
    stop_date_time: str = ""
    tariffs: Raw = _NO_TARIFFS
    cdr_location: WirePlace | None = None
    location: WirePlace | None = None
    total_cost: Raw = _NOTHING


_UNREAD = _Line(start_date_time="", charging_periods=[])
_decode_line = msgspec.json.Decoder(_Line).decode
_decode_lines = msgspec.json.Decoder(list[_Line]).decode


class Batch(Struct, frozen=True):
    """Lines, and the same charges as columns."""

    lines: list[bytes]
    columns: Columns

    def charge(self, place: int) -> Charge:
        """One of them, read by itself. Raises Unreadable."""
        return read_charge(self.lines[place])


@contextmanager
def _uncollected() -> Iterator[None]:
    """What is read holds no cycles and is gone before the next piece comes; to look for them is a third of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@_uncollected()
def read_lines(body: bytes) -> Batch:
    """CDRs in the words of any version, each on a line of its own; empty lines are none."""
    lines = [line for line in body.split(b"\n") if line and not line.isspace()]
    read = _decoded(lines)
    periods = [period for line in read for period in line.charging_periods]
    written = [dimension for period in periods for dimension in period.dimensions]
    many = lengths(line.charging_periods for line in read)
    volumes, volumes_fit = dimensions(
        lengths(period.dimensions for period in periods),
        [dimension.type for dimension in written],
        [dimension.volume for dimension in written],
    )
    started_at, start_fits = instants([line.start_date_time for line in read])
    ended_at, end_fits = instants([line.stop_date_time or line.end_date_time for line in read])
    begins_at, begin_fits = instants([period.start_date_time for period in periods])
    promised, tariffs, tariffs_fit = _promised(read)
    sites, place = numbered(map(_place, read))
    ids, name = numbered(period.tariff_id or None for period in periods)
    columns = Columns(
        promised=promised,
        sites=sites,
        ids=ids,
        started_at=started_at,
        ended_at=ended_at,
        tariffs=tariffs,
        place=place,
        many=many,
        fits=start_fits & end_fits & tariffs_fit & all_of(volumes_fit & begin_fits, many),
        begins_at=begins_at,
        name=name,
        volumes=volumes,
    )
    return Batch(lines, columns)


def _decoded(lines: list[bytes]) -> list[_Line]:
    """One for each line; where a line cannot be read, one that fits nowhere."""
    try:
        read = _decode_lines(b"[" + b",".join(lines) + b"]")
    except UNREADABLE:
        return [_decoded_or_not(line) for line in lines]
    # A line may be no JSON by itself and yet part of a list.
    return read if len(read) == len(lines) else [_decoded_or_not(line) for line in lines]


def _decoded_or_not(line: bytes) -> _Line:
    try:
        return _decode_line(line)
    except UNREADABLE:
        return _UNREAD


def _promised(read: list[_Line]) -> tuple[tuple[tuple[Tariff, ...], ...], Numbers, Marks]:
    """The tariffs of each line, and which lines have some that can be read; the same bytes are the same tariffs."""
    words, tariffs = numbered(map(_tariffs_in_words, read))
    promised, readable = [], []
    for raw, glimpse in words:
        try:
            promised.append(tariffs_of(raw, version_at_a_glance(raw + glimpse)))
            readable.append(True)
        except (*UNREADABLE, Unreadable):
            promised.append(())
            readable.append(False)
    return tuple(promised), tariffs, np.array(readable, np.bool_)[tariffs]


def _tariffs_in_words(line: _Line) -> tuple[bytes, bytes]:
    """The tariffs, and what else of the line tells in which version's words they are."""
    if line.stop_date_time:
        return bytes(line.tariffs), b'"stop_date_time"'
    return bytes(line.tariffs), b'"before_taxes"' if b'"before_taxes"' in bytes(line.total_cost) else b""


def _place(line: _Line) -> Place:
    place = line.location if line.stop_date_time else line.cdr_location
    return Place(None, None) if place is None else Place(place.time_zone, place.country)
