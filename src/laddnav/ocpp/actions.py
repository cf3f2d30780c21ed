"""What follows from what a station tells: each verb carries out one event in a Unit and says what the station hears."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from laddnav.db.unit import Database, Unit
from laddnav.kit.energy import Energy
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.kit.notes import Note
from laddnav.kit.refusal import Trouble
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.locations.rules import NoStation, UnknownEvse, UnknownLocation
from laddnav.metering.model import Doubt, DoubtKind
from laddnav.metering.notes import NoteKind, noted, watt_hours
from laddnav.ocpp import charges, credit, fallbacks, monitors, prices, reports, rules, store, variables
from laddnav.ocpp.model import Looked, Message, Outcome, Transaction
from laddnav.ocpp.tasks import going_on
from laddnav.ocpp.wire.answers import ChargeClosed, ChargeNamed, DataJudged, Noted, Registered, TimeTold, TokenJudged
from laddnav.ocpp.wire.events import (
    Beat,
    Booted,
    ChargeStarted,
    ChargeStopped,
    ConnectorsReported,
    ConnectorStatus,
    DataReceived,
    Measured,
    Remarked,
    StatusReported,
)
from laddnav.readings import actions as readings
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import Measurement
from laddnav.sessions.model import Status
from laddnav.sessions.rules import AlreadyEnded, UnknownSession
from laddnav.tokens import actions as tokens
from laddnav.tokens import rules as cards
from laddnav.tokens.actions import Asker
from laddnav.tokens.model import Allowed, Authorization

EVERYTHING = Looked()

SmallTalk = Beat | StatusReported | ConnectorsReported | Measured | Remarked | DataReceived


class ToldTwiceAtOnce(Trouble):
    """The same start came in twice at the same moment; whoever comes second asks again and hears what was answered."""


class Told(Struct, frozen=True):
    """What a Station, as it was when it came on the line, says that needs no Unit of its own."""

    station: Station
    event: SmallTalk


# Many at once --------------------------------------------------------------------------------------------------------


async def small_talk(unit: Unit, told: Sequence[Told]) -> list[Outcome]:
    """Beats, statuses and readings of many Stations in one Unit; each is answered in its place."""
    reported = {one.station.id for one in told if isinstance(one.event, StatusReported | ConnectorsReported)}
    stations = await locations.talking(unit, [one.station for one in told], anew=reported)
    told = [Told(stations[one.station.id], one.event) for one in told]
    measured = [(one.station, one.event) for one in told if isinstance(one.event, Measured)]
    found = await _measurements(unit, measured)
    measurements = [measurement for measurement, _ in found]
    await sessions.measure(unit, [one for one in measurements if one.readings])
    prices.moved(unit, measurements)
    for measurement, charge in found:
        if charge is not None and charge.bounded and measurement.session_id:
            session = await sessions.find(unit, charge.holder, charge.holder, charge.session_id)
            await credit.used_up(unit, measurement.station, charge, session)
    about = iter(measurements)
    outcomes: list[Outcome] = []
    for one in told:
        match one.event:
            case Beat():
                outcomes.append(Outcome(TimeTold(now=unit.now)))
            case StatusReported():
                await _report(unit, one.station, one.event)
                outcomes.append(Outcome(Noted()))
            case ConnectorsReported():
                if one.event.alerts is not None:
                    reports.keep(unit, one.station, one.event.alerts)
                outcomes.append(await charges.connectors(unit, one.station, one.event))
            case Remarked():
                outcomes.append(Outcome(Noted()))
            case Measured():
                outcomes.append(Outcome(Noted(), next(about).session_id))
            case DataReceived():
                outcomes.append(Outcome(DataJudged()))
    return outcomes


async def _report(unit: Unit, station: Station, report: StatusReported) -> None:
    """Kept in the station's own words, told on as the Evse's Status, and marked in the charge that it is about.

    Statuses count from when they arrive, for the newest word is what a driver finds; a charge's marks from when the
    station says, but never from the future.
    """
    where = dict(station.evses).get(report.evse_no)
    at = min(report.at or unit.now, unit.now)
    if where is None:
        if report.evse_no:  # a charge that no Evse of ours has may be there
            one = ConnectorStatus(evse_no=report.evse_no, connector_no=1, status=report.status, said=report.said)
            store.connectors.report(unit, station, one, at)
        return
    locations.evse_reported(
        unit, station, report.evse_no, status=report.said, error_code=report.error_code, info=report.info, at=at
    )
    holder = station.holder
    await locations.report_status(unit, holder, holder, where.location_id, where.evse_uid, report.status, unit.now)
    if report.activity is not None:
        await sessions.mark(unit, station, report.evse_no, report.activity, at)


async def _measurements(
    unit: Unit, measured: Sequence[tuple[Station, Measured]]
) -> list[tuple[Measurement, Transaction | None]]:
    """Whose readings these are, each in its place, with the charge that they are of."""
    named = {(station.holder, station.id, int(one.charge)) for station, one in measured if one.charge is not None}
    by_number = await store.charges.by_numbers(unit, named)
    lost = {
        (station.holder, station.id)
        for station, one in measured
        if one.evse_no and (one.charge is None or (station.id, int(one.charge)) not in by_number)
    }
    under_way = await store.charges.under_way(unit, sorted(lost))
    return [_measurement(station, one, by_number, under_way) for station, one in measured]


def _measurement(
    station: Station,
    one: Measured,
    by_number: dict[tuple[str, int], Transaction],
    under_way: Sequence[Transaction],
) -> tuple[Measurement, Transaction | None]:
    """Readings under no name, or under one that was never given, belong to what is charging at that Evse."""
    charge = None if one.charge is None else by_number.get((station.id, int(one.charge)))
    if charge is None and one.readings:
        first = min(reading.at for reading in one.readings)
        at_evse = (each for each in under_way if (each.station_id, each.evse_no) == (station.id, one.evse_no))
        charge = next((each for each in at_evse if each.started_at <= first), None)
    measurement = Measurement(
        station=station,
        evse_no=one.evse_no if charge is None else charge.evse_no,
        session_id=None if charge is None else charge.session_id or None,
        readings=one.readings,
    )
    return measurement, charge


# One at a time -------------------------------------------------------------------------------------------------------


async def boot(unit: Unit, station: Station, booted: Booted) -> Outcome:
    locations.booted(
        unit,
        station,
        vendor=booted.vendor,
        model=booted.model,
        serial_number=booted.serial_number,
        firmware=booted.firmware,
    )
    await variables.booted(unit, station, booted.firmware)
    await monitors.booted(unit, station)
    await fallbacks.booted(unit, station)
    await going_on.booted(unit, station, booted.firmware)
    return Outcome(Registered(registration=rules.registration(station), now=unit.now, interval=rules.interval(station)))


async def judge(
    database: Database, station: Station, uid: str, ask: Asker | None, *, evse_no: int | None = None, anew: bool = True
) -> tuple[str, Authorization, str | None]:
    """(the uid behind what the Station shows, the verdict on it, the group in which a reservation there has it).

    Opens Units of its own, and none while it asks. `anew` False: a good verdict of some minutes ago will do, as it does
    for the driver who showed the card then.
    """
    async with database.unit() as unit:
        uid, given, group_id = await _known(unit, station, uid, anew)
    if given is None:
        evse = _evse(station, evse_no)
        given = await tokens.authorize(database, station.holder, uid, evse=evse, ask=ask)
    return uid, given, group_id


async def _known(unit: Unit, station: Station, uid: str, anew: bool) -> tuple[str, Authorization | None, str | None]:
    """Whoever had a start or a reservation asked for was let in there and then."""
    statuses = None if rules.is_stand_in(uid) else (Status.PENDING, Status.RESERVATION)
    holder = station.holder
    for session in await sessions.page(unit, holder, holder, statuses=statuses, station_id=station.id, limit=20):
        token = rules.meant(uid, session)
        if token is not None:
            let_in = rules.commanded(session, token, unit.now)
            return token.uid, Authorization(allowed=Allowed.ALLOWED) if let_in else None, rules.group_of(session)
    given = None if anew else await tokens.given_before(unit, holder, uid)
    return uid, given if given is not None and given.allowed is Allowed.ALLOWED else None, None


def _evse(station: Station, evse_no: int | None) -> EvseRef | None:
    """The one that is meant; a card shown to a station with several could be for any of them."""
    if evse_no is not None:
        return dict(station.evses).get(evse_no)
    return station.evses[0][1] if len(station.evses) == 1 else None


async def told_before(unit: Unit, station: Station, start: ChargeStarted) -> Outcome | None:
    """The answer that this start had the first time; None: it is news."""
    known = await store.charges.named_as(unit, station.holder, station.id, start)
    if known is None:
        return None
    session = await sessions.find(unit, station.holder, station.holder, known.session_id)
    allowed = session is not None and session.allowed
    return Outcome(ChargeNamed(charge=str(known.number), token=rules.settled_as(allowed)), known.session_id or None)


async def start(unit: Unit, station: Station, start: ChargeStarted, uid: str, given: Authorization) -> Outcome:
    """A charge begins, and ends at once where its stop came first. Raises ToldTwiceAtOnce.

    At a number behind which no Evse stands it is a doubt, and the station gets a number all the same: refusing it
    would only make it ask again (OCPP 1.6 §4.8).
    """
    session_id, cost_max = "", None
    given = await credit.judged(unit, given)
    judged = rules.judged(given, now=unit.now)
    try:
        session = await sessions.begin(
            unit,
            station=station,
            evse_no=start.evse_no,
            uid=uid,
            given=given,
            at=start.at,
            register=Energy(start.register),
            reservation_no=start.reservation_no,
        )
        session_id = session.id
        cost_max = await credit.of_charge(unit, session, given)
        if cost_max is not None and cost_max <= 0:
            credit.stop(unit, station, session.id)
    except (NoStation, UnknownLocation, UnknownEvse):
        nowhere = noted(NoteKind.NO_EVSE_COUNTED, number=start.evse_no, register_wh=watt_hours(start.register))
        _doubt(unit, station, "", DoubtKind.UNKNOWN_EVSE, start, nowhere)
    number = await store.charges.name(unit, station.holder, station.id, start, session_id, cost_max)
    if number is None:
        raise ToldTwiceAtOnce("the same start was told at the same moment")
    await _stop_that_came_first(unit, station, start)
    return Outcome(ChargeNamed(charge=str(number), token=judged), session_id or None)


async def _stop_that_came_first(unit: Unit, station: Station, start: ChargeStarted) -> None:
    stray = rules.stray_of(start, await store.charges.strays(unit, station.holder, station.id))
    if stray is None:
        return
    begun = await store.charges.named_as(unit, station.holder, station.id, start)
    assert begun is not None, "it was named a statement ago"
    store.charges.forget_stray(unit, station.holder, station.id, stray)
    await _end(unit, station, begun, stray, told_now=False)
    for doubt in await readings.open_doubts(unit, station.holder):
        if (doubt.station_id, doubt.kind, doubt.at) == (station.id, DoubtKind.STOP_WITHOUT_START, stray.at):
            await readings.settle_doubt(unit, station.holder, doubt.id)


async def stop(unit: Unit, station: Station, stop: ChargeStopped) -> Outcome:
    """A charge ends. One that nobody knows here is kept, as a doubt, until its start comes; it is not billed."""
    charge = await _meant(unit, station, stop)
    if charge is None:
        store.charges.keep_stray(unit, station.holder, station.id, stop)
        without = noted(NoteKind.NO_START, register_wh=watt_hours(stop.register))
        _doubt(unit, station, "", DoubtKind.STOP_WITHOUT_START, stop, without)
        return Outcome(ChargeClosed(token=await _stopper(unit, station, stop, None)))
    if not charge.told_over:
        await _end(unit, station, charge, stop)
        prices.ended(unit, station, charge.session_id)
    elif charge.stop_key != stop.natural_key:
        otherwise = noted(NoteKind.STOPPED_AGAIN, register_wh=watt_hours(stop.register))
        _doubt(unit, station, charge.session_id, DoubtKind.READING_AFTER_STOP, stop, otherwise)
    return Outcome(ChargeClosed(token=await _stopper(unit, station, stop, charge)), charge.session_id or None)


async def _meant(unit: Unit, station: Station, stop: ChargeStopped) -> Transaction | None:
    """The charge of this name; without one, or under a name that we never gave, the only one that it can be."""
    if stop.charge is not None:
        charge = await store.charges.by_number(unit, station.holder, station.id, int(stop.charge))
        if charge is not None:
            return charge
    under_way = await store.charges.under_way(unit, [(station.holder, station.id)])
    return rules.nameless(stop, under_way)


async def _end(
    unit: Unit, station: Station, charge: Transaction, stop: ChargeStopped, *, told_now: bool = True
) -> None:
    store.charges.stop(unit, charge, stop.natural_key)
    if not charge.session_id:
        return
    try:
        await sessions.stop(
            unit,
            holder=station.holder,
            session_id=charge.session_id,
            at=stop.at,
            register=Energy(stop.register),
            reason=stop.reason,
            last_readings=stop.readings,
            on_line_since=station.connected_at if told_now else None,
        )
    except (AlreadyEnded, UnknownSession):
        why = noted(NoteKind.ENDED_LATE, register_wh=watt_hours(stop.register))
        _doubt(unit, station, charge.session_id, DoubtKind.READING_AFTER_STOP, stop, why)


async def _stopper(unit: Unit, station: Station, stop: ChargeStopped, charge: Transaction | None) -> TokenJudged | None:
    """What we say of the card that ended it. Nobody can be kept from ending a charge, so nobody else is asked."""
    if stop.uid is None:
        return None
    if charge is not None and fold(stop.uid) == fold(charge.uid):
        return rules.settled_as(True)
    token = cards.chosen(await tokens.by_uid(unit, station.holder, stop.uid), station.holder, unit.now)
    return rules.judged(cards.nobody_knows(None) if token is None else cards.decided(token, unit.now, None))


def _doubt(
    unit: Unit, station: Station, session_id: str, kind: DoubtKind, told: ChargeStarted | ChargeStopped, note: Note
) -> None:
    readings.raise_doubts(unit, station.holder, session_id, station.id, [Doubt(kind=kind, at=told.at, note=note)])


# Reads ---------------------------------------------------------------------------------------------------------------


async def messages(
    unit: Unit, station: Station, *, looked: Looked = EVERYTHING, after: int | None = None, limit: int = 100
) -> Sequence[Message]:
    """Every frame in both directions, newest last: those after this one, or else the newest."""
    if after is None:
        return (await earlier_messages(unit, station, looked=looked, limit=limit))[::-1]
    return await store.looked.after(unit, station, looked, after, limit)


async def earlier_messages(
    unit: Unit, station: Station, *, looked: Looked = EVERYTHING, before: int | None = None, limit: int = 100
) -> Sequence[Message]:
    """Those before this one, or else the newest; newest first."""
    return await store.looked.before(unit, station, looked, before, limit)


async def messages_of_session(unit: Unit, holder: PartyId, session_id: str) -> Sequence[Message]:
    return await store.frames.of_session(unit, holder, session_id)
