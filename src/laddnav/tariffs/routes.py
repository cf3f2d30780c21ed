"""The operator API about what is promised."""

from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.people.api import Held, Limit, Page, Route, held, page
from laddnav.people.model import Role, Visitor
from laddnav.tariffs import actions
from laddnav.tariffs.model import Tariff
from laddnav.tariffs.rules import UnknownTariff


async def list_tariffs(
    unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None, owner: PartyId | None = None
) -> Page[Held[Tariff]]:
    """Tariffs in use, ours and those of partners, in the order in which they became known; `owner` is the CPO."""
    found = await actions.page(unit, by.holder, owner, after=cursor, limit=limit + 1)
    return page([held(one) for one in found], limit, lambda one: one.ref)


async def fetch_tariff(unit: Unit, ref: str) -> Held[Tariff]:
    """One Tariff, also one that is withdrawn."""
    holder, tariff = await actions.by_ref(unit, ref)
    return Held(ref=ref, holder=holder, thing=tariff)


class PriceGroup(Struct, frozen=True, kw_only=True):
    """Whose drivers a Tariff is for: those of the partners of this group; "" is everybody."""

    group: Annotated[str, Meta(max_length=40)]


async def set_group(unit: Unit, ref: str, body: PriceGroup) -> Held[Tariff]:
    """Make a Tariff of ours one for a group of partners' drivers. Partners are told what they see and see no more."""
    holder, tariff = await actions.by_ref(unit, ref)
    if tariff.owner != holder:
        raise UnknownTariff(ref)
    await actions.assign(unit, holder, tariff.id, body.group.strip())
    return await fetch_tariff(unit, ref)


ROUTES = (
    Route(method="GET", path="/tariffs", does=list_tariffs),
    Route(method="GET", path="/tariffs/{ref}", does=fetch_tariff),
    Route(method="PUT", path="/tariffs/{ref}/group", does=set_group, needs=Role.ADMIN),
)
