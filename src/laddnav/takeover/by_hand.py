"""A list of stations that somebody wrote: a line each, with where it stands and which EVSEs it is; pure."""

from __future__ import annotations

from laddnav.takeover.model import Brought, LeftOut, Source, StationKnown
from laddnav.takeover.tables import Row, Tables, Unfit, each, need


def brought(tables: Tables) -> Brought:
    """`evses` are uids with spaces between them, its numbers 1, 2 … in that order. Raises Missing, WrongFile."""
    stations, left = list[StationKnown](), list[LeftOut]()

    def station(row: Row) -> None:
        profile = row.number("security_profile")
        if profile is not None and not 0 <= profile <= 3:
            raise Unfit(f"security_profile is {profile}, and there are 0 to 3")
        stations.append(
            StationKnown(
                row=row.place,
                id=row.must("id"),
                location_id=row.text("location_id"),
                evses=tuple(enumerate(row.listed("evses"), 1)),
                password=row.text("password"),
                security_profile=1 if profile is None else profile,
            )
        )

    each(need(tables, "stations", "id"), station, lambda row, says: left.append(LeftOut(row=row, says=says)))
    return Brought(source=Source.STATIONS, stations=tuple(stations), left_out=tuple(left))
