"""How each member of a site stands: what its Station was told, and what it made of that."""

from __future__ import annotations

from collections.abc import Iterable

from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId, fold
from laddnav.sites.model.site import Member, Site
from laddnav.sites.model.standing import Standing

OF_SITE = "select standing from site_member where holder = $1 and site_key = $2 order by station_id, evse_no"
FIND = """
select site_key, standing from site_member where holder = $1 and station_id = $2 and evse_no = $3
"""
TAKEN_OUT = """
select m.holder, s.ref, m.standing from site_member m join site s on s.holder = m.holder and s.id_key = m.site_key
where ($1::text is null or m.holder = $1) and m.standing::jsonb ? 'ban' order by m.holder, m.station_id, m.evse_no
"""
PUT = """
insert into site_member (holder, station_id, evse_no, site_key, standing) values ($1, $2, $3, $4, $5)
on conflict (holder, station_id, evse_no) do update set site_key = excluded.site_key, standing = excluded.standing
"""
DROP = "delete from site_member where holder = $1 and station_id = $2 and evse_no = $3"


async def of_site(unit: Unit, site: Site, *, lock: bool = False) -> list[Standing]:
    rows = await unit.fetch(OF_SITE + (" for update" if lock else ""), str(site.holder), fold(site.id))
    return [json.decode(row["standing"], Standing) for row in rows]


async def find(
    unit: Unit, holder: PartyId, station_id: str, evse_no: int, *, lock: bool = False
) -> tuple[str, Standing] | None:
    """(the key of its site, how it stands)."""
    row = await unit.fetch_one(FIND + (" for update" if lock else ""), str(holder), station_id, evse_no)
    return None if row is None else (row["site_key"], json.decode(row["standing"], Standing))


async def taken_out(unit: Unit, holder: PartyId | None) -> list[tuple[PartyId, str, Standing]]:
    """(holder, the ref of its site, how it stands) of each that is taken out."""
    rows = await unit.fetch(TAKEN_OUT, holder and str(holder))
    return [(PartyId.parse(row["holder"]), row["ref"], json.decode(row["standing"], Standing)) for row in rows]


def put(unit: Unit, holder: PartyId, site_key: str, some: Iterable[Standing]) -> None:
    for one in some:
        body = json.encode(one).decode()
        unit.write(PUT, str(holder), one.station_id, one.evse_no, site_key, body)


def drop(unit: Unit, holder: PartyId, one: Member | Standing) -> None:
    unit.write(DROP, str(holder), one.station_id, one.evse_no)


def by_evse(many: Iterable[Standing]) -> dict[tuple[str, int], Standing]:
    """By Station and its own number for the Evse."""
    return {(one.station_id, one.evse_no): one for one in many}
