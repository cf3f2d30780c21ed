"""Charges that a Station tells in numbered events under a name of its own, in whatever order these arrive.

A Session begins once its start is told, its Evse known and a card shown, and is stopped once the end is told and
nothing before it is missing (OCPP 2.0.1 part 2 E01 to E14).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit import json
from laddnav.kit.energy import Energy
from laddnav.kit.ids import fold
from laddnav.kit.notes import Note
from laddnav.locations import actions as locations
from laddnav.locations.model import Station, Status
from laddnav.locations.rules import UnknownEvse, UnknownLocation
from laddnav.metering.model import Doubt, DoubtKind
from laddnav.metering.notes import NoteKind, noted, watt_hours
from laddnav.ocpp import credit, prices, rules, store
from laddnav.ocpp.model import Outcome, Transaction
from laddnav.ocpp.wanted import STORY, About, write_down
from laddnav.ocpp.wire.answers import Noted, StoryHeard, TokenJudged
from laddnav.ocpp.wire.events import ChargeTold, ConnectorsReported, Stage
from laddnav.ocpp.wire.requests import StoryTold
from laddnav.readings import actions as readings
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import Measurement
from laddnav.sessions.model import Session
from laddnav.sessions.model import Status as Course
from laddnav.sessions.rules import AlreadyEnded, UnknownSession, last_word
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Authorization

ASK_AGAIN = timedelta(minutes=1)
EARLY_AT_MOST = 200  # of a charge that nobody pays for, these last ones are enough for whoever is let in after all


class Shown(Struct, frozen=True, kw_only=True):
    """Who wants to charge, and the verdict: `uid` is the one behind what the Station says."""

    uid: str
    given: Authorization
    group_id: str | None


async def shows(unit: Unit, station: Station, told: ChargeTold) -> tuple[str, int | None] | None:
    """(the card to be judged before this event is taken, the Evse that it wants); None where none is.

    A card is judged whenever it is shown, but for one that ends a charge or is at its charge already; one that was
    shown too early, once more when its charge can begin with it.
    """
    if told.stage is Stage.ENDED:
        return None
    found = await store.charges.story(unit, station.holder, station.id, told.charge, told.number)
    charge = None if found is None or await _is_another(unit, *found, told) else _with(found[0], told)
    if charge is None:
        return None if told.uid is None else (told.uid, told.evse_no)
    uid = told.uid or (charge.uid if _may_begin(station, charge) else "")
    if not uid or (charge.session_id and fold(uid) == fold(charge.uid)):
        return None
    return uid, charge.evse_no or None


async def tell(unit: Unit, station: Station, told: ChargeTold, shown: Shown | None) -> Outcome:
    """What this event makes of its charge; one that came before is answered again and changes nothing.

    A number alone does not make it one: there are Stations that count anew once they were reset.
    """
    store.charges.open_story(unit, station.holder, station.id, told)
    found = await store.charges.story(unit, station.holder, station.id, told.charge, told.number, lock=True)
    assert found is not None, "it was opened a statement ago"
    charge, knows = found
    if await _is_another(unit, charge, knows, told):
        await _set_aside(unit, station, charge)
        return await tell(unit, station, told, shown)
    if knows and not await _is_news(unit, charge, told):
        return Outcome(await _heard(unit, station, charge, told, shown), charge.session_id or None)
    if charge.stopped and not charge.told_over and not charge.session_id:  # of what is over nothing is told
        charge = replace(charge, stopped=False, stop_key=None)
    if shown is not None:
        shown = replace(shown, given=await credit.judged(unit, shown.given))
    before, charge = charge, _with(charge, told, shown)
    pays = await _pays(unit, charge, told, shown) if _may_begin(station, charge) else None
    if pays is not None:
        charge = await _begin(unit, station, charge, told, pays)
    elif shown is not None and told.uid is not None and _lets_in(shown) and charge.session_id:
        charge = await _take_over(unit, station, charge, told, shown)
    elif charge.session_id and charge.begins_at != before.begins_at:
        at = charge.begins_at or told.at
        register = await _register(unit, charge, told, at)
        if await sessions.began_otherwise(unit, charge.holder, charge.session_id, at, register) is not None:
            charge = await _tell_again(unit, station, charge)
    elif told.stage is Stage.STARTED and charge.evse_no and charge.evse_no not in dict(station.evses):
        nowhere = noted(NoteKind.NO_EVSE, number=charge.evse_no)
        _doubt(unit, charge, DoubtKind.UNKNOWN_EVSE, told, nowhere)
    older = told.stage is not Stage.ENDED and charge.begins_at is not None and told.at < charge.begins_at
    if older and told.registers and charge.session_id and charge.begins_at is not None:
        # What was read last before it began is heard after it: where its register stood then was another.
        register = await _register(unit, charge, told, charge.begins_at)
        await sessions.began_otherwise(unit, charge.holder, charge.session_id, charge.begins_at, register)
    await _follow(unit, station, replace(charge, session_id="") if older else charge, told)
    if (older or charge.refused or not charge.session_id) and told.stage is not Stage.ENDED:
        charge = _kept(charge, (*_early(charge), told)[-EARLY_AT_MOST:])
    if told.stage is Stage.ENDED and charge.told_over:
        _ended_once_more(unit, charge, told)
    elif told.stage is Stage.ENDED:
        charge = replace(charge, ending=json.encode(told).decode())
    ending = None if charge.ending is None else json.decode(charge.ending, ChargeTold)
    complete = await store.charges.hear(unit, charge, told, None if ending is None else ending.number)
    if ending is not None and not charge.told_over:
        if complete:
            await _end(unit, station, charge, ending, told_now=told.stage is Stage.ENDED)
        else:
            _ask_for_the_rest(unit, station, charge, told.number)
    await show(unit, station, charge.evse_no)
    return Outcome(await _heard(unit, station, charge, told, shown), charge.session_id or None)


async def connectors(unit: Unit, station: Station, reported: ConnectorsReported) -> Outcome:
    """Kept for each Connector in the Station's words, and told on as the Status of its Evse."""
    for one in reported.connectors:
        store.connectors.report(unit, station, one, min(one.at or unit.now, unit.now))
    for evse_no in {one.evse_no for one in reported.connectors}:
        await show(unit, station, evse_no)
    return Outcome(Noted())


