"""What a car says that it needs, or means to draw: the one becomes a wish like its driver's, the other is held against
what its Evse, and whoever may, allow its charge.
"""

from __future__ import annotations

from decimal import Decimal

import structlog
from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.energy import Energy
from laddnav.kit.refusal import Refusal
from laddnav.locations import actions as locations
from laddnav.locations import rules as places
from laddnav.locations.model import Connector, Station
from laddnav.ocpp import both_ways, carrying, reports, store
from laddnav.ocpp.errand import Answered, Errand
from laddnav.ocpp.model import Outcome, StationCall, Transaction
from laddnav.ocpp.wanted import About, about, write_down
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.reports import NeedsJudged, NeedsTold, ScheduleJudged, ScheduleTold
from laddnav.ocpp.wire.requests import Request, Verdict
from laddnav.scheduling.within import within
from laddnav.sessions import actions as sessions
from laddnav.sessions import limited
from laddnav.sessions.actions import preferring
from laddnav.sessions.model import Battery, Preferences, ProfileType, Session, Voice

log = structlog.get_logger()

NEEDS = "AnswerNeeds"


async def tell(unit: Unit, station: Station, told: NeedsTold) -> Outcome:
    """K15.FR.03, K15.FR.07: the profile follows the answer. K15.FR.04: none where no charge of ours is under way.

    K15.FR.05: where a site leads the charge, it plans with what the car needs, and says so by another profile.
    """
    reports.keep(unit, station, told.report)
    charge = await _under_way(unit, station, told.evse_no)
    session = None if charge is None else await sessions.find(unit, charge.holder, charge.holder, charge.session_id)
    if charge is None or session is None:
        return Outcome(NeedsJudged.NO_PROFILE)
    await both_ways.agreed(unit, session, told)
    wants = _wants(session, told)
    if wants is not None:
        await _prefer(unit, session, wants)
    number = About(number=told.periods_max or 0)
    write_down(unit, station.holder, station.id, NEEDS, unit.new_id(), about=number, session_id=session.id)
    led = limited.limits_of(session, session.holder) is not None
    return Outcome(NeedsJudged.PROCESSING if led else NeedsJudged.ACCEPTED, session.id)


def _wants(session: Session, told: NeedsTold) -> Preferences | None:
    """A car counts what it wants from now on, and we from the beginning of its charge."""
    if told.departs_at is None and told.energy is None and told.battery is None and told.energy_least is None:
        return None
    battery = told.battery
    return Preferences(
        profile=ProfileType.REGULAR,
        departs_at=told.departs_at,
        energy=None if told.energy is None else session.energy + Energy(told.energy),
        energy_least=None if told.energy_least is None else session.energy + Energy(told.energy_least),
        battery=None
        if battery is None or told.energy is not None
        else Battery(capacity=Energy(battery.capacity), percent=battery.percent, percent_wanted=battery.percent_wanted),
    )


async def _prefer(unit: Unit, session: Session, wants: Preferences) -> None:
    """Beneath what its driver says. A car that contradicts itself charges as if it had said nothing."""
    try:
        await preferring.prefer(unit, session.holder, session.id, wants, by=Voice.CAR)
    except Refusal as refused:
        log.info("needs_not_heard", session=session.id, why=str(refused))


async def judge_schedule(unit: Unit, station: Station, told: ScheduleTold) -> Outcome:
    """K15.FR.11, K15.FR.12; K15.FR.13, K16: to a car that means to draw more, what it may is said anew.

    Once a minute at most: one that never heeds it is bounded by its station. Where nothing of ours limits it, it may.
    """
    reports.keep(unit, station, told.report)
    charge = await _under_way(unit, station, told.evse_no)
    session = None if charge is None else await sessions.find(unit, charge.holder, charge.holder, charge.session_id)
    if charge is None or session is None:
        return Outcome(ScheduleJudged.ACCEPTED)
    connector = await _connector(unit, session)
    per_ampere = Decimal(places.capacity(connector)) / connector.amperage_max
    allowed = await carrying.allowed(unit, session, charge)
    if within(told.meant, allowed, begun_at=session.started_at, watts_per_ampere=per_ampere):
        return Outcome(ScheduleJudged.ACCEPTED, session.id)
    minute = str(int(unit.now.timestamp() // 60))
    write_down(unit, station.holder, station.id, NEEDS, session.id, minute, session_id=session.id)
    return Outcome(ScheduleJudged.REJECTED, session.id)


async def _under_way(unit: Unit, station: Station, evse_no: int) -> Transaction | None:
    under_way = await store.charges.under_way(unit, [(station.holder, station.id)])
    return next((one for one in under_way if one.evse_no == evse_no and one.session_id), None)


async def _say(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    """K15.FR.07: in no more periods than the car can read."""
    assert call.session_id is not None, "needs are those of a charge"
    charge = await store.charges.of_session(unit, call.holder, call.session_id)
    session = await sessions.find(unit, call.holder, call.holder, call.session_id)
    if charge is None or charge.stopped or session is None:
        return Verdict.FAILED
    asked = about(call)
    told = await carrying.limit(unit, session, charge, attempt=asked.attempt, periods_max=asked.number or None)
    return told or Verdict.FAILED


async def _connector(unit: Unit, session: Session) -> Connector:
    location = await locations.fetch(unit, session.holder, session.holder, session.location_id)
    return places.connector_of(places.evse_of(location, session.evse_uid), session.connector_id)


async def _said(unit: Unit, call: StationCall, answered: Answered) -> None:
    """A station that takes no profile in any way has its own limits; nobody waits to hear of it."""
    if carrying.may_take_another(answered):
        asked = about(call)
        again = replace(asked, attempt=asked.attempt + 1)
        write_down(unit, call.holder, call.station_id, NEEDS, unit.new_id(), about=again, session_id=call.session_id)


ERRAND = Errand(_say, _said)
