"""Errands to a Station: what each kind says when its turn comes, and who hears what came of it."""

from __future__ import annotations

from laddnav.db.unit import Unit
from laddnav.locations import actions as locations
from laddnav.ocpp import (
    both_ways,
    carrying,
    charges,
    closing,
    fallbacks,
    monitors,
    needs,
    outcasts,
    prices,
    rules,
    store,
    streams,
    variables,
)
from laddnav.ocpp.cures import actions as cures
from laddnav.ocpp.errand import Answered, Errand
from laddnav.ocpp.model import StationCall, Transaction
from laddnav.ocpp.security import leading, passwords, roots, signing
from laddnav.ocpp.tasks import going_on
from laddnav.ocpp.wanted import (
    ADJUST,
    CLOSE,
    CURE,
    FREE,
    KEEP,
    MONITORS,
    REPORT,
    START,
    STOP,
    STORY,
    TASK,
    UNLOCK,
    about,
)
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.requests import (
    FreeEvse,
    KeepEvse,
    ReportCharge,
    Request,
    StartCharge,
    StopCharge,
    StoryTold,
    Unlock,
    Verdict,
)
from laddnav.ocpp.wire.security import SetPassword
from laddnav.reservations import actions as reservations
from laddnav.reservations.model import State
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Session, Status

# Starts and stops -----------------------------------------------------------------------------------------------------


async def _start(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    session = await _session(unit, call)
    if session is None or session.status is Status.INVALID:
        return Verdict.REJECTED
    if session.status in (Status.PENDING, Status.RESERVATION):
        return StartCharge(
            uid=rules.shown_to_station(session, dialect.uid_max),
            token_type=session.token.type,
            number=rules.number_of_start(session.id),
            evse_no=session.evse_no,
        )
    return Verdict.REJECTED if _never_used(session) else Verdict.ACCEPTED


def _never_used(session: Session) -> bool:
    return session.reserved is not None and session.reserved.used_at is None


async def _started(unit: Unit, call: StationCall, answered: Answered) -> None:
    assert call.session_id is not None, "a start is about a Session"
    await sessions.answer_start(unit, call.holder, call.session_id, rules.command_result(answered))


async def _stop(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    charge = await _charge(unit, call)
    if charge is None:
        return Verdict.REJECTED
    return Verdict.ACCEPTED if charge.stopped else StopCharge(charge=charge.name)


async def _stopped(unit: Unit, call: StationCall, answered: Answered) -> None:
    assert call.session_id is not None, "a stop is about a Session"
    await sessions.answer_stop(unit, call.holder, call.session_id, rules.command_result(answered), call.request)


# Reservations ---------------------------------------------------------------------------------------------------------


async def _keep(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    one = await reservations.numbered(unit, call.holder, about(call).number)
    if one is None or one.state not in (State.ASKED, State.HELD):
        return Verdict.REJECTED
    uid = rules.uid_for_station(one.token.uid, rules.reservation_named(one.number), dialect.uid_max)
    return KeepEvse(
        number=one.number,
        evse_no=one.evse_no,
        uid=uid,
        token_type=one.token.type,
        group_id=rules.group_of_reservation(one.number, one.tokens),
        until=one.wanted_until or one.until,
    )


async def _kept(unit: Unit, call: StationCall, answered: Answered) -> None:
    result = rules.command_result(answered)
    await reservations.answer(unit, call.holder, about(call).number, result, call.request)


async def _free(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    return FreeEvse(number=about(call).number)


async def _freed(unit: Unit, call: StationCall, answered: Answered) -> None:
    result = "UNKNOWN_RESERVATION" if answered is Verdict.UNKNOWN else rules.command_result(answered)
    await reservations.answer_cancel(unit, call.holder, about(call).number, result, call.request)


# Plugs ----------------------------------------------------------------------------------------------------------------


async def _unlock(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    return Unlock(evse_no=about(call).evse_no)


async def _unlocked(unit: Unit, call: StationCall, answered: Answered) -> None:
    locations.answer_unlock(unit, call.holder, call.station_id, rules.command_result(answered), call.request)


# Charges that are told in numbered events -----------------------------------------------------------------------------


async def _ask_after(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    name = about(call).charge
    found = await store.charges.story(unit, call.holder, call.station_id, name)
    if found is None or found[0].stopped or ReportCharge not in dialect.asks:
        return Verdict.REJECTED
    return ReportCharge(charge=name)


async def _told_more(unit: Unit, call: StationCall, answered: Answered) -> None:
    if isinstance(answered, StoryTold):
        station = await locations.station(unit, call.station_id)
        await charges.close(unit, station, about(call).charge, answered)


ERRANDS: dict[str, Errand] = {
    **leading.ERRANDS,
    **roots.ERRANDS,
    **signing.ERRANDS,
    SetPassword.__name__: passwords.ERRAND,
    STORY: Errand(_ask_after, _told_more),
    START: Errand(_start, _started),
    STOP: Errand(_stop, _stopped),
    KEEP: Errand(_keep, _kept),
    FREE: Errand(_free, _freed),
    UNLOCK: Errand(_unlock, _unlocked),
    REPORT: variables.ERRAND,
    MONITORS: monitors.ERRAND,
    ADJUST: streams.ERRAND,
    both_ways.ALLOW: both_ways.ERRAND,
    needs.NEEDS: needs.ERRAND,
    **prices.ERRANDS,
    TASK: going_on.ERRAND,
    CURE: cures.ERRAND,
    CLOSE: closing.ERRAND,
    outcasts.TAKE_OUT: outcasts.ERRAND,
    **carrying.ERRANDS,
    fallbacks.FALLBACK: fallbacks.ERRAND,
}


async def _session(unit: Unit, call: StationCall) -> Session | None:
    return None if call.session_id is None else await sessions.find(unit, call.holder, call.holder, call.session_id)


async def _charge(unit: Unit, call: StationCall) -> Transaction | None:
    return None if call.session_id is None else await store.charges.of_session(unit, call.holder, call.session_id)