async def show(unit: Unit, station: Station, evse_no: int) -> None:
    """An Evse charges while a charge of somebody is under way there; else it is as its Connectors are."""
    where = dict(station.evses).get(evse_no)
    if where is None:
        return
    holder = station.holder
    under_way = await store.charges.under_way(unit, [(holder, station.id)])
    here = [one.session_id for one in under_way if one.evse_no == evse_no and one.session_id and one.ending is None]
    charges = False
    for session_id in here:  # the next charge there ended one whose own end never came
        session = await sessions.find(unit, holder, holder, session_id)
        charges = charges or (session is not None and session.status is Course.ACTIVE)
    found = await store.connectors.of_evse(unit, station, evse_no)
    if not found and not charges:  # what we told of it ourselves is over with the charge
        await locations.vacated(unit, holder, where, Status.CHARGING)
        return
    status = Status.CHARGING if charges else rules.of_connectors([status for status, _, _ in found])
    said = ", ".join(dict.fromkeys(said for _, said, _ in found)) or "Occupied"
    since = max((at for _, _, at in found), default=unit.now)
    locations.evse_reported(unit, station, evse_no, status=said, error_code=None, info=None, at=since)
    await locations.report_status(unit, holder, holder, where.location_id, where.evse_uid, status, unit.now)


async def close(unit: Unit, station: Station, name: str, told: StoryTold) -> None:
    """The Station says whether more is to come; of what never comes the charge is closed without it (E14)."""
    found = await store.charges.story(unit, station.holder, station.id, name, lock=True)
    if found is None or found[0].told_over or told.more:
        return
    charge, _ = found
    if charge.ending is None:
        return
    await _close_without_the_rest(unit, station, charge, json.decode(charge.ending, ChargeTold))


