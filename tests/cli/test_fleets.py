"""Tables of a fleet by the command line: taken whole, or every fault told and nothing taken; and a key of one fleet."""

from __future__ import annotations

from laddnav.db.unit import Database
from laddnav.fleets import actions as fleets
from laddnav.people import actions as people
from laddnav.people.model import Role
from tests.cli.conftest import Command
from tests.things import US, settled

VEHICLES = b"id,battery_kwh,ac_amps,kwh_per_100_km\nV1,60,16,20\nV2,75,32,22\n"
DEPARTURES = b"id;vehicle;days;at;need\nD1;v1;Mon-Fri;06:00;150 km\n"


async def test_tables_of_a_fleet_are_taken_from_the_command_line(
    database: Database, database_url: str, laddnav: Command
) -> None:
    await settled(database)
    async with database.unit() as unit:
        fleet = await fleets.found(unit, US, name="Nordpost", customer="Nordpost AB", by="a test")
        await fleets.add_depot(unit, fleet.ref, id="GBG", name="", location_id="LOC1")
    here = ("--fleet", "nordpost", "--database", database_url)
    said = laddnav.json("import", "vehicles", "-", *here, given=VEHICLES)
    assert said == {"fleet": "Nordpost", "preview": False, "vehicles": {"new": 2, "changed": 0, "same": 0}}
    assert laddnav.json("import", "departures", "-", *here, given=DEPARTURES)["departures"]["new"] == 1
    wrong = laddnav("import", "departures", "-", *here, given=DEPARTURES.replace(b"06:00", b"6 am"), status=2)
    assert "line 2, at: '6 am' is no time of day as 06:30" in wrong.stderr
    made = laddnav.json("api-key", "create", "--role", "fleet", "--json", *here)
    async with database.unit() as unit:
        visitor = await people.who(unit, bearer=made["key"])
    assert visitor is not None
    assert (visitor.role, visitor.holder, visitor.fleet) == (Role.FLEET, US, fleet.ref)
