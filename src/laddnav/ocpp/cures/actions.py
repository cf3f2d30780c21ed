"""Verbs about cures: one is begun by a person or by a rule, asked of its Station once, and seen to its end."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.kit.notes import Note
from laddnav.locations import actions as locations
from laddnav.ocpp import attention, store
from laddnav.ocpp.cures import rules
from laddnav.ocpp.cures.events import CureWentOn
from laddnav.ocpp.cures.model import Rule, State, Tried
from laddnav.ocpp.cures.rules import CureUnderWay, NotIll, SomebodyCharges, UnknownRule
from laddnav.ocpp.errand import Answered, Errand
from laddnav.ocpp.ills import ENDED, Attention, Cure, Ill
from laddnav.ocpp.model import LOST, StationCall, Transaction
from laddnav.ocpp.notes import NoteKind, Words, note_in, noted
from laddnav.ocpp.rules import Offline
from laddnav.ocpp.wanted import CURE, About, about, write_down
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.display import TellNow, Trigger
from laddnav.ocpp.wire.frames import CallError
from laddnav.ocpp.wire.requests import Request, StopCharge, Unlock, Verdict
from laddnav.ocpp.wire.upkeep import Reset
from laddnav.people import actions as people
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Status
from laddnav.sessions.rules import AlreadyEnded, UnknownSession

# By a person ----------------------------------------------------------------------------------------------------------


async def begin(
    unit: Unit, holder: PartyId, station_id: str, evse_no: int, ill: Ill, *, cure: Cure | None = None, by: str
) -> Tried:
    """Raises NotIll, NoSuchCure, Offline, SomebodyCharges, CureUnderWay."""
    chosen = rules.chosen(ill, cure)
    ails = await attention.of_stations(unit, holder)
    found = next((one for one in ails if (one.station_id, one.evse_no, one.ill) == (station_id, evse_no, ill)), None)
    if found is None:
        raise NotIll(station_id, ill)
    if (await locations.station(unit, station_id)).connected_at is None:
        raise Offline(station_id)
    if rules.disturbs(chosen, evse_no, await _charging(unit, holder, station_id)):
        raise SomebodyCharges(station_id)
    tried = await try_once(unit, found, station_id, evse_no, chosen, by=by, by_rule=False)
    if tried is None:
        raise CureUnderWay(station_id)
    return tried


async def try_once(
    unit: Unit, found: Attention, station_id: str, evse_no: int, cure: Cure, *, by: str, by_rule: bool
) -> Tried | None:
    """None where another cure is under way at this Station."""
    one = Tried(
        holder=found.holder,
        ref=unit.new_id(),
        station_id=station_id,
        evse_no=evse_no,
        ill=found.ill,
        since=found.since,
        cure=cure,
        asked_by=by,
        by_rule=by_rule,
        at=unit.now,
    )
    if not await store.cures.begin(unit, one):
        return None
    write_down(unit, one.holder, one.station_id, CURE, one.ref, about=About(text=one.ref))
    people.note(unit, by, f"cure by {cure.value}", f"station {one.station_id}", f"{one.ill.value} at {evse_no}")
    unit.announce(CureWentOn(holder=one.holder, station_id=one.station_id))
    return one


async def page(unit: Unit, holder: PartyId | None, *, after: str | None = None, limit: int = 50) -> Sequence[Tried]:
    """What was tried, the newest first; the last ref is the next `after`."""
    return await store.cures.page(unit, holder, after, limit)


async def last(unit: Unit, found: Sequence[Attention]) -> dict[tuple[str, int, Ill], Tried]:
    """What was tried last about each of these, by (Station, number of the Evse, ill)."""
    tried = await store.cures.last(unit, None, {one.station_id for one in found if one.station_id})
    return {(one.station_id, one.evse_no, one.ill): one for one in tried}


# By rule --------------------------------------------------------------------------------------------------------------


async def keep_rule(
    unit: Unit, holder: PartyId, ill: Ill, *, cure: Cure | None, after_minutes: int, every_minutes: int, by: str
) -> Rule:
    """From now on this is done by itself. Raises NoSuchCure."""
    rule = Rule(
        holder=holder,
        ill=ill,
        cure=rules.chosen(ill, cure),
        after_minutes=after_minutes,
        every_minutes=every_minutes,
        changed_at=unit.now,
        changed_by=by,
    )
    store.cures.keep_rule(unit, rule)
    return rule


async def forget_rule(unit: Unit, holder: PartyId, ill: Ill) -> Rule:
    """Raises UnknownRule."""
    for rule in await store.cures.rules(unit, holder):
        if rule.ill is ill:
            store.cures.forget_rule(unit, rule)
            return rule
    raise UnknownRule(ill)


async def kept_rules(unit: Unit, holder: PartyId | None) -> Sequence[Rule]:
    return await store.cures.rules(unit, holder)


async def look_after(database: Database) -> int:
    """One round: what was tried is judged, and what a rule says is tried; says how many were begun.

    What has no stop and no Session is nobody's money, and over without a word of anybody.
    """
    async with database.unit() as unit:
        store.charges.lose(unit, unit.now - ENDED)
        open_now = await store.cures.under_way(unit)
    for ref in open_now:
        async with database.unit() as unit:
            await _judge(unit, ref)
    begun = 0
    async with database.unit() as unit:
        for rule in await store.cures.rules(unit, None):
            begun += await _follow(unit, rule)
    if begun:
        database.wake()
    return begun


async def _follow(unit: Unit, rule: Rule) -> int:
    begun = 0
    for found in await attention.of_stations(unit, rule.holder):
        if found.ill is not rule.ill or found.station_id is None or found.evse_no is None:
            continue
        tried = await store.cures.last(unit, rule.holder, [found.station_id])
        charging = await _charging(unit, rule.holder, found.station_id)
        if not rules.due(rule, found, tried, charging, unit.now):
            continue
        if (await locations.station(unit, found.station_id)).connected_at is None:
            continue
        by, place = f"rule of {rule.changed_by}", (found.station_id, found.evse_no)
        begun += await try_once(unit, found, *place, rule.cure, by=by, by_rule=True) is not None
    return begun


async def _judge(unit: Unit, ref: str) -> None:
    one = await store.cures.find(unit, ref)
    if one is None:
        return
    if one.cure is Cure.CLOSE and one.state is not State.ASKED and rules.gave_up_waiting(one, unit.now):
        await _close(unit, one, noted(NoteKind.NO_STOP_CAME))
        return
    ails = await attention.of_stations(unit, one.holder)
    # A worse ill hides the one that was to be cured.
    ill = any((each.station_id, each.evse_no) == (one.station_id, one.evse_no) for each in ails)
    on_the_line = (await locations.station(unit, one.station_id)).connected_at is not None
    _went_on(unit, one, rules.judged(one, ill=ill, on_the_line=on_the_line, now=unit.now))


def _went_on(unit: Unit, before: Tried, after: Tried) -> None:
    if after != before:
        store.cures.go_on(unit, after)
        unit.announce(CureWentOn(holder=after.holder, station_id=after.station_id))


# What is asked and answered -------------------------------------------------------------------------------------------


async def _say(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    """By then a car may have come."""
    one = await store.cures.find(unit, about(call).text)
    if one is None or one.state is not State.ASKED:
        return Verdict.REJECTED
    charging = await _charging(unit, one.holder, one.station_id)
    if rules.disturbs(one.cure, one.evse_no, charging):
        return Verdict.OCCUPIED
    request: Request
    match one.cure:
        case Cure.CLOSE:
            charge = charging.get(one.evse_no)
            if charge is None:
                return Verdict.ACCEPTED
            request = StopCharge(charge=charge.name)
        case Cure.UNLOCK:
            request = Unlock(evse_no=one.evse_no)
        case Cure.BEAT:
            request = TellNow(what=Trigger.HEARTBEAT)
        case _:
            request = Reset(at_once=False)
    return request if type(request) in dialect.asks else Verdict.NOT_SUPPORTED


async def _tell(unit: Unit, call: StationCall, answered: Answered) -> None:
    one = await store.cures.find(unit, about(call).text)
    if one is None or one.state is not State.ASKED:
        return
    if answered is Verdict.ACCEPTED:
        _went_on(unit, one, replace(one, state=State.TAKEN, said=answered.value, note=None))
    elif one.cure is Cure.CLOSE:
        await _close(unit, one, _unstopped(answered))
    elif answered is None:
        _went_on(unit, one, _saying(one, State.UNANSWERED, _words(answered)))
    else:
        _went_on(unit, one, replace(_saying(one, State.REFUSED, _words(answered)), over_at=unit.now))


def _words(answered: Answered) -> Words:
    if answered is None:
        return noted(NoteKind.NO_ANSWER)
    if isinstance(answered, CallError):
        return f"{answered.code} {answered.description}".strip()
    return answered.value if isinstance(answered, Verdict) else noted(NoteKind.ANSWERED_OTHERWISE)


def _unstopped(answered: Answered) -> Note:
    words = _words(answered)
    if isinstance(words, str):
        return noted(NoteKind.STOP_REFUSED, said=words)
    return noted(NoteKind.STOP_UNANSWERED if answered is None else NoteKind.STOP_ANSWERED_OTHERWISE)


def _saying(one: Tried, state: State, words: Words) -> Tried:
    return replace(one, state=state, said=str(words), note=note_in(words))


async def _close(unit: Unit, one: Tried, why: Note) -> None:
    """The Station will not tell the end any more: the charge is over where its meter last was, with a named doubt."""
    charge = (await _charging(unit, one.holder, one.station_id)).get(one.evse_no)
    if charge is not None:
        store.charges.stop(unit, charge, LOST)
        if charge.session_id:
            try:
                await sessions.close_lost(unit, one.holder, charge.session_id, by=one.asked_by, why=why.text)
            except (UnknownSession, AlreadyEnded):
                why = noted(NoteKind.OVER_ALREADY)
    _went_on(unit, one, replace(_saying(one, State.CURED, why), over_at=unit.now))


async def _charging(unit: Unit, holder: PartyId, station_id: str) -> dict[int, Transaction]:
    """What is under way there, by number of the Evse; of several the newest.

    The stop of one whose Session is over, since somebody closed it, may never come.
    """
    found = await store.charges.under_way(unit, [(holder, station_id)])
    known = await sessions.several(unit, [(holder, one.session_id) for one in found if one.session_id])
    over = {id for (_, id), session in known.items() if session.status in (Status.SETTLING, Status.COMPLETED)}
    return {one.evse_no: one for one in reversed(found) if fold(one.session_id) not in over}


ERRAND = Errand(_say, _tell)
