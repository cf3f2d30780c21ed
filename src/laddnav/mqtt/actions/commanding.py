"""The verb by which a home says what it wants."""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.locations import actions as locations
from laddnav.mqtt import store, wire
from laddnav.mqtt.events import HomeChanged
from laddnav.mqtt.model import ChargePoint
from laddnav.sessions import actions as sessions
from laddnav.sessions import rules as charging
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed

START_NEEDS = "No car charges; it begins with a card, as none was set with which the home may start"


async def command(
    database: Database, holder: PartyId, broker: str, key: str, what: str, payload: bytes, *, retained: bool
) -> ChargePoint | None:
    """What came of it is said at the charge point's `message`; None: nothing of this name was put under this broker.

    A command that is kept by the broker was given in another hour, and is not carried out.
    """
    starts = False
    async with database.unit() as unit:
        point = await store.point_by_key(unit, holder, broker, key, lock=True)
        if point is None:
            return None
        before = point
        if retained:
            point = replace(point, said=f"{what}: a command is not to be retained")
        else:
            try:
                wanted = wire.obeyed(point, what, payload)
            except wire.NotUnderstood as refused:
                point = replace(point, said=str(refused))
            else:
                starts = wanted.charge and what in ("charge", "mode")
                point = replace(point, wanted=wanted, said="", done=replace(point.done, refused_at=None))
        if point != before:
            store.put_point(unit, point)
            unit.announce(HomeChanged(holder=holder, broker=broker))
    if starts:
        point = await _start(database, point) or point
    database.wake()
    return point


async def _start(database: Database, point: ChargePoint) -> ChargePoint | None:
    """With the card that was set for this, judged as at the station; where a car charges, nothing is started."""
    async with database.unit() as unit:
        station = await locations.station(unit, point.station_id)
        where = dict(station.evses).get(point.evse_no)
        open_there = () if where is None else await sessions.under_way_at(unit, point.holder, where)
        if where is None or open_there:
            return None
        card = None if point.token_ref is None else (await tokens.by_ref(unit, point.token_ref))[1]
    if card is None:
        return await _say(database, point, START_NEEDS)
    try:
        given = await tokens.authorize(database, point.holder, card.uid, evse=where)
        if given.allowed is not Allowed.ALLOWED:
            return await _say(database, point, f"The card of this home may not charge here: {given.allowed}")
        token = charging.token_of(given, point.holder, card.uid)
        async with database.unit() as unit:
            await sessions.request_start(unit, holder=point.holder, token=token, evse=where, reference=given.reference)
    except Refusal as refused:
        return await _say(database, point, str(refused))
    return await _say(database, point, "The station was asked to start")


async def _say(database: Database, point: ChargePoint, said: str) -> ChargePoint:
    async with database.unit() as unit:
        now = await store.point(unit, point.holder, point.station_id, point.evse_no, lock=True) or point
        store.put_point(unit, replace(now, said=said))
        unit.announce(HomeChanged(holder=point.holder, broker=point.broker))
    return replace(now, said=said)
