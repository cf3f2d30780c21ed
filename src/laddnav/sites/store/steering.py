"""Which process keeps a site within its limits, and what it passes on from one tick to the next."""

from __future__ import annotations

from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId, fold
from laddnav.kit.notes import Note
from laddnav.scheduling.beside import Beside
from laddnav.scheduling.notes import Said
from laddnav.sites.model.site import Site
from laddnav.sites.model.standing import BatteryTold, RoofTold

CLAIM = """
update site set watched_by = $1 where (holder, id_key) in (
  select holder, id_key from site where watched_by is null order by ref limit $2 for update skip locked)
returning holder, id_key, ref
"""
RELEASE = "update site set watched_by = null where watched_by = $1"
WATCHED = """
select body, plan_wanted from site where holder = $1 and id_key = $2 and watched_by = $3 for no key update
"""
TOLD = "select battery_told, roof_told from site where holder = $1 and id_key = $2"
PUT_BATTERY_TOLD = "update site set battery_told = $3 where holder = $1 and id_key = $2"
PUT_ROOF_TOLD = "update site set roof_told = $3 where holder = $1 and id_key = $2"
BESIDE = "select beside from site where holder = $1 and id_key = $2"
PUT_BESIDE = "update site set beside = $3 where holder = $1 and id_key = $2"


async def claim(unit: Unit, process: str, limit: int) -> list[tuple[PartyId, str, str]]:
    """(holder, key, ref) of sites that nobody watched."""
    rows = await unit.fetch(CLAIM, process, limit)
    return [(PartyId.parse(row["holder"]), row["id_key"], row["ref"]) for row in rows]


async def release(unit: Unit, process: str) -> None:
    await unit.execute(RELEASE, process)


async def watched(unit: Unit, holder: PartyId, key: str, process: str) -> tuple[Site, Said | None] | None:
    """(the site, why another plan is wanted of it), and nobody else does anything about it before the Unit ends.

    None: it is gone, or somebody else watches it.
    """
    row = await unit.fetch_one(WATCHED, str(holder), key, process)
    return None if row is None else (json.decode(row["body"], Site), _said(row["plan_wanted"]))


def _said(kept: str | None) -> Said | None:
    """A sentence is from before notes had kinds."""
    return json.decode(kept, Note) if kept is not None and kept.startswith("{") else kept


async def beside(unit: Unit, site: Site) -> Beside | None:
    body = await unit.value(BESIDE, str(site.holder), fold(site.id))
    return None if body is None else json.decode(body, Beside)


def put_beside(unit: Unit, site: Site, one: Beside) -> None:
    unit.write(PUT_BESIDE, str(site.holder), fold(site.id), json.encode(one).decode())


async def told(unit: Unit, site: Site) -> tuple[BatteryTold | None, RoofTold | None]:
    """What battery and roof were told last."""
    if site.battery is None and site.solar_kwp is None and not site.solar_follows:
        return None, None
    row = await unit.fetch_one(TOLD, str(site.holder), fold(site.id))
    if row is None:
        return None, None
    battery, roof = row["battery_told"], row["roof_told"]
    return (
        None if battery is None else json.decode(battery, BatteryTold),
        None if roof is None else json.decode(roof, RoofTold),
    )


def put_battery_told(unit: Unit, site: Site, one: BatteryTold | None) -> None:
    body = None if one is None else json.encode(one).decode()
    unit.write(PUT_BATTERY_TOLD, str(site.holder), fold(site.id), body)


def put_roof_told(unit: Unit, site: Site, one: RoofTold | None) -> None:
    body = None if one is None else json.encode(one).decode()
    unit.write(PUT_ROOF_TOLD, str(site.holder), fold(site.id), body)
