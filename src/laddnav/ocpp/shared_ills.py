"""Which ills are one: what many of a place have had since about the same time, as after a power cut."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from laddnav.kit.ids import PartyId, fold
from laddnav.ocpp.ills import Attention, Cure, Ill, Rank, everyday, proposed, rank

FEWEST = 3  # two Evses are often one Station, which has its own page
# Stations notice a dead line one after the other, and so do we that they are gone: within three lost pings.
NEAR = timedelta(minutes=5)
# A plug is let go for a driver who stands there, never for all.
FOR_ALL = frozenset({Cure.RESET, Cure.CLOSE, Cure.BEAT, Cure.SEE})

Crowd = tuple[Attention, ...]


class SharedIll(Struct, frozen=True, kw_only=True):
    """What `all` have at one Location, the first of them `since`, the last `until`.

    `drivers` charged at any of them in the last week, each counted once, for `money` before taxes. `cure` None: there
    is none that may be asked of all at once. `last_id` is the newest of what their Stations noticed.
    """

    holder: PartyId
    location_id: str
    ill: Ill
    all: Crowd
    since: datetime
    until: datetime
    cure: Cure | None
    last_id: int | None
    drivers: int
    money: Decimal
    currency: str | None

    @property
    def of_evses(self) -> bool:
        """Else of whole Stations."""
        return self.all[0].evse_no is not None


Row = SharedIll | Attention


def crowds(found: Iterable[Attention]) -> list[Crowd]:
    """Those that share an ill, three or more of a Location, each within five minutes of the one before it."""
    places: dict[tuple[object, ...], list[Attention]] = defaultdict(list)
    for one in found:
        if one.location_id is not None and one.station_id is not None:
            places[_place(one), one.ill, everyday(one)].append(one)
    return [crowd for ones in places.values() for crowd in _near(ones) if len(crowd) >= FEWEST]


def rows(found: Iterable[Attention], counted: Iterable[tuple[Crowd, int]]) -> list[Row]:
    """What stands on the list, ranked as single ills are: crowds, each with how many drivers miss it, and the rest."""
    shared = [_shared(crowd, drivers) for crowd, drivers in counted]
    within = {_name(one) for row in shared for one in row.all}
    return sorted([*shared, *(one for one in found if _name(one) not in within)], key=_rank)


def ailing(found: Iterable[Attention], holder: PartyId, location_id: str, ill: Ill) -> Crowd:
    """All that have it there, whenever it began."""
    return tuple(one for one in found if (_place(one), one.ill) == ((holder, fold(location_id)), ill))


def _near(ones: Iterable[Attention]) -> list[Crowd]:
    crowds: list[list[Attention]] = []
    for one in sorted(ones, key=lambda one: one.since):
        if crowds and one.since - crowds[-1][-1].since <= NEAR:
            crowds[-1].append(one)
        else:
            crowds.append([one])
    return [tuple(sorted(crowd, key=rank)) for crowd in crowds]


def _shared(crowd: Crowd, drivers: int) -> SharedIll:
    first = crowd[0]
    # Where two currencies are charged at one place, that of whoever is missed most: they do not add up.
    currency = next((one.currency for one in crowd if one.currency), None)
    cure = proposed(first.ill)
    return SharedIll(
        holder=first.holder,
        location_id=first.location_id or "",
        ill=first.ill,
        all=crowd,
        since=min(one.since for one in crowd),
        until=max(one.since for one in crowd),
        cure=cure if cure in FOR_ALL else None,
        last_id=max((one.last_id for one in crowd if one.last_id is not None), default=None),
        drivers=drivers,
        money=sum((one.money for one in crowd if one.currency == currency), Decimal(0)),
        currency=currency,
    )


def _rank(row: Row) -> Rank:
    if isinstance(row, Attention):
        return rank(row)
    first = row.all[0]
    return everyday(first), -row.drivers, -row.money, row.since, first.station_id or "", first.evse_no or 0, row.ill


def _place(one: Attention) -> tuple[PartyId, str | None]:
    return one.holder, one.location_id and fold(one.location_id)


def _name(one: Attention) -> tuple[str | None, int | None, Ill]:
    return one.station_id, one.evse_no, one.ill