async def _close_without_the_rest(unit: Unit, station: Station, charge: Transaction, ending: ChargeTold) -> None:
    if charge.session_id:
        _doubt(unit, charge, DoubtKind.GAP, ending, noted(NoteKind.REST_LOST))
    await _end(unit, station, charge, ending)
    await show(unit, station, charge.evse_no)


async def ask_after(database: Database) -> None:
    """Every charge that ended and of which something is missing: its Station is asked again, minute by minute."""
    async with database.unit() as unit:
        for charge in await store.charges.incomplete(unit):
            round_no = int(unit.now.timestamp() // ASK_AGAIN.total_seconds())
            about = About(charge=charge.name)
            write_down(unit, charge.holder, charge.station_id, STORY, charge.name, f"round {round_no}", about=about)
    database.wake()


async def _is_another(unit: Unit, charge: Transaction, knows: bool, told: ChargeTold) -> bool:
    """Whether another charge begins under the same name and number: a repetition of the start is older."""
    return knows and told.stage is Stage.STARTED and await _is_later(unit, charge, told)


async def _is_news(unit: Unit, charge: Transaction, told: ChargeTold) -> bool:
    return (told.stage is Stage.ENDED and charge.ending is None) or await _is_later(unit, charge, told)


async def _is_later(unit: Unit, charge: Transaction, told: ChargeTold) -> bool:
    """Whether this was told of an instant after everything that is known of the charge."""
    if charge.ending is not None:
        return told.at > json.decode(charge.ending, ChargeTold).at
    session = await sessions.find(unit, charge.holder, charge.holder, charge.session_id) if charge.session_id else None
    return session is not None and told.at > last_word(session)


async def _set_aside(unit: Unit, station: Station, charge: Transaction) -> None:
    """Its name is another's from now on; what is missing of it never comes."""
    if charge.ending is not None and not charge.told_over:
        await _close_without_the_rest(unit, station, charge, json.decode(charge.ending, ChargeTold))
    await store.charges.set_aside(unit, charge)


def _ended_once_more(unit: Unit, charge: Transaction, told: ChargeTold) -> None:
    before = None if charge.ending is None else json.decode(charge.ending, ChargeTold)
    if before is None or (told.at, told.registers[-1:]) == (before.at, before.registers[-1:]):
        return
    last = told.registers[-1].value if told.registers else None
    otherwise = noted(NoteKind.ENDED_AGAIN, register_wh=watt_hours(last))
    _doubt(unit, charge, DoubtKind.READING_AFTER_STOP, told, otherwise)


def _with(charge: Transaction, told: ChargeTold, shown: Shown | None = None) -> Transaction:
    """What this event adds to what is known of its charge: until it begins, the first who was let in is to pay.

    A card that is refused takes nobody's place, for it may have been shown before one that was heard of already.
    """
    uid, shown_at, placed_at = charge.uid, charge.shown_at, charge.placed_at
    card = None if told.stage is Stage.ENDED else told.uid
    if card is not None and charge.session_id:
        if fold(card) == fold(uid) and not charge.refused:
            shown_at = min(shown_at or told.at, told.at)
    elif card is not None and shown is not None and _lets_in(shown):
        if shown_at is None or told.at < shown_at:
            uid, shown_at = card, told.at
    elif card is not None:
        uid = uid or card
    if told.evse_no:
        placed_at = min(placed_at or told.at, told.at)
    return replace(
        charge,
        evse_no=charge.evse_no or told.evse_no or 0,
        uid=uid,
        shown_at=shown_at,
        placed_at=placed_at,
        first_no=told.number if told.stage is Stage.STARTED else charge.first_no,
    )


def _may_begin(station: Station, charge: Transaction) -> bool:
    waits = not charge.session_id and not charge.stopped
    return waits and charge.first_no is not None and bool(charge.uid) and charge.evse_no in dict(station.evses)


def _lets_in(shown: Shown) -> bool:
    return shown.given.allowed is Allowed.ALLOWED


async def _pays(unit: Unit, charge: Transaction, told: ChargeTold, shown: Shown | None) -> Shown | None:
    """Who was let in before somebody else was refused who was heard of only now."""
    if shown is None or _is_its_own(charge, told):
        return shown
    given = await tokens.given_before(unit, charge.holder, charge.uid)
    if given is None:
        return None
    return Shown(uid=charge.uid, given=await credit.judged(unit, given), group_id=None)


def _is_its_own(charge: Transaction, told: ChargeTold) -> bool:
    """Whether the card that was judged for this event is the one that its charge is to begin with, or began with."""
    return fold(told.uid or charge.uid) == fold(charge.uid)


async def _begin(unit: Unit, station: Station, charge: Transaction, told: ChargeTold, shown: Shown) -> Transaction:
    """From when somebody was let in: what was read last before that is where the charge begins."""
    at = charge.begins_at or told.at
    begins = await _register(unit, charge, told, at)
    try:
        session = await sessions.begin(
            unit,
            station=station,
            evse_no=charge.evse_no,
            uid=shown.uid,
            given=shown.given,
            at=at,
            register=begins,
            reservation_no=told.reservation_no,
            told_now=at == told.at,
        )
    except (UnknownLocation, UnknownEvse):
        nowhere = noted(NoteKind.NO_EVSE_ANY_MORE, number=charge.evse_no)
        _doubt(unit, charge, DoubtKind.UNKNOWN_EVSE, told, nowhere)
        return charge
    if charge.started_at < at:
        readings.adopt(unit, charge.holder, session.id, charge.station_id, charge.evse_no, charge.started_at, at)
    cost_max = await credit.of_charge(unit, session, shown.given)
    charge = replace(charge, session_id=session.id, refused=not _lets_in(shown), cost_max=cost_max)
    return await _tell_again(unit, station, charge)


async def _take_over(unit: Unit, station: Station, charge: Transaction, told: ChargeTold, shown: Shown) -> Transaction:
    """Whoever is let in where others were refused pays from then on; a charge that somebody pays for stays his."""
    session = await sessions.find(unit, charge.holder, charge.holder, charge.session_id)
    if session is not None and session.allowed and told.at < session.started_at:
        _doubt(unit, charge, DoubtKind.REGISTER_BEFORE_START, told, noted(NoteKind.LET_IN_BEFORE))
    if session is None or session.allowed or charge.stopped:
        return charge
    if session.status is Course.ACTIVE:
        await sessions.stop(
            unit,
            holder=charge.holder,
            session_id=session.id,
            at=told.at,
            register=await _register(unit, charge, told, told.at),
            reason="DeAuthorized",
        )
    charge = replace(charge, uid=told.uid or charge.uid, shown_at=told.at)
    return await _begin(unit, station, charge, told, shown)


async def _tell_again(unit: Unit, station: Station, charge: Transaction) -> Transaction:
    """What came before its Session began, and happened in it, is of it; what happened before is nobody's."""
    session = await sessions.find(unit, charge.holder, charge.holder, charge.session_id) if charge.session_id else None
    early = _early(charge)
    if session is None or not early:
        return charge
    for one in sorted(early, key=lambda one: one.number):
        if one.at >= session.started_at:
            await _follow(unit, station, charge, one)
    return _kept(charge, [one for one in early if one.at < session.started_at])


def _early(charge: Transaction) -> Sequence[ChargeTold]:
    return () if charge.early is None else json.decode(charge.early, tuple[ChargeTold, ...])


def _kept(charge: Transaction, early: Sequence[ChargeTold]) -> Transaction:
    return replace(charge, early=json.encode(early).decode() if early else None)


async def _register(unit: Unit, charge: Transaction, told: ChargeTold, at: datetime) -> Energy | None:
    """At this instant or last before it, with this event or another; what was read later may have come earlier."""
    read = [one for event in (*_early(charge), told) for one in event.registers if one.at <= at]
    here = max(read, key=lambda one: (one.at, one.value), default=None)
    if here is not None and here.at == at:
        return here.register
    since = min(charge.started_at, told.at)
    known = await readings.last_register(
        unit, charge.holder, ("", charge.session_id), charge.station_id, charge.evse_no, since, at
    )
    if here is None or known is None:
        return known if here is None else here.register
    return max(known, Energy(here.value))


async def _follow(unit: Unit, station: Station, charge: Transaction, told: ChargeTold) -> None:
    """What was read, and what the car does; of the end itself only once the charge is stopped with it."""
    if told.readings and (told.stage is not Stage.ENDED or not charge.session_id):
        measured = Measurement(
            station=station,
            evse_no=charge.evse_no,
            session_id=charge.session_id or None,
            readings=told.readings,
        )
        await sessions.measure(unit, [measured])
    if told.activity is not None and charge.session_id:
        await sessions.mark(unit, station, charge.evse_no, told.activity, told.at, charge.session_id)


async def _end(
    unit: Unit, station: Station, charge: Transaction, ending: ChargeTold, *, told_now: bool = False
) -> None:
    store.charges.stop(unit, charge, str(ending.number))
    if not charge.session_id:
        return
    last = ending.registers[-1].value if ending.registers else None
    try:
        await sessions.stop(
            unit,
            holder=station.holder,
            session_id=charge.session_id,
            at=ending.at,
            register=None if last is None else Energy(last),
            reason=ending.reason or "Local",
            last_readings=ending.readings,
            on_line_since=station.connected_at if told_now else None,
        )
    except (AlreadyEnded, UnknownSession):
        late = noted(NoteKind.ENDED_LATE, register_wh=watt_hours(last))
        _doubt(unit, charge, DoubtKind.READING_AFTER_STOP, ending, late)


def _ask_for_the_rest(unit: Unit, station: Station, charge: Transaction, number: int) -> None:
    about = About(charge=charge.name)
    write_down(unit, station.holder, station.id, STORY, charge.name, f"event {number}", about=about)


async def _heard(
    unit: Unit, station: Station, charge: Transaction, told: ChargeTold, shown: Shown | None
) -> StoryHeard:
    """With what the charge costs so far, and, when it has just begun, with what it will cost and may cost."""
    session = await sessions.find(unit, charge.holder, charge.holder, charge.session_id) if charge.session_id else None
    its_own = shown is not None and _is_its_own(charge, told)
    begun = session if its_own and session is not None and session.allowed else None
    tariff = None if begun is None or begun.tab is None else begun.tab.tariff
    before = charge.cost_max
    charge = await credit.used_up(unit, station, charge, None if told.stage is Stage.ENDED else session)
    bound = charge.cost_max if begun is not None or charge.cost_max != before else None
    return StoryHeard(
        token=_verdict(session, told, shown, unit.now),
        cost=prices.total(session, over=told.stage is Stage.ENDED),
        cost_max=bound if bound is not None and await credit.counted_by(unit, station) else None,
        message=prices.in_words(tariff, shown.given) if tariff and shown and station.shows_prices else None,
    )


def _verdict(session: Session | None, told: ChargeTold, shown: Shown | None, now: datetime) -> TokenJudged | None:
    """Whoever shows a card hears of it (E01.FR.12); nobody can be kept from ending a charge.

    A card that was not judged now is that of a charge under way, and as good as it was then.
    """
    if told.uid is None:
        return None
    if shown is not None:
        return rules.judged(shown.given, shown.group_id, now=now)
    return rules.settled_as(told.stage is Stage.ENDED or (session is not None and session.allowed))


def _doubt(unit: Unit, charge: Transaction, kind: DoubtKind, told: ChargeTold, note: Note) -> None:
    doubt = Doubt(kind=kind, at=told.at, note=note)
    readings.raise_doubts(unit, charge.holder, charge.session_id, charge.station_id, [doubt])
