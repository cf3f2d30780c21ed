"""What stands at a charging point finds it, however it is typed, and only what the public may know."""

from __future__ import annotations

import pytest

from laddnav.db.unit import Database
from laddnav.locations import actions as locations
from laddnav.locations.model import Status
from laddnav.locations.rules import UnknownEvse
from tests.things import THEM, US, evse, location


@pytest.mark.parametrize(
    "typed", ["SE*LAD*EEVSE1", "SELADEEVSE1", "se*lad*eevse1", "SE-LAD-EEVSE1", " se lad eevse1 ", "SE*LADEEVSE1"]
)
async def test_a_number_is_found_in_any_spelling(database: Database, typed: str) -> None:
    async with database.unit() as unit:
        await locations.keep(unit, US, location())
    async with database.unit() as unit:
        place, found = await locations.printed_evse(unit, typed)
    assert (place.id, found.uid) == ("LOC1", "EVSE1")


@pytest.mark.parametrize("typed", ["", "*", "SE*LAD*E404", "\0", "E" * 400, "SE*LAD*EEVSE1'--", "ß", "%"])
async def test_what_nobody_printed_is_unknown(database: Database, typed: str) -> None:
    async with database.unit() as unit:
        await locations.keep(unit, US, location())
    with pytest.raises(UnknownEvse):
        async with database.unit() as unit:
            await locations.printed_evse(unit, typed)


@pytest.mark.parametrize(
    "hidden",
    [
        location(publish=False),
        location(owner=THEM),
        location(evses=(evse("EVSE1", status=Status.REMOVED),)),
    ],
)
async def test_the_public_is_told_of_nothing_but_our_published_evses(database: Database, hidden: object) -> None:
    async with database.unit() as unit:
        await locations.keep(unit, US, hidden)  # type: ignore[arg-type]  # a Location
    with pytest.raises(UnknownEvse):
        async with database.unit() as unit:
            await locations.printed_evse(unit, "SE*LAD*EEVSE1")
