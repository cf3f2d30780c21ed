"""A site is accepted when its fuses hold whatever happens, and kept as it was said."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.kit.refusal import Refusal
from laddnav.locations.rules import UnknownStation
from laddnav.scheduling.committed import TooMuch
from laddnav.sites import actions as sites
from laddnav.sites import rules
from laddnav.sites.model.site import Phase, Site, SiteBattery
from laddnav.sites.model.told import Place
from laddnav.sites.quarters import quarter_of
from laddnav.sites.rules import MemberElsewhere, UnknownSite, UnsoundSite
from tests.sites.garage import each, member, opened, panel, site
from tests.things import THEM, US


def test_a_site_whose_fallbacks_fit_is_accepted() -> None:
    """3 × 6 A and 10 A of the building on 28 A: to the last ampere."""
    rules.accepted(site(amps=each(28)))
    below = tuple(member(id, panel="B") for id in ("G1", "G2"))
    rules.accepted(site(panels=(panel("A", 25), panel("B", 12, "A")), members=below))


def test_a_site_whose_fallbacks_do_not_fit_is_refused_by_panel_phase_and_amperes() -> None:
    with pytest.raises(TooMuch, match=r"the grid connection L1 by 0\.5 A \(28\.0 A on a fuse of 27\.5 A\)"):
        rules.accepted(site(amps=each(Decimal("27.5"))))
    lone = tuple(member(f"G{number}", panel="B", phases=(Phase.L2,)) for number in (1, 2, 3))
    with pytest.raises(TooMuch, match=r"panel B L2 by 2\.0 A \(18\.0 A on a fuse of 16\.0 A\)") as refused:
        rules.accepted(site(panels=(panel("A", 63), panel("B", 16, "A")), members=lone))
    assert "L1" not in str(refused.value) and "panel A" not in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": " "}, "id and a name"),
        ({"time_zone": "Mars/Olympus"}, "time_zone 'Mars/Olympus' is no IANA"),
        ({"currency": "KRONOR"}, "currency 'KRONOR'"),
        ({"amps": each(0)}, "what the connection gives"),
        ({"building": each(-1)}, "none is negative"),
        ({"volts": Decimal(23000)}, "volts"),
        ({"reaction_seconds": 1}, "between 5 and 900"),
        ({"unbalance_amps": Decimal(0)}, "unbalance_amps"),
        ({"panels": (panel("A", 10, "B"), panel("B", 10))}, "is under 'B', which does not stand before it"),
        ({"panels": (panel("A", 10), panel("A", 10))}, "a name of its own"),
        ({"members": (member("G1"), member("G1"))}, "named twice"),
        ({"members": (member("G1", panel="C"),)}, "panel 'C', which is not there"),
        ({"members": (member("G1", phases=(Phase.L1, Phase.L1)),)}, "each once"),
        ({"members": (member("G1", fallback_amps=Decimal(3)),)}, "a car takes no less"),
        ({"members": (member("G1", fallback_amps=Decimal("6.05")),)}, "one digit"),
        ({"members": (member("G1", amps_min=Decimal(40)),)}, "not above amps_max"),
        (
            {
                "battery": SiteBattery(
                    capacity_kwh=Decimal(1), charge_kw=Decimal(1), discharge_kw=Decimal(1), efficiency=Decimal(2)
                )
            },
            "efficiency",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_clear_sentence(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(UnsoundSite, match=says.replace("(", r"\(")):
        rules.accepted(site(**changes))


async def fallbacks_wanted(database: Database) -> list[tuple[str, str | None]]:
    """(station, amperes), in the order in which they were announced."""
    async with database.unit() as unit:
        rows = await unit.fetch("select body from event where kind = 'FallbackWanted' order by id")
    told = [json.loads(row["body"]) for row in rows]
    return [(one["station_id"], one["amps"]) for one in told]


async def test_a_site_is_kept_changed_and_removed(database: Database) -> None:
    """Stations are told what they fall back to once, and again only when it is something else."""
    await opened(database)
    async with database.unit() as unit:
        first = await sites.save(unit, site(ref=unit.new_id()), by="somebody")
    wanted: list[tuple[str, str | None]] = [("G1", "6"), ("G2", "6"), ("G3", "6")]
    assert await fallbacks_wanted(database) == wanted
    async with database.unit() as unit:
        again = await sites.save(unit, site(id="GARAGE", ref=unit.new_id(), name="Another name"), by="somebody")
        assert (again.ref, again.id, again.name) == (first.ref, "garage", "Another name")
        assert await sites.by_ref(unit, first.ref) == await sites.fetch(unit, US, "Garage") == again
        assert await sites.page(unit, US) == [again] and await sites.page(unit, THEM) == []
        assert await sites.site_of(unit, US, "G2", 1) == again and await sites.site_of(unit, US, "G6", 1) is None
    assert await fallbacks_wanted(database) == wanted
    fewer = replace(again, members=(member("G1", fallback_amps=Decimal(8)),))
    async with database.unit() as unit:
        await sites.save(unit, fewer, by="somebody")
        assert await sites.site_of(unit, US, "G2", 1) is None
    wanted += [("G1", "8"), ("G2", None), ("G3", None)]
    assert await fallbacks_wanted(database) == wanted
    async with database.unit() as unit:
        await sites.foretold(unit, US, "garage", Place.BUILDING, quarter_of(unit.now), 60, [Decimal(3)])
    async with database.unit() as unit:
        await sites.remove(unit, US, "garage", by="somebody")
    async with database.unit() as unit:
        with pytest.raises(UnknownSite):
            await sites.fetch(unit, US, "garage")
        assert await sites.site_of(unit, US, "G1", 1) is None
        rows = await unit.fetch("select table_name from information_schema.columns where column_name = 'site_key'")
        assert "site_member" in (tables := {row["table_name"] for row in rows})
        assert [name for name in tables if await unit.value(f"select count(*) from {name}")] == []
    assert await fallbacks_wanted(database) == [*wanted, ("G1", None)]


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        (site(id="other", members=(member("G1"),)), MemberElsewhere),
        (site(id="other", members=(member("NOBODY"),)), UnknownStation),
        (site(id="other", holder=THEM, members=(member("G4"),)), UnknownStation),
        (site(amps=each(20)), TooMuch),
    ],
)
async def test_a_site_that_is_refused_changes_nothing(database: Database, wrong: Site, refusal: type[Refusal]) -> None:
    await opened(database)
    async with database.unit() as unit:
        kept = await sites.save(unit, site(ref=unit.new_id()), by="somebody")
    before = await fallbacks_wanted(database)
    with pytest.raises(refusal):
        async with database.unit() as unit:
            await sites.save(unit, wrong, by="somebody")
    async with database.unit() as unit:
        assert await sites.page(unit, None) == [kept]
    assert await fallbacks_wanted(database) == before
