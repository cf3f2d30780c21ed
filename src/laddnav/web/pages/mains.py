"""Mains meters that were exchanged under the same name: noted, shown, and withdrawn where it was a mistake."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from starlette.responses import Response

from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.people.api import yours
from laddnav.readings import actions as readings
from laddnav.readings.rules import NoMainsExchange, register
from laddnav.web.asked import Asked, Door, do, see

PATH = "/energy/mains/exchanged"
_SHOWN = 50


async def exchanged(asked: Asked) -> Response:
    async with asked.unit() as unit:
        found = await readings.mains_exchanges(
            unit, asked.visitor.holder, before=asked.query("cursor"), limit=_SHOWN + 1
        )
    return asked.page(
        "mains_exchanged.html",
        path=PATH,
        holders=[(str(one.holder), one.name) for one in asked.parties if asked.visitor.holder in (None, one.holder)],
        of={name: asked.query(name) or "" for name in ("holder", "location", "meter")},
        exchanges=found[:_SHOWN],
        next=found[_SHOWN - 1].ref if len(found) > _SHOWN else None,
    )


async def exchange(asked: Asked) -> Response:
    """Raises UnknownLocation, NoMainsExchange, NotAPartyId, Unreadable."""
    holder, place = yours(asked.visitor, PartyId.parse(asked.said("holder"))), asked.said("location_id")
    async with asked.unit() as unit:
        zone = await locations.time_zone(unit, holder, holder, place) or asked.zone
        await readings.exchange_mains(
            unit,
            holder,
            place,
            asked.said("meter"),
            at=asked.instant("at", zone),
            before=_register(asked, "before_kwh"),
            after=_register(asked, "after_kwh"),
            by=asked.visitor.name,
        )
    return asked.done(PATH, asked.say("The exchange is noted; months are counted across it."))


async def withdraw(asked: Asked) -> Response:
    """Raises UnknownMainsExchange."""
    async with asked.unit() as unit:
        one = await readings.mains_exchange(unit, asked.part("ref"))
        yours(asked.visitor, one.holder)
        readings.withdraw_exchange(unit, one)
    return asked.done(PATH, asked.say("The exchange is not counted any more."))


def _register(asked: Asked, name: str) -> Energy:
    """A number with a point or a comma. Raises NoMainsExchange."""
    try:
        return register(Decimal(asked.said(name).replace(",", ".")))
    except (InvalidOperation, ValueError) as error:
        raise NoMainsExchange(f"{asked.said(name)[:40]!r} is no register") from error


DOORS: tuple[Door, ...] = (
    see(PATH, exchanged),
    do(PATH, exchange),
    do(f"{PATH}/{{ref}}/withdraw", withdraw),
)
