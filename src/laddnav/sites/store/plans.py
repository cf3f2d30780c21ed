"""The plan in force at a site, and why another is wanted."""

from __future__ import annotations

from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId, fold
from laddnav.kit.notes import Note
from laddnav.sites.model.plan import SitePlan
from laddnav.sites.model.site import Site

WANT = """
update site set plan_wanted = $2
where holder = $1 and ($3::text is null or body::jsonb ->> 'bidding_zone' = $3)
  and ($4::text is null or lower(body::jsonb ->> 'grid_tariff_id') = lower($4))
"""
WANT_ONE = "update site set plan_wanted = $3 where holder = $1 and id_key = $2"
BEGUN = "update site set plan_wanted = null where holder = $1 and id_key = $2 and plan_wanted is not null"
PUT = """
insert into site_plan (holder, site_key, number, made_at, body) values ($1, $2, $3, $4, $5)
on conflict (holder, site_key) do update set number = excluded.number, made_at = excluded.made_at, body = excluded.body
where site_plan.number < excluded.number
"""
FIND = "select body from site_plan where holder = $1 and site_key = $2"
NEWER = """
select number, case when number is distinct from $3 then body end as body from site_plan
where holder = $1 and site_key = $2
"""


def put(unit: Unit, site: Site, plan: SitePlan) -> None:
    """The newest stays."""
    unit.write(PUT, str(site.holder), fold(site.id), plan.number, plan.made_at, json.encode(plan).decode())


async def find(unit: Unit, site: Site) -> SitePlan | None:
    row = await unit.fetch_one(FIND, str(site.holder), fold(site.id))
    return None if row is None else json.decode(row["body"], SitePlan)


async def want(
    unit: Unit, holder: PartyId, why: Note, *, zone: str | None = None, tariff_id: str | None = None
) -> None:
    """Of all sites of a holder in a bidding zone, or of those with a grid tariff."""
    await unit.execute(WANT, str(holder), json.encode(why).decode(), zone, tariff_id)


async def want_one(unit: Unit, site: Site, why: Note) -> None:
    await unit.execute(WANT_ONE, str(site.holder), fold(site.id), json.encode(why).decode())


def begun(unit: Unit, site: Site) -> None:
    """Whoever wants one from now on wants another."""
    unit.write(BEGUN, str(site.holder), fold(site.id))


async def newer(unit: Unit, site: Site, known: SitePlan | None) -> SitePlan | None:
    """The plan in force, read only where it is not the one that is known."""
    number = -1 if known is None else known.number
    row = await unit.fetch_one(NEWER, str(site.holder), fold(site.id), number)
    if row is None:
        return None
    return known if row["body"] is None else json.decode(row["body"], SitePlan)
