"""Verbs that ask and change nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from laddnav.analytics import money, rules, store, uptime
from laddnav.analytics.model import EnergyRow, LocationLossRow, LossRow, Per, Place, UptimeRow
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger import actions as ledger
from laddnav.parties.model import Party
from laddnav.payments.actions import paying, shortfalls
from laddnav.sessions.rules import READ_BEFORE, READ_WITHIN

# How long after it was closed a Cdr may be disputed; invoices of a quarter are looked into in the next.
DISPUTED_WITHIN = timedelta(days=180)
READ_APART = timedelta(days=100)  # mains of small places are read each quarter of a year
_ZONES = timedelta(days=1)  # no two differ by more


async def readings_needed(unit: Unit, since: datetime, until: datetime) -> bool:
    """Whether what was read between the two may still decide what a charge costs."""
    return await store.readings_needed(unit, since - READ_WITHIN, until + READ_BEFORE, unit.now - DISPUTED_WITHIN)


async def energy(
    unit: Unit, holder: PartyId | None, per: Per, since: str | None = None, until: str | None = None
) -> tuple[EnergyRow, ...]:
    """Delivered and billed of the charges that began in these months; else in this. Raises NoMonth."""
    first, last = months(unit, since, until)
    return rules.rows(await store.charges(unit, holder, per, *_between(first, last), first, last))


async def losses(
    unit: Unit, holder: PartyId | None, since: str | None = None, until: str | None = None
) -> tuple[LossRow, ...]:
    """What came in and what went out in these months, else in this; of the quarters that are over. Raises NoMonth."""
    first, last = months(unit, since, until)
    return rules.losses(await store.counted(unit, holder, *_between(first, last), first, last))


async def location_losses(
    unit: Unit, holder: PartyId | None, since: str | None = None, until: str | None = None
) -> tuple[LocationLossRow, ...]:
    """What came in by the mains and went out to cars in these months, else in this. Raises NoMonth."""
    first, last = months(unit, since, until)
    begin, end = _between(first, last)
    mains = await store.mains(unit, holder, begin - READ_APART, end + READ_APART)
    if not mains:
        return ()
    counted = await store.counted(unit, holder, begin, end, first, last)
    return rules.location_losses(mains, counted, uptime.between(first, last))


async def availability(
    unit: Unit, holder: PartyId | None, per: Place, since: str | None = None, until: str | None = None
) -> tuple[UptimeRow, ...]:
    """Minutes in which Evses of ours could charge in these months, else in this, until now. Raises NoMonth."""
    first, last = months(unit, since, until)
    courses = await store.courses(unit, holder, *_between(first, last))
    known = min((one.changes[0][0] for one in courses), default=unit.now) - _ZONES
    asked = uptime.between(max(first, known.strftime("%Y-%m")), min(last, (unit.now + _ZONES).strftime("%Y-%m")))
    return uptime.rows(courses, per, asked, unit.now)


def months(unit: Unit, since: str | None, until: str | None) -> tuple[str, str]:
    """The first and the last. Raises NoMonth."""
    last = until or (max(since, unit.now.strftime("%Y-%m")) if since else unit.now.strftime("%Y-%m"))
    return rules.months(since or last, last)


def _between(first: str, last: str) -> tuple[datetime, datetime]:
    since, until = (datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC) for month in (first, last))
    return since - _ZONES, (until + timedelta(days=32)).replace(day=1) + _ZONES


TROUBLED = 20  # of those that need a look, on the desk; the list of payments has all


async def desk(unit: Unit, party: Party, day: str | None = None) -> money.Desk:
    """A day's money, on the party's calendar; else today's. Raises NotADay."""
    named, begin_at, end_at = money.day_of(day, unit.now, party.time_zone)
    last = min(end_at - ledger.MOMENT, unit.now)
    waiting = await paying.refunds_waiting(unit, party.holder)
    return money.Desk(
        holder=party.holder,
        day=named,
        begin_at=begin_at,
        end_at=end_at,
        takings=await store.takings(unit, party.holder, begin_at, end_at),
        banked=await store.banked(unit, party.holder, begin_at, end_at),
        undecided=await store.undecided(unit, party.holder),
        holds=await store.holds(unit, party.holder, unit.now - money.HOLDS_LAPSE),
        troubled=tuple(await paying.page(unit, party.holder, troubled=True, limit=TROUBLED)),
        waiting=tuple([(one, await paying.by_ref(unit, one.payment)) for one in waiting]),
        short=tuple(await shortfalls.page(unit, party.holder, limit=TROUBLED)),
        owed=await ledger.totals(unit, party.holder, last),
        overdue=await store.overdue(unit, party.holder, last),
    )
