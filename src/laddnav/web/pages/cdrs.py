"""CDRs: charges that are over, each cent with its reason, and where each was told."""

from __future__ import annotations

from msgspec import Struct
from starlette.responses import Response

from laddnav.billing import actions as billing
from laddnav.billing.model import Invoice
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.model import Cdr
from laddnav.kit.money import Price
from laddnav.sessions import actions as sessions
from laddnav.web.asked import Asked, Door, see
from laddnav.web.pages import places
from laddnav.web.pages.sessions import explained
from laddnav.web.words import N_

PAGE = 50


class Row(Struct, frozen=True, kw_only=True):
    cdr: Cdr
    place: str


async def list_all(asked: Asked) -> Response:
    cursor = asked.query("cursor")
    async with asked.unit() as unit:
        known = await cdrs.page(unit, asked.visitor.holder, before=cursor, limit=PAGE + 1)
    page = known[:PAGE]
    return asked.page(
        "cdrs.html",
        rows=[Row(cdr=cdr, place=_place(cdr)) for cdr in page],
        next=page[-1].ref if len(known) > PAGE else None,
        begun=cursor is not None,
    )


async def one(asked: Asked) -> Response:
    async with asked.unit() as unit:
        cdr = await cdrs.by_ref(unit, asked.part("ref"))
        key = (cdr.holder, cdr.owner, cdr.location.id)
        place = (await places.places(unit, [key]))[key]
        session = await sessions.find(unit, cdr.holder, cdr.owner, cdr.session_id) if cdr.session_id else None
        refs = await billing.invoices_of_cdr(unit, cdr.holder, cdr.owner, cdr.id)
        invoices: list[Invoice] = [await billing.invoice(unit, ref) for ref in refs]
    return asked.page(
        "cdr.html",
        cdr=cdr,
        place=_place(cdr),
        session_ref=session.ref if session else None,
        lines=explained(cdr.lines, asked.language),
        total=cdr.costs.total,
        currency=cdr.currency,
        zone_of_lines=place.time_zone or asked.zone,
        invoices=invoices,
        parts_of_cost=[(asked.say(what), cost) for what, cost in _parts(cdr) if cost is not None],
    )


def _parts(cdr: Cdr) -> tuple[tuple[str, Price | None], ...]:
    costs = cdr.costs
    return (
        (N_("Start fee"), costs.fixed),
        (N_("Energy"), costs.energy),
        (N_("Charging time"), costs.time),
        (N_("Parking time"), costs.parking),
        (N_("Reservation"), costs.reservation),
    )


def _place(cdr: Cdr) -> str:
    return f"{cdr.location.name or cdr.location.address}, {cdr.location.city}"


DOORS: tuple[Door, ...] = (see("/cdrs", list_all), see("/cdrs/{ref}", one))
