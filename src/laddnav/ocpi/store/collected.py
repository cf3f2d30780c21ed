"""What is told on as national access point: everybody's places and prices, in one list."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import Page
from laddnav.parties.model import Role

# Its own, and what it was told as such: what somebody tells us in another role of ours, a price for our drivers for
# instance, is not for everybody.
_TOLD_AS_SUCH = f"""(t.owner = $1 or t.owner in (
    select (role -> 'party' ->> 'country') || '*' || (role -> 'party' ->> 'party')
    from ocpi_connection c join ocpi_line l on l.id = c.line cross join jsonb_array_elements(l.roles::jsonb) role
    where c.holder = $1 and c.our_role = '{Role.NAP}'))"""
_PUBLIC = {
    Module.LOCATIONS: f"location t where t.publish and {_TOLD_AS_SUCH}",
    Module.TARIFFS: f"tariff t where t.withdrawn_at is null and t.price_group = '' and {_TOLD_AS_SUCH}",
}
# Whoever asks what changed has to hear of an end, who asks for everything does not.
_CURRENT = {Module.LOCATIONS: "($3::timestamptz is not null or not t.ended)", Module.TARIFFS: "true"}
_PAGE = """
with found as (
  select t.owner, t.id_key, t.ref from {public} and {current} and t.holder = $1 and not (t.owner = any($2))
    and ($3::timestamptz is null or t.last_updated >= $3) and ($4::timestamptz is null or t.last_updated < $4))
select total.total, page.owner, page.id_key, w.body
from (select count(*) as total from found) total
left join (select * from found order by ref offset $5 limit $6) page on true
left join ocpi_words w on w.holder = $1 and w.owner = page.owner and w.module = '{module}' and w.version = $7
  and w.audience = '' and not w.said and w.id_key = page.id_key
order by page.ref
"""
PAGES = {
    module: _PAGE.format(public=public, current=_CURRENT[module], module=module) for module, public in _PUBLIC.items()
}
OWNERS = {
    module: f"select t.owner from {public} and t.holder = $1 and t.id_key = $2 and not (t.owner = any($3))"
    for module, public in _PUBLIC.items()
}
COLLECTS = f"select exists (select from ocpi_connection where holder = $1 and our_role = '{Role.NAP}')"


class Row(Struct, frozen=True):
    """One object: whose, and what it was told in where that was in the version of whoever reads."""

    owner: PartyId
    key: str
    body: bytes | None


async def page(
    unit: Unit, holder: PartyId, module: Module, version: str, readers: Iterable[PartyId], page: Page
) -> tuple[int, list[Row]]:
    """(how many there are in all, those of this page), without what the readers have told themselves."""
    own = [str(party) for party in readers]
    rows = await unit.fetch(
        PAGES[module], str(holder), own, page.date_from, page.date_to, page.offset, page.limit, version
    )
    return rows[0]["total"], [
        Row(PartyId.parse(row["owner"]), row["id_key"], row["body"] and row["body"].encode())
        for row in rows
        if row["owner"] is not None
    ]


async def owners(unit: Unit, holder: PartyId, module: Module, key: str, readers: Iterable[PartyId]) -> list[PartyId]:
    """Whoever has something under this key."""
    own = [str(party) for party in readers]
    return [PartyId.parse(row["owner"]) for row in await unit.fetch(OWNERS[module], str(holder), key, own)]


async def collects(unit: Unit, holder: PartyId) -> bool:
    """Whether it speaks to anybody as national access point."""
    is_it: bool = await unit.value(COLLECTS, str(holder))
    return is_it
