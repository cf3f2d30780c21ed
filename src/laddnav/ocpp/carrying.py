"""What a charge is limited to, carried out: told its Station as that can follow it, told otherwise where it refuses,
told anew before what it was told ends, and read back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.ocpp import rules, store
from laddnav.ocpp.errand import Answered, Errand
from laddnav.ocpp.model import StationCall, Transaction
from laddnav.ocpp.wanted import LIMITS, About, about, write_down
from laddnav.ocpp.wire.abilities import NAMES, abilities
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.frames import CallError, ErrorCode
from laddnav.ocpp.wire.requests import LimitCharge, LimitsTold, ReportLimits, Request, UnlimitCharge, Verdict
from laddnav.scheduling.fitted import fitted, ways
from laddnav.scheduling.merged import NO_TIME, Feed, merged
from laddnav.scheduling.model import ChargingProfile, ProfileLimit, RateUnit
from laddnav.sessions import actions as sessions
from laddnav.sessions import limited
from laddnav.sessions.actions import limiting
from laddnav.sessions.events import Limiting
from laddnav.sessions.model import Session
from laddnav.sites import actions as sites

RENEW = "RenewLimits"
STACK_LEVEL = 1  # above a default that a Station may have at 0
MANY = 100  # charges told anew at a time
EARLY = timedelta(minutes=1)  # that what was told is told anew before it ends, or half of its time
_HOPELESS = (ErrorCode.NOT_SUPPORTED, ErrorCode.NOT_IMPLEMENTED)


async def limit(
    unit: Unit, session: Session, charge: Transaction, *, attempt: int = 0, periods_max: int | None = None
) -> LimitCharge | None:
    """The least of what all want as the Station can be told it, in the way of this attempt; None: there is none left.

    Where nobody wants anything, that is all that its Evse gives. `periods_max` of the car, if it said so.
    """
    station = abilities(await store.variables.named(unit, session.holder, charge.station_id, NAMES))
    feed = await limiting.feed_of(unit, session)
    if station.switches_phases and feed.used is not None:
        feed = replace(feed, used=feed.phases)  # it may have been on fewer because we asked it to
    fallback = await store.carried.fallback_amps(unit, session.holder, charge.station_id, charge.evse_no)
    begun_at, parts = session.started_at, _parts(session, fallback, feed)
    wanted = merged(parts, begun_at=begun_at, feed=feed)
    said = [one for one in (station.periods_max, periods_max) if one]
    able = replace(station, periods_max=min(said, default=None))
    open_ways = () if wanted is None else ways(wanted, able, feed.used)
    if attempt >= len(open_ways):
        return None
    way = open_ways[attempt]
    whole = merged(parts, begun_at=begun_at, feed=feed, unit=way.unit)
    assert whole is not None, "it says the same in another unit"
    afterwards = None
    if fallback is not None:
        unit_of, rate = feed.of_mains(fallback)
        afterwards = feed.converted(rate, unit_of, way.unit, None)
    told = fitted(whole, way, now=unit.now, begun_at=begun_at, afterwards=afterwards)
    if told.until is not None:
        store.carried.renew_at(unit, session.holder, session.id, charge.station_id, early(told.until, unit.now))
    level = STACK_LEVEL if station.stack_level_max is None else min(STACK_LEVEL, station.stack_level_max)
    # One that refuses the phase is told the next way without it.
    lone = attempt == 0 and station.chooses_phase and any(one.phases == 1 for one in told.profile.limits)
    return LimitCharge(
        charge=charge.name,
        number=charge.number,
        evse_no=charge.evse_no,
        profile=told.profile,
        phase=await sites.lone_phase_of(unit, session) if lone else None,
        stack_level=level,
    )


def early(until: datetime, now: datetime) -> datetime:
    return until - min(EARLY, (until - now) / 2)


async def allowed(unit: Unit, session: Session, charge: Transaction) -> ChargingProfile:
    """What the charge may draw, as its Station would be told it if that could follow anything."""
    feed = await limiting.feed_of(unit, session)
    fallback = await store.carried.fallback_amps(unit, session.holder, charge.station_id, charge.evse_no)
    whole = merged(_parts(session, fallback, feed), begun_at=session.started_at, feed=feed)
    assert whole is not None, "some part limits it, if only the Evse"
    return whole


def _parts(session: Session, fallback: Decimal | None, feed: Feed) -> tuple[ChargingProfile, ...]:
    full = ChargingProfile(unit=RateUnit.WATT, limits=(ProfileLimit(NO_TIME, feed.watts),))
    return limited.carried(session, fallback, feed) or (full,)


async def renew_due(database: Database) -> int:
    """What a Station could not hold at once is told it further; says of how many charges."""
    async with database.unit() as unit:
        due = await store.carried.due(unit, MANY)
        for holder, session_id, station_id in due:
            write_down(unit, holder, station_id, RENEW, unit.new_id(), session_id=session_id)
    if due:
        database.wake()
    return len(due)


async def _set(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    """What has been overtaken by a newer wish of the same party is not told any more."""
    session, charge = await _charge(unit, call)
    if session is None or charge is None or limited.asked(session, call.request) is None:
        return Verdict.FAILED
    return await limit(unit, session, charge, attempt=about(call).attempt) or Verdict.FAILED


async def _clear(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    """What others limit the charge to goes on."""
    session, charge = await _charge(unit, call)
    if session is None or charge is None:
        return Verdict.UNKNOWN
    if not limited.wanted(session):
        return UnlimitCharge(charge=charge.name, number=charge.number, evse_no=charge.evse_no)
    if limited.asked(session, call.request) is None:
        return Verdict.UNKNOWN
    return await limit(unit, session, charge, attempt=about(call).attempt) or Verdict.FAILED


async def _tell(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    session, charge = await _charge(unit, call)
    if session is None or charge is None:
        return Verdict.UNKNOWN
    return ReportLimits(evse_no=charge.evse_no, duration=timedelta(seconds=about(call).seconds))


async def _renew(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    session, charge = await _charge(unit, call)
    if session is None or charge is None or not limited.wanted(session):
        return Verdict.FAILED
    return await limit(unit, session, charge, attempt=about(call).attempt) or Verdict.FAILED


async def _renewed(unit: Unit, call: StationCall, answered: Answered) -> None:
    """Where it refuses every way, what it was told before goes on to its end."""
    if may_take_another(answered):
        attempt = About(attempt=about(call).attempt + 1)
        write_down(unit, call.holder, call.station_id, RENEW, unit.new_id(), about=attempt, session_id=call.session_id)


def _answered(what: Limiting) -> Callable[[Unit, StationCall, Answered], Awaitable[None]]:
    async def answered_limits(unit: Unit, call: StationCall, answered: Answered) -> None:
        assert call.session_id is not None, "limits are those of a Session"
        if what is not Limiting.TELL and may_take_another(answered):
            attempt = about(call).attempt + 1
            request = call.request or call.id
            write_down(
                unit,
                call.holder,
                call.station_id,
                call.action,
                request,
                str(attempt),
                about=About(attempt=attempt),
                session_id=call.session_id,
                request=call.request,
            )
            return
        told = answered.active if isinstance(answered, LimitsTold) else None
        result = "REJECTED" if answered is Verdict.FAILED else rules.command_result(answered)
        await limiting.answer_limits(unit, call.holder, call.session_id, what, result, told, call.request)

    return answered_limits


def may_take_another(answered: Answered) -> bool:
    """Whether it is the profile that was refused, and not that there are profiles."""
    return answered is Verdict.REJECTED or (isinstance(answered, CallError) and answered.code not in _HOPELESS)


async def _charge(unit: Unit, call: StationCall) -> tuple[Session | None, Transaction | None]:
    """None for a charge that is over."""
    assert call.session_id is not None, "limits are those of a Session"
    session = await sessions.find(unit, call.holder, call.holder, call.session_id)
    charge = await store.charges.of_session(unit, call.holder, call.session_id)
    return session, None if charge is None or charge.stopped else charge


ERRANDS = {
    LIMITS[Limiting.SET]: Errand(_set, _answered(Limiting.SET)),
    LIMITS[Limiting.CLEAR]: Errand(_clear, _answered(Limiting.CLEAR)),
    LIMITS[Limiting.TELL]: Errand(_tell, _answered(Limiting.TELL)),
    RENEW: Errand(_renew, _renewed),
}
