"""Verbs by which what a home wants comes to hold for the charge that goes on, and no longer than that."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.locations.rules import NoStation
from laddnav.mqtt import rules, store, wire
from laddnav.mqtt.events import HomeChanged
from laddnav.mqtt.model import HOME, ChargePoint, HomeAsked
from laddnav.scheduling.surplus import Following
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import limiting, preferring
from laddnav.sessions.events import Limiting, LimitsAnswered
from laddnav.sessions.model import PreferencesAnswer, Session, Status, Voice
from laddnav.sessions.rules import AlreadyEnded, NoPreferences, UnknownSession

UNKNOWN = Decimal(-1)  # what holds at a Station that has refused
OFFLINE = "The station is offline; this is done when it is back"


async def carry_out(unit: Unit, point: ChargePoint, session: Session, roof: Following | None) -> ChargePoint:
    """What was not asked of this charge yet is asked; the same twice is asked once."""
    before, point = point, await store.point(unit, point.holder, point.station_id, point.evse_no, lock=True) or point
    if point.done.session_id != session.id:
        point = replace(point, done=HomeAsked(session_id=session.id))
    point = await _limit(unit, point, session, roof)
    point = await _prefer(unit, point, session)
    if point != before:
        store.put_point(unit, point)
        unit.announce(HomeChanged(holder=point.holder, broker=point.broker))
    return point


async def _limit(unit: Unit, point: ChargePoint, session: Session, roof: Following | None) -> ChargePoint:
    asked = rules.limit_due(point, session.id, roof, unit.now)
    if asked is None:
        return point
    try:
        await limiting.set_limits(
            unit, point.holder, session.id, rules.profile(asked, unit.now), by=HOME, request=unit.new_id()
        )
    except NoStation:
        return replace(point, said=OFFLINE)
    except (AlreadyEnded, UnknownSession):
        return point
    return replace(point, done=replace(point.done, amps=asked.amps, phases=asked.phases, refused_at=None))


async def _prefer(unit: Unit, point: ChargePoint, session: Session) -> ChargePoint:
    if not rules.wish_due(point, session.id):
        return point
    wanted, done = point.wanted, point.done
    point = replace(point, done=replace(done, mode=wanted.mode, departs=wanted.departs, need_kwh=wanted.need_kwh))
    try:
        wants = rules.preferences(wanted, unit.now, session.time_zone)
        answered = await preferring.prefer(unit, point.holder, session.id, wants, by=Voice.DRIVER)
    except (AlreadyEnded, UnknownSession, NoPreferences):
        return point
    if answered.answer is PreferencesAnswer.ACCEPTED:
        return point
    return replace(point, said=f"{wanted.mode}: {answered.answer}")


async def let_go(unit: Unit, point: ChargePoint) -> None:
    """What goes on there is limited by the home no more."""
    for session in await sessions.charging_at(unit, point.holder, [point.station_id]):
        if session.evse_no == point.evse_no and point.done.session_id == session.id and point.done.amps is not None:
            try:
                await limiting.clear_limits(unit, point.holder, session.id, by=HOME, request=unit.new_id())
            except (NoStation, AlreadyEnded):
                continue


async def limits_answered(database: Database, answered: LimitsAnswered) -> None:
    """Hears what a Station made of what a home limited, and keeps it to be told there."""
    if answered.by != str(HOME) or answered.what is not Limiting.SET:
        return
    async with database.unit() as unit:
        session = await sessions.find(unit, answered.holder, answered.holder, answered.session_id)
        if session is None or session.station_id is None or session.evse_no is None:
            return
        point = await store.point(unit, answered.holder, session.station_id, session.evse_no, lock=True)
        if point is None or point.done.session_id != session.id:
            return
        if answered.result == "ACCEPTED":
            said = _kept(point.done.amps)
            after = replace(point, said=said)
        else:
            # Asked again with the next command, the next charge, or after a while.
            done = replace(point.done, refused_at=unit.now, amps=UNKNOWN)
            after = replace(point, done=done, said=f"The station refused the limit: {answered.result}")
        if after != point:
            store.put_point(unit, after)
            unit.announce(HomeChanged(holder=point.holder, broker=point.broker))
    database.wake()


def _kept(amps: Decimal | None) -> str:
    if amps is None:
        return ""
    return "The station has paused" if amps == 0 else f"The station keeps to {wire.plain(amps)} A"


def going_on(found: Sequence[Session], point: ChargePoint) -> Session | None:
    """The charge at this Evse."""
    return next(
        (
            one
            for one in found
            if (one.station_id, one.evse_no) == (point.station_id, point.evse_no) and one.status is Status.ACTIVE
        ),
        None,
    )
