"""The verb by which it is known what goes on at charge points, of one holder at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from msgspec import Struct

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.locations.model import Evse, Station, Status
from laddnav.metering.model import Measurand, Reading
from laddnav.mqtt.actions.carrying_out import going_on
from laddnav.mqtt.model import ChargePoint
from laddnav.mqtt.wire import Seen
from laddnav.parties import actions as parties
from laddnav.readings import actions as readings
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Session

READ_SINCE = timedelta(minutes=10)  # what a meter said before says nothing of now
VOLTS = Decimal(230)
THOUSAND = Decimal(1000)


class Sight(Struct, frozen=True, kw_only=True):
    """A charge point with what is known of it, its charge if one goes on, and what its Station says it is."""

    point: ChargePoint
    seen: Seen
    session: Session | None
    model: str | None
    maker: str | None


async def see(
    unit: Unit, holder: PartyId, points: Sequence[ChargePoint], known: Mapping[str, Session]
) -> tuple[Sequence[Sight], Mapping[str, Session]]:
    """`known` are Sessions from before by id, ended ones among them; what is newer is given back with them."""
    stations = await locations.stations_named(unit, {one.station_id for one in points})
    charging = await sessions.charging_at(unit, holder, sorted(stations), known.values())
    drawn = await readings.newest(unit, holder, [one.id for one in charging], unit.now - READ_SINCE)
    evses = await _evses(unit, holder, [stations[one.station_id] for one in points if one.station_id in stations])
    currency = (await parties.fetch(unit, holder)).currency
    after = {one.id: one for one in charging}
    found: list[Sight] = []
    for point in points:
        station = stations.get(point.station_id)
        session = going_on(charging, point)
        last = session or await _last(unit, point, known)
        if last is not None:
            after[last.id] = last
        evse = None if station is None else evses.get(dict(station.evses).get(point.evse_no))
        found.append(
            Sight(
                point=point,
                session=session,
                seen=_seen(
                    online=station is not None and station.connected_at is not None,
                    status=Status.UNKNOWN if evse is None else evse.status,
                    session=session,
                    last=last,
                    said=() if session is None else drawn.get(session.id, ()),
                    currency=currency,
                ),
                model=None if station is None else station.model,
                maker=None if station is None else station.vendor,
            )
        )
    return found, after


async def _evses(unit: Unit, holder: PartyId, stations: Iterable[Station]) -> dict[object, Evse]:
    refs = {ref for station in stations for _, ref in station.evses}
    found: dict[object, Evse] = {}
    for id in {ref.location_id for ref in refs}:
        location = await locations.find(unit, holder, holder, id)
        for evse in () if location is None else location.evses:
            found |= {ref: evse for ref in refs if ref.location_id == id and ref.evse_uid == evse.uid}
    return found


async def _last(unit: Unit, point: ChargePoint, known: Mapping[str, Session]) -> Session | None:
    """The charge that was there before, as it ended, where that is known."""
    mine = [one for one in known.values() if (one.station_id, one.evse_no) == (point.station_id, point.evse_no)]
    if not mine:
        return None
    last = max(mine, key=lambda one: one.started_at)
    return last if last.ended_at is not None else await sessions.find(unit, last.holder, last.owner, last.id)


def _seen(
    *,
    online: bool,
    status: Status,
    session: Session | None,
    last: Session | None,
    said: Sequence[Reading],
    currency: str,
) -> Seen:
    registers = [one.register for one in said if one.register is not None]
    register = registers[-1].wh if registers else None if last is None else last.meter_stopped
    if register is None and last is not None and last.meter_started is not None:
        register = last.meter_started + last.energy.wh
    cost = None if last is None else last.cost
    return Seen(
        online=online,
        status=status,
        charging=session is not None,
        watts=None if session is None else watts(said),
        amps=None if session is None else amps(said),
        register_kwh=None if register is None else register / THOUSAND,
        session_kwh=None if last is None else last.energy.wh / THOUSAND,
        cost=None if cost is None else cost.after_taxes,
        currency=currency if last is None else last.currency,
    )


def watts(said: Iterable[Reading]) -> Decimal | None:
    """What the car draws now: as the meter says, else by its currents, else between its last two registers."""
    powers = {one.phase: one for one in said if one.measurand == Measurand.POWER_IMPORT}
    whole = powers.pop(None, None)
    newest = max(powers.values(), key=lambda one: one.at, default=None)
    if whole is not None and (newest is None or whole.at >= newest.at):
        return whole.value
    if powers:
        return sum((one.value for one in powers.values()), Decimal(0))
    by_phase = amps(said)
    if by_phase is not None:
        return sum(by_phase, Decimal(0)) * VOLTS
    registers = [one for one in said if one.register is not None]
    if len(registers) < 2 or registers[-1].at <= registers[-2].at:
        return None
    hours = Decimal((registers[-1].at - registers[-2].at) / timedelta(hours=1))
    return (registers[-1].value - registers[-2].value) / hours


def amps(said: Iterable[Reading]) -> tuple[Decimal, Decimal, Decimal] | None:
    """By phase; None where no meter says it."""
    by_phase = {one.phase: one.value for one in said if one.measurand == Measurand.CURRENT_IMPORT and one.phase}
    if not by_phase:
        return None
    first, second, third = (by_phase.get(name, by_phase.get(f"{name}-N", Decimal(0))) for name in ("L1", "L2", "L3"))
    return first, second, third
