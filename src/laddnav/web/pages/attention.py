"""Whom to look after first, and the button that may help; what a station noticed is looked at here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from msgspec import Struct
from starlette.responses import Response

from laddnav.customers.actions import coming
from laddnav.db.unit import Unit
from laddnav.fleets import actions as fleets
from laddnav.fleets.model import Alert, Fleet, Vehicle
from laddnav.kit.ids import PartyId, fold
from laddnav.locations import actions as locations
from laddnav.locations.model import Location, Status
from laddnav.ocpp import attention, shared_ills
from laddnav.ocpp.cures import actions as cures
from laddnav.ocpp.cures import together
from laddnav.ocpp.cures.model import Outcome, Tried
from laddnav.ocpp.ills import Attention, Cure, Ill
from laddnav.ocpp.security import noticing
from laddnav.ocpp.shared_ills import Row, SharedIll
from laddnav.payments.actions import paying
from laddnav.people import actions as people
from laddnav.people.api import yours
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.notes import worded
from laddnav.web.pages.payments import NAMES

# EVSEs and stations: after a power cut it is whole sites, and the page is drawn anew with each that comes back.
SHOWN = 200
MONEY = 20  # payments that need a look, and customers who want to be deleted; their own pages have all


class Shown(Struct, frozen=True, kw_only=True):
    """One that ails, `noticed` in words, and what was tried last; `place` is that of charges which wait."""

    one: Attention
    noticed: list[str]
    last: Tried | None
    place: Location | None


class ShownTogether(Struct, frozen=True, kw_only=True):
    """What many have at a place of so many EVSEs, of our `ref`; `each` is empty where it is folded."""

    shared: SharedIll
    ref: str | None
    place: Location | None
    evses: int
    each: list[Shown]


Only = tuple[PartyId, str, Ill]  # what ails there, each by itself


async def list_all(asked: Asked) -> Response:
    only = _only(asked)
    async with asked.unit() as unit:
        found = await attention.wanted(unit, asked.visitor.holder)
        if only is not None:
            found = shared_ills.ailing(found, *only)
        rows = await attention.rows(unit, found)
        entries = await _entries(unit, asked, rows[:SHOWN], unfolded=only is not None)
        at_risk = await _at_risk(unit, asked.visitor.holder) if only is None else []
        now = unit.now
        troubled = await paying.page(unit, asked.visitor.holder, troubled=True, limit=MONEY) if only is None else []
        leaving = await coming.leaving(unit, asked.visitor.holder, limit=MONEY) if only is None else []
    most = len(found) if only is None else SHOWN  # of each row
    return asked.page(
        "attention.html",
        entries=entries,
        many=len(found),
        shown=sum(min(len(row.all), most) if isinstance(row, SharedIll) else 1 for row in rows[:SHOWN]),
        ills=Counter(one.ill for one in found).most_common(),
        only=only,
        at_risk=at_risk,
        now=now,
        troubled=troubled,
        leaving=leaving,
        names=NAMES,
    )


def _only(asked: Asked) -> Only | None:
    """None: everything that ails anywhere."""
    location_id, ill = asked.query("location"), _ill(asked.query("ill"))
    if location_id is None or ill is None:
        return None
    return PartyId.parse(asked.query("holder") or ""), location_id, ill


def _ill(said: str | None) -> Ill | None:
    return next((ill for ill in Ill if ill.value == said), None)


async def _entries(unit: Unit, asked: Asked, rows: Sequence[Row], *, unfolded: bool) -> list[Shown | ShownTogether]:
    """As many of those that are together as there is room for, where they are unfolded."""
    each = {id(row): row.all[:SHOWN] if unfolded else () for row in rows if isinstance(row, SharedIll)}
    alone = [row for row in rows if isinstance(row, Attention)]
    tried = await cures.last(unit, [*alone, *(one for some in each.values() for one in some)])
    known = await locations.several(unit, {_place(row) for row in rows if _is_of_place(row)})

    def shown(one: Attention) -> Shown:
        noticed = [worded(said, asked.language) for said in one.noticed]
        last = tried.get((one.station_id or "", one.evse_no or 0, one.ill))
        _, place = known.get(_place(one), (None, None)) if _is_of_place(one) else (None, None)
        return Shown(one=one, noticed=noticed, last=last, place=place)

    def together(row: SharedIll) -> ShownTogether:
        ref, place = known.get(_place(row), (None, None))
        return ShownTogether(
            shared=row,
            ref=ref,
            place=place,
            evses=0 if place is None else sum(evse.status is not Status.REMOVED for evse in place.evses),
            each=[shown(one) for one in each[id(row)]],
        )

    return [shown(row) if isinstance(row, Attention) else together(row) for row in rows]


def _is_of_place(row: Row) -> bool:
    return isinstance(row, SharedIll) or row.ill is Ill.HELD_CHARGES


def _place(row: Row) -> tuple[PartyId, PartyId, str]:
    return row.holder, row.holder, fold(row.location_id or "")


async def _at_risk(unit: Unit, holder: PartyId | None) -> list[tuple[Alert, Fleet, Vehicle]]:
    """Departures of vehicles, the first to leave first."""
    found = []
    for fleet_ref, some in groupby(sorted(await fleets.at_risk(unit, holder), key=_of_fleet), key=_of_fleet):
        fleet = await fleets.by_ref(unit, fleet_ref)
        known = await fleets.every_vehicle(unit, fleet)
        found += [(one, fleet, known[one.vehicle]) for one in some]
    return sorted(found, key=lambda one: one[0].departs_at)


def _of_fleet(one: Alert) -> str:
    return one.fleet


async def look(asked: Asked) -> Response:
    """Up to the newest event that the page showed: what came since then still waits."""
    id, until = asked.part("id"), asked.number("until") or 0
    async with asked.unit() as unit:
        station = await locations.station(unit, id)
        yours(asked.visitor, station.holder)
        seen = await noticing.see(unit, station, asked.visitor.name, until)
        people.note(unit, asked.visitor.name, "see security events", f"station {id}", str(seen))
    return asked.done(asked.said("back"), asked.say("What the station noticed is marked as seen."))


async def look_after_all(asked: Asked) -> Response:
    """What is proposed for each, done for all of a row that still ail."""
    holder, location_id = yours(asked.visitor, PartyId.parse(asked.said("holder"))), asked.said("location")
    since, until = asked.instant("since", asked.zone), asked.instant("until", asked.zone)
    by, ill = asked.visitor.name, _ill(asked.said("ill")) or Ill.FAULTED
    last_id = asked.number("last_id") or 0
    async with asked.unit() as unit:
        cured = await together.cure(unit, holder, location_id, ill, since=since, until=until, last_id=last_id, by=by)
    if cured.cure is Cure.SEE:
        return asked.done("/attention", asked.say("What these stations noticed is marked as seen."))
    asked.console.database.wake()
    back = asked.came_from("/attention")
    begun = sum(one.outcome is Outcome.ASKED for one in cured.stations)
    if not begun:
        said = asked.say("None is asked: they are well, are away, charge a car, or are being cured already.")
        return asked.done(back, said, "warn")
    said = asked.say(
        "%(asked)s of %(all)s stations are asked; what comes of it is shown here.",
        asked=begun,
        all=len(cured.stations),
    )
    return asked.done(back, said)


DOORS: tuple[Door, ...] = (
    see("/attention", list_all),
    do("/stations/{id}/seen", look),
    do("/attention/all", look_after_all),
)
