"""The operator API about what a driver may be shown."""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.locations import actions as locations
from laddnav.locations.model import Hours, PublishTokenType, RegularHours
from laddnav.server.http import Serving
from tests.server.conftest import LAD, Client


async def test_a_driver_is_shown_what_is_for_everybody_and_what_names_the_token(
    lad: Client, tnm: Client, served: Serving
) -> None:
    """LOC-030, LOC-031, LOC-032, LOC-104: and nobody else what is not for everybody; or what is open at a time."""
    (card,) = (await lad.get("/tokens"))["items"]
    readers = (
        (PublishTokenType(uid="04A1B2C3D4E5F6", type="RFID"),),
        (PublishTokenType(uid="04A1B2C3D4E5F6", type="RFID", group_id="STAFF"),),
        (),
    )
    async with served.database.unit() as unit:
        found = await locations.page(unit, LAD)
        for (_, _, place), allowed in zip(found, readers, strict=True):
            await locations.keep(unit, LAD, replace(place, publish=False, publish_allowed_to=allowed))
        hours = Hours(twentyfourseven=False, regular=(RegularHours(1, "08:00", "16:00"),))
        await locations.keep(unit, LAD, replace(found[0][2], id="OPEN", opening_times=hours))
    named, everybodys = found[0][2].id, "OPEN"
    path = f"/tokens/{card['ref']}/locations"
    first = await lad.get(f"{path}?limit=1")
    second = await lad.get(f"{path}?limit=1&cursor={first['next']}")
    assert [one["id"] for one in (*first["items"], *second["items"])] == [named, everybodys]
    assert second["next"] is None
    assert (await tnm.ask("GET", path))[0] == 404
    for at, there in (("2026-11-23T09:00:00", [named, everybodys]), ("2026-11-23T17:00:00", [named])):
        assert [one["id"] for one in (await lad.get(f"{path}?open_at={at}"))["items"]] == there
