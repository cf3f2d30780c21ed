"""What a car says that it needs, or means to draw, is held against what its Evse, and whoever may, allow its charge.

Nothing is planned here: a limit that somebody set stands, and where nobody did, the Evse's own power is the limit.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from laddnav.db.unit import Unit
from laddnav.locations import actions as locations
from laddnav.locations import rules as places
from laddnav.locations.model import Connector, Station
from laddnav.ocpp import reports, store
from laddnav.ocpp.errand import Answered, Errand
from laddnav.ocpp.model import Outcome, StationCall, Transaction
from laddnav.ocpp.wanted import write_down
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.events import LimitCharge, Request, Verdict
from laddnav.ocpp.wire.reports import NeedsJudged, NeedsTold, ScheduleJudged, ScheduleTold
from laddnav.scheduling.merged import merged
from laddnav.scheduling.model import ChargingProfile, ProfileLimit, RateUnit
from laddnav.scheduling.within import within
from laddnav.sessions import actions as sessions
from laddnav.sessions import limited
from laddnav.sessions.model import Session

NEEDS = "AnswerNeeds"


async def tell(unit: Unit, station: Station, told: NeedsTold) -> Outcome:
    """K15.FR.03, K15.FR.07: the profile follows the answer. K15.FR.04: none where no charge of ours is under way."""
    reports.keep(unit, station, told.report)
    charge = await _under_way(unit, station, told.evse_no)
    if charge is None:
        return Outcome(NeedsJudged.NO_PROFILE)
    write_down(unit, station.holder, station.id, NEEDS, unit.new_id(), session_id=charge.session_id)
    return Outcome(NeedsJudged.ACCEPTED, charge.session_id)


async def judge_schedule(unit: Unit, station: Station, told: ScheduleTold) -> Outcome:
    """K15.FR.11, K15.FR.12; K15.FR.13, K16: to a car that means to draw more, what it may is said anew.

    Once a minute at most: one that never heeds it is bounded by its station. Where nothing of ours limits it, it may.
    """
    reports.keep(unit, station, told.report)
    charge = await _under_way(unit, station, told.evse_no)
    session = None if charge is None else await sessions.find(unit, charge.holder, charge.holder, charge.session_id)
    if session is None:
        return Outcome(ScheduleJudged.ACCEPTED)
    connector = await _connector(unit, session)
    per_ampere = Decimal(places.capacity(connector)) / connector.amperage_max
    allowed = _allowed(session, connector)
    if within(told.meant, allowed, begun_at=session.started_at, watts_per_ampere=per_ampere):
        return Outcome(ScheduleJudged.ACCEPTED, session.id)
    minute = str(int(unit.now.timestamp() // 60))
    write_down(unit, station.holder, station.id, NEEDS, session.id, minute, session_id=session.id)
    return Outcome(ScheduleJudged.REJECTED, session.id)


async def _under_way(unit: Unit, station: Station, evse_no: int) -> Transaction | None:
    under_way = await store.charges.under_way(unit, [(station.holder, station.id)])
    return next((one for one in under_way if one.evse_no == evse_no and one.session_id), None)


async def _say(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    assert call.session_id is not None, "needs are those of a charge"
    charge = await store.charges.of_session(unit, call.holder, call.session_id)
    session = await sessions.find(unit, call.holder, call.holder, call.session_id)
    if charge is None or charge.stopped or session is None:
        return Verdict.REJECTED
    profile = _allowed(session, await _connector(unit, session))
    return LimitCharge(charge=charge.name, number=charge.number, evse_no=charge.evse_no, profile=profile)


def _allowed(session: Session, connector: Connector) -> ChargingProfile:
    feed = limited.feed(connector)
    wanted = merged(limited.wanted(session), begun_at=session.started_at, feed=feed)
    return wanted or ChargingProfile(unit=RateUnit.WATT, limits=(ProfileLimit(timedelta(), feed.watts),))


async def _connector(unit: Unit, session: Session) -> Connector:
    location = await locations.fetch(unit, session.holder, session.holder, session.location_id)
    return places.connector_of(places.evse_of(location, session.evse_uid), session.connector_id)


async def _said(unit: Unit, call: StationCall, answered: Answered) -> None:
    """A station that takes no profile has its own limits; nobody waits to hear of it."""


ERRAND = Errand(_say, _said)
