"""Verbs about meters and about what they signed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from laddnav.db.forgetting import BITE, forget
from laddnav.db.unit import Database, Unit
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.kit.notes import Note
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.locations.rules import UnknownStation
from laddnav.metering.model import Doubt, DoubtKind, Exchanged, Reading
from laddnav.metering.notes import NoteKind, noted
from laddnav.metering.signed.containers import Sent
from laddnav.metering.signed.keys import key_of
from laddnav.metering.signed.model import Record, UnfitKey, UnreadableRecord, Verdict
from laddnav.metering.signed.reading import read
from laddnav.meters import impossible, rules, store
from laddnav.meters.events import ProofReleased
from laddnav.meters.model import Claim, KeySource, Meter, MeterExchange, Proof, Standing
from laddnav.meters.rules import DIGITS, AlreadyRegistered, UnknownMeter, UnknownProof, UnlikelyDigits
from laddnav.people import actions as people
from laddnav.readings import actions as readings
from laddnav.readings.events import DoubtRaised
from laddnav.readings.model import KeptDoubt
from laddnav.sessions import actions as sessions
from laddnav.sessions.events import SessionAmended, SessionEnded, about
from laddnav.sessions.hearing import clock_was_set
from laddnav.sessions.model import Session, Status
from laddnav.sessions.rules import read_between

FIRST_USE = "first use"  # who registered a meter whose first key is trusted
SHORTLY = timedelta(hours=2)  # many stations read what they count each hour, whether anybody charges or not
CHARGES_NEAR = 20
DOUBTS = (DoubtKind.UNPROVED, DoubtKind.SIGNED_OTHERWISE, DoubtKind.IMPOSSIBLE)


# ---- The register


async def register(unit: Unit, meter: Meter) -> Meter:
    """From now on its key counts, also for what is held. Raises AlreadyRegistered, UnfitKey, UnknownStation."""
    await _check(unit, meter)
    if not await store.insert_meter(unit, meter):
        raise AlreadyRegistered(meter.serial)
    people.note(unit, meter.registered_by, "register meter", f"meter {meter.serial}")
    await _judge_again(unit, meter)
    return meter


async def amend(unit: Unit, meter: Meter, *, by: str) -> Meter:
    """What is known of a meter is this now. Raises UnfitKey, UnknownStation."""
    await _check(unit, meter)
    store.update_meter(unit, meter)
    people.note(unit, by, "change meter", f"meter {meter.serial}")
    await _judge_again(unit, meter)
    return meter


async def know_keys(unit: Unit, station: Station, keys: Mapping[int, str | None], *, by: str) -> None:
    """The meter at each number of this Station has this key; where none is known, it is registered by that place.

    None: it signs nothing. Raises UnfitKey, AlreadyRegistered.
    """
    for no, key in keys.items():
        here = await store.meters_for(unit, station.holder, [], station.id, no)
        if here and here[0].public_key != key:
            await amend(unit, replace(here[0], public_key=key, key_source=KeySource.METER), by=by)
        elif not here and key is not None:
            meter = Meter(
                holder=station.holder,
                ref=unit.new_id(),
                serial=f"{station.id}/{no}",
                public_key=key,
                key_source=KeySource.METER,
                station_id=station.id,
                evse_no=no,
                registered_at=unit.now,
                registered_by=by,
            )
            await register(unit, meter)


async def confirm(unit: Unit, ref: str, *, by: str) -> Meter:
    """Somebody compared the key with the one on the meter. Raises UnknownMeter."""
    meter = replace(await by_ref(unit, ref), key_source=KeySource.METER)
    store.update_meter(unit, meter)
    people.note(unit, by, "confirm key of meter", f"meter {meter.serial}")
    return meter


async def trust_first_use(unit: Unit, holder: PartyId, trusted: bool, *, by: str) -> None:
    """Whether the first key that a Station sends for a meter counts until somebody looks; at first it does not."""
    store.trust_first_use(unit, holder, trusted)
    people.note(unit, by, "trust first keys" if trusted else "trust no first keys", f"party {holder}")


async def first_use_trusted(unit: Unit, holder: PartyId) -> bool:
    return await store.first_use_trusted(unit, holder)


async def by_ref(unit: Unit, ref: str) -> Meter:
    """Raises UnknownMeter."""
    meter = await store.meter_by_ref(unit, ref)
    if meter is None:
        raise UnknownMeter(ref)
    return meter


async def page(unit: Unit, holder: PartyId | None, *, before: str | None = None, limit: int = 50) -> Sequence[Meter]:
    """Newest first; the last ref is the next `before`."""
    return await store.meters(unit, holder, before, limit)


async def ending(unit: Unit, holder: PartyId | None, limit: int = 50) -> Sequence[Meter]:
    """Meters in use whose calibration is over, or soon will be."""
    return await store.ending(unit, holder, (unit.now + rules.WARN_AHEAD).date(), limit)


async def claims(unit: Unit, holder: PartyId | None, limit: int = 50) -> Sequence[Claim]:
    """Keys that stations sent for meters that nobody has registered."""
    return await store.claims(unit, holder, limit)


async def forget_claims(database: Database, keep: timedelta, bite: int = BITE) -> int:
    """Those that were first made longer ago; says how many."""
    return await forget(database, [(store.forget_claims, keep)], bite)


async def _check(unit: Unit, meter: Meter) -> None:
    if meter.public_key is not None:
        key_of(meter.public_key)
    if meter.digits is not None and not DIGITS[0] <= meter.digits <= DIGITS[1]:
        raise UnlikelyDigits(meter.digits)
    if meter.station_id is not None:
        station = await locations.station(unit, meter.station_id)
        if station.holder != meter.holder:
            raise UnknownStation(meter.station_id)


async def _judge_again(unit: Unit, meter: Meter) -> None:
    for held in await store.held_for(unit, meter):
        await _go_on(unit, held)


# ---- Registers that begin anew


async def exchange(unit: Unit, one: MeterExchange) -> MeterExchange:
    """Charges that went on while the meter was exchanged are counted across it. Raises UnknownStation, NoExchange."""
    station = await locations.station(unit, one.station_id)
    if station.holder != one.holder:
        raise UnknownStation(one.station_id)
    rules.check_exchange(one, dict(station.evses), unit.now)
    store.put_exchange(unit, one)
    place = f"meter at {one.station_id}/{one.evse_no}"
    people.note(unit, one.noted_by, "exchange meter", place, one.why)
    known = Exchanged(at=one.at, before=one.before, after=one.after)
    for session in await sessions.at_evse(unit, one.holder, one.station_id, one.evse_no, one.at):
        await sessions.recount(unit, session, full=None, exchanges=[known])
    return one


async def explain(unit: Unit, session: Session, doubts: Iterable[Doubt | KeptDoubt]) -> Session | None:
    """The charge, which is locked, with all that is known of a meter whose register did what none does; None: nothing.

    By the digits of the meter there, by what somebody noted of an exchange, by the meters that signed.
    """
    strange = any(doubt.kind in sessions.STRANGE for doubt in doubts)
    if not strange or session.meter is None or session.station_id is None or session.evse_no is None:
        return None
    since, until = session.started_at, session.ended_at or unit.now
    here = await store.meters_for(unit, session.holder, [], session.station_id, session.evse_no)
    full = rules.full_of(here, session.station_id, session.evse_no) or session.meter.full
    noted = await store.exchanges(unit, session.holder, session.station_id, session.evse_no, since, until)
    known = [Exchanged(at=one.at, before=one.before, after=one.after) for one in noted]
    facts = await readings.facts(unit, session.holder, session.id, *read_between(session))
    if not known:
        known = [*rules.changed_hands(fact for fact in facts if isinstance(fact, Reading))]
    news = [one for one in known if one not in facts]
    if not news and full == session.meter.full:
        return None
    return await sessions.recount(unit, session, full=full, exchanges=news)


async def count_again(database: Database, raised: DoubtRaised) -> None:
    """Hears DoubtRaised: a charge under way whose register did what none does, with what is known of its meter."""
    if raised.doubt not in sessions.STRANGE or not raised.session_id:
        return
    async with database.unit() as unit:
        session = await sessions.fetch(unit, raised.holder, raised.holder, raised.session_id, lock=True)
        if session.status is Status.ACTIVE:
            await explain(unit, session, await readings.doubts_of(unit, session.holder, session.id))


# ---- Proofs


async def prove(unit: Unit, session: Session, said: Sequence[Reading], billed: Energy) -> Proof | None:
    """What the signed records of this charge prove, and the doubts that hold it; None where nothing was signed.

    What a person decided stands, whatever comes later. What no charge can be is held whether it is signed or not.
    """
    records = rules.unwrapped(rules.records_of(said))
    before = await store.proof(unit, session.holder, session.id, lock=True)
    if before is not None and before.decided_by is not None:
        return before
    why = impossible.reasons(session, billed) + impossible.in_another_unit(session, said, billed)
    if not records:  # what is signed is told of one charge alone
        why += await _counted_twice(unit, session, billed)
    why += await _clock_set(unit, session)
    if not records and not why and before is None:
        return None
    ref = unit.new_id() if before is None else before.ref
    made, doubts = await _proved(unit, session, records, billed, ref)
    made, doubts = rules.held_as_well(made, why), (*doubts, *impossible.doubts(session, why, unit.now))
    if before is None or (before.standing, before.reasons) != (made.standing, made.reasons):
        _settle(unit, made)
        readings.raise_doubts(unit, made.holder, made.session_id, made.station_id, doubts)
    if before is not None and before.standing is Standing.HELD and made.standing is not Standing.HELD:
        unit.announce(ProofReleased(holder=made.holder, ref=made.ref))
    store.put_proof(unit, made)
    return made


async def _clock_set(unit: Unit, session: Session) -> tuple[Note, ...]:
    """Where its times decide what it costs, and the clock they are by was set on the way."""
    why = impossible.otherwise_long(session)
    if not why:
        return ()
    read = await readings.heard(unit, session.holder, session.id, *read_between(session))
    return why if clock_was_set(session, read) or clock_was_set(session, read, await _beside(unit, session)) else ()


async def _beside(unit: Unit, session: Session) -> list[tuple[datetime, datetime]]:
    """What its Station read by the same clock and not for this charge, shortly before each end of it."""
    if session.heard is None or session.heard.began is None or session.heard.ended is None:
        return []
    near = await sessions.page(unit, session.holder, session.holder, station_id=session.station_id, limit=CHARGES_NEAR)
    others = [one.id for one in near if one.id != session.id]
    return [
        one
        for at, _ in (session.heard.began, session.heard.ended)
        for one in await readings.heard_beside(unit, session.holder, session.station_id or "", others, at - SHORTLY, at)
    ]


async def _counted_twice(unit: Unit, session: Session, billed: Energy) -> tuple[Note, ...]:
    """What another charge at this Evse, which is billed, had of the same register at the same time."""
    reasons = []
    for other in await sessions.billed_meanwhile(unit, session):
        both = impossible.shared(session, other, billed)
        if both is not None:
            held = await store.proof(unit, other.holder, other.id)
            if held is None or held.bills:
                reasons.append(noted(NoteKind.COUNTED_TWICE, both_kwh=f"{both.kwh:f}", charge=other.id))
    return tuple(reasons)


async def _proved(
    unit: Unit, session: Session, records: tuple[Sent, ...], billed: Energy, ref: str
) -> tuple[Proof, tuple[Doubt, ...]]:
    if not records:
        return rules.unsigned(session, ref=ref, now=unit.now), ()
    found = [(record, one.key) for one in records if (record := _readable(one.text)) is not None]
    for record, key in found:
        _claim(unit, session, record.meter, key or record.key)
    serials = [record.meter for record, _ in found if record.meter]
    known = await store.meters_for(unit, session.holder, serials, session.station_id, session.evse_no)
    if not known and await store.first_use_trusted(unit, session.holder):
        known = await _trust(unit, session, rules.first_keys(found))
    made, doubts = rules.proof(session, records, known, billed, ref=ref, now=unit.now)
    if made.verdict is Verdict.VALID:
        digests = {rules.digest(record) for record, _ in found}
        others = await store.told_before(unit, session.holder, session.id, digests)
        if others:
            made, more = rules.repeated(made, others, session.ended_at or unit.now)
            doubts += more
    return made, doubts


async def accept(unit: Unit, ref: str, *, by: str, why: str) -> Proof:
    """It is billed as it was metered. Raises UnknownProof, NotHeld, NoReason."""
    return await _decide(unit, ref, Standing.ACCEPTED, by, why)


async def reject(unit: Unit, ref: str, *, by: str, why: str) -> Proof:
    """It is not billed. Raises UnknownProof, NotHeld, NoReason."""
    return await _decide(unit, ref, Standing.REJECTED, by, why)


async def proof(unit: Unit, ref: str) -> Proof:
    """Raises UnknownProof."""
    found = await store.proof_by_ref(unit, ref)
    if found is None:
        raise UnknownProof(ref)
    return found


async def proof_of(unit: Unit, holder: PartyId, session_id: str) -> Proof | None:
    """None where nothing was signed and nothing is wrong, or the charge is not over."""
    return await store.proof(unit, holder, session_id)


async def is_rejected(unit: Unit, session: Session) -> bool:
    """Whether a person decided that the charge is not billed."""
    found = await store.proof(unit, session.holder, session.id)
    return found is not None and found.standing is Standing.REJECTED


async def held(
    unit: Unit,
    holder: PartyId | None,
    *,
    location_id: str | None = None,
    before: str | None = None,
    limit: int = 50,
) -> Sequence[Proof]:
    """Charges that wait for a person, all or those at one Location, newest first; the last ref is the next `before`."""
    return await store.held(unit, holder, location_id, before, limit)


async def held_now(unit: Unit, holder: PartyId | None) -> int:
    """How many wait."""
    return await store.held_now(unit, holder)


async def _decide(unit: Unit, ref: str, standing: Standing, by: str, why: str) -> Proof:
    before = await store.proof_by_ref(unit, ref, lock=True)
    if before is None:
        raise UnknownProof(ref)
    after = rules.decided(before, standing, by=by, why=why, now=unit.now)
    store.put_proof(unit, after)
    _settle(unit, after)
    unit.announce(ProofReleased(holder=after.holder, ref=after.ref))
    people.note(unit, by, f"{standing.value.lower()} signed records", f"session {after.session_id}", why)
    await _go_on(unit, after)
    return after


async def _go_on(unit: Unit, held: Proof) -> None:
    """As though the charge ended now, or a fact of it came late: its CDR is closed, corrected or credited, or waits."""
    session = await sessions.find(unit, held.holder, held.holder, held.session_id)
    if session is not None:
        unit.announce(about(SessionEnded, session))
        unit.announce(about(SessionAmended, session))


def _settle(unit: Unit, one: Proof) -> None:
    for kind in DOUBTS:
        readings.settle_all(unit, one.holder, one.session_id, kind)


def _readable(text: str) -> Record | None:
    try:
        return read(text)
    except UnreadableRecord:
        return None


async def _trust(unit: Unit, session: Session, keys: dict[str, str]) -> list[Meter]:
    """Each is the meter at this Evse from now on, until somebody says otherwise."""
    meters = [
        Meter(
            holder=session.holder,
            ref=unit.new_id(),
            serial=serial,
            public_key=printed,
            key_source=KeySource.FIRST_USE,
            station_id=session.station_id,
            evse_no=session.evse_no,
            registered_at=unit.now,
            registered_by=FIRST_USE,
        )
        for serial, key in keys.items()
        if (printed := _printed(key)) is not None
    ]
    for one in meters:
        await store.insert_meter(unit, one)
        people.note(unit, FIRST_USE, "register meter", f"meter {one.serial}")
    return meters


def _printed(key: str) -> str | None:
    try:
        return key_of(key).printed
    except UnfitKey:
        return None


def _claim(unit: Unit, session: Session, serial: str | None, key: str | None) -> None:
    """A key that is none is not kept."""
    if serial and key and session.station_id is not None and session.evse_no is not None:
        printed = _printed(key)
        if printed is None:
            return
        claimed = Claim(
            holder=session.holder,
            serial=serial,
            public_key=printed,
            station_id=session.station_id,
            evse_no=session.evse_no,
            claimed_at=unit.now,
        )
        store.claim(unit, claimed)
