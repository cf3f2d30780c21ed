"""A charge with signed records is billed once they are proved, or once a person has decided."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.analytics import actions as analytics
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.model import Cdr
from laddnav.cdrs.signing import proved
from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.kit.energy import wh
from laddnav.locations.model import Station
from laddnav.metering import model as metering
from laddnav.metering.model import DoubtKind, Measurand, Reading
from laddnav.metering.signed.model import Verdict
from laddnav.meters import actions as meters
from laddnav.meters.impossible import believable
from laddnav.meters.impossible import reasons as impossible
from laddnav.meters.model import Calibration, KeySource, Meter, Standing
from laddnav.meters.rules import AlreadyRegistered, NoReason, NotHeld, calibration
from laddnav.readings import actions as readings
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import Measurement
from laddnav.sessions.events import SessionAmended, SessionEnded, about
from laddnav.sessions.model import Reserved, Session
from laddnav.tokens.model import Allowed, Authorization
from tests.clock import SetClock
from tests.meters.signing import SigningMeter
from tests.things import US, settled, token

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {SessionEnded: [cdrs.close], SessionAmended: [cdrs.correct]}


def registered(signer: SigningMeter, **changes: object) -> Meter:
    meter = Meter(
        holder=US,
        ref="meter-1",
        serial=signer.serial,
        public_key=signer.public_key,
        key_source=KeySource.METER,
        station_id="ST1",
        evse_no=1,
        registered_at=NOON,
        registered_by="Ada",
    )
    return replace(meter, **changes)


def signed(context: str, record: str) -> Reading:
    at = NOON if context == "Transaction.Begin" else LATER
    return Reading(at=at, measurand="SignedData", value=Decimal(0), context=context, signed=record)


async def charged(database: Database, station: Station, *records: Reading, used: int = 5000) -> str:
    """From 1 kWh on the register; the id of the Session, which has ended and been looked at."""
    given = Authorization(allowed=Allowed.ALLOWED, token=token())
    async with database.unit() as unit:
        begun = await sessions.begin(
            unit, station=station, evse_no=1, uid="CARD1", given=given, at=NOON, register=wh(1000)
        )
        await sessions.stop(
            unit,
            holder=US,
            session_id=begun.id,
            at=LATER,
            register=wh(1000 + used),
            reason="Local",
            last_readings=records,
        )
    await drain(database)
    return begun.id


async def cdr_of(database: Database, session_id: str) -> Cdr | None:
    async with database.unit() as unit:
        return await cdrs.of_session(unit, US, US, session_id)


async def open_doubts(database: Database, session_id: str) -> list[tuple[DoubtKind, str]]:
    async with database.unit() as unit:
        found = await readings.doubts_of(unit, US, session_id)
    ours = (DoubtKind.UNPROVED, DoubtKind.SIGNED_OTHERWISE)
    return [(one.kind, one.detail) for one in found if one.settled_at is None and one.kind in ours]


async def test_what_a_registered_meter_signed_goes_into_the_cdr_and_is_verified_from_there(
    database: Database, clock: SetClock
) -> None:
    """CDR-059, CDR-060: signed_data with the key and each signed value, in base64 as the text asks."""
    signer, station = SigningMeter(), await settled(database)
    async with database.unit() as unit:
        await meters.register(unit, registered(signer))
        with pytest.raises(AlreadyRegistered):
            await meters.register(unit, registered(signer))
    first, last = signer.signs(NOON, "1000.4"), signer.signs(LATER, "6000.2", "E")
    session = await charged(
        database,
        station,
        signed("Transaction.End", last),
        signed("Transaction.Begin", first),
        signed("Sample.Periodic", first),
    )
    cdr = await cdr_of(database, session)
    assert cdr is not None and cdr.signed_data is not None
    assert cdr.signed_data.encoding_method == "OCMF"
    values = cdr.signed_data.signed_values
    assert [(one.nature, one.plain_data) for one in values] == [("Start", first), ("End", last)]
    charge = proved(cdr)
    assert charge is not None and charge.billable
    less = proved(replace(cdr, energy=wh(4000)))  # as a partner might state it
    assert less is not None
    assert [str(one) for one in less.reasons] == ["The meter signed 4.9998 kWh, and 4 kWh would be billed"]
    async with database.unit() as unit:
        proof = await meters.proof_of(unit, US, session)
    assert proof is not None and proof.standing is Standing.PROVED
    assert [one.text for one in proof.records] == [first, last]  # to the byte


async def test_an_unknown_key_holds_the_bill_until_the_meter_is_registered(database: Database, clock: SetClock) -> None:
    """A key that came with the record is kept as a claim, and nothing is verified against it."""
    signer, station = SigningMeter(), await settled(database)
    record = signer.signs_both(NOON, "1000", LATER, "6000")
    wrapped = (
        f'{{"signedMeterData":"{record.encode().hex()}","encodingMethod":"OCMF","signingMethod":"",'
        f'"publicKey":"{signer.public_key}"}}'
    )
    session = await charged(database, station, signed("Transaction.End", wrapped))
    assert await cdr_of(database, session) is None
    assert await open_doubts(database, session) == [(DoubtKind.UNPROVED, "No key of meter 4711 is known")]
    async with database.unit() as unit:
        (claim,) = await meters.claims(unit, US)
        assert (claim.serial, claim.public_key, claim.station_id) == ("4711", signer.public_key, "ST1")
        # Its number on the face is another than in its records, so that only its place tells which it is.
        await meters.register(unit, registered(signer, serial="1 EMH00 0083", public_key=claim.public_key))
    await drain(database)
    assert await cdr_of(database, session) is not None
    assert await open_doubts(database, session) == []


async def test_a_record_that_fails_is_billed_only_if_a_person_says_so(database: Database, clock: SetClock) -> None:
    signer, forger, station = SigningMeter(), SigningMeter(), await settled(database)
    async with database.unit() as unit:
        await meters.register(unit, registered(signer))
    forged = forger.signs_both(NOON, "1000", LATER, "6000")
    faulty = signer.sealed(signer.reading(NOON, "1000", "B"), signer.reading(LATER, "6000", "E", "E"))
    elsewhere = signer.signs_both(NOON, "1000", LATER, "5000")
    yesterday = signer.signs_both(NOON - timedelta(days=1), "1000", LATER - timedelta(days=1), "6000")
    begun_only = signer.signs(NOON, "1000")
    why = {
        forged: "The signature is not of this key, or the record was changed",
        faulty: "Reading 2: the meter is in error",
        elsewhere: "The meter signed 4 kWh, and 5 kWh would be billed",
        yesterday: "What was signed ended at 2026-11-22T13:00:00Z, before this charge began",
        begun_only: "The signed records do not cover both ends of the charge",
        "no record": "This is none of the formats of signed meter records that are known here",
    }
    ids = {}
    for record, reason in why.items():
        ids[record] = await charged(database, station, signed("Transaction.End", record))
        assert await cdr_of(database, ids[record]) is None
        assert [detail for _, detail in await open_doubts(database, ids[record])] == [reason]
    assert (await open_doubts(database, ids[elsewhere]))[0][0] is DoubtKind.SIGNED_OTHERWISE
    async with database.unit() as unit:
        held = {one.session_id: one for one in await meters.held(unit, US)}
        assert set(held) == set(ids.values())
        assert held[ids[forged]].verdict is Verdict.INVALID
        with pytest.raises(NoReason):
            await meters.accept(unit, held[ids[faulty]].ref, by="Ada", why="")
        await meters.accept(unit, held[ids[faulty]].ref, by="Ada", why="the display was read by hand")
        await meters.reject(unit, held[ids[forged]].ref, by="Ada", why="not our meter")
        with pytest.raises(NotHeld):
            await meters.accept(unit, held[ids[forged]].ref, by="Ada", why="after all")
    await drain(database)
    assert await cdr_of(database, ids[forged]) is None
    assert await cdr_of(database, ids[faulty]) is not None
    assert await open_doubts(database, ids[faulty]) == await open_doubts(database, ids[forged]) == []


async def test_a_charge_that_was_billed_and_is_rejected_after_a_late_fact_is_credited(
    database: Database, clock: SetClock
) -> None:
    signer, forger, station = SigningMeter(), SigningMeter(), await settled(database)
    async with database.unit() as unit:
        await meters.register(unit, registered(signer))
    record = signer.signs_both(NOON, "1000", LATER, "6000")
    id = await charged(database, station, signed("Transaction.End", record))
    late = (
        Reading(at=NOON + timedelta(minutes=30), measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(3000)),
        signed("Transaction.Begin", forger.signs_both(NOON, "1000", LATER, "6000")),
    )
    async with database.unit() as unit:
        await sessions.measure(unit, [Measurement(station=station, evse_no=1, session_id=id, readings=late)])
    await drain(database)
    async with database.unit() as unit:
        (held,) = await meters.held(unit, US)
        assert await cdrs.of_session(unit, US, US, id) is not None, "until somebody has decided"
        await meters.reject(unit, held.ref, by="Ada", why="not our meter")
    await drain(database)
    assert await cdr_of(database, id) is None


async def test_what_a_person_decides_while_it_is_judged_again_stands(database: Database, clock: SetClock) -> None:
    signer, station = SigningMeter(), await settled(database)
    record = signed("Transaction.End", signer.signs_both(NOON, "1000", LATER, "6000"))
    id = await charged(database, station, record)

    async def accept(ref: str) -> None:
        async with database.unit() as unit:
            await meters.accept(unit, ref, by="Ada", why="the display was read by hand")

    async with database.unit() as unit:
        session = await sessions.fetch(unit, US, US, id)
        judged = await meters.prove(unit, session, [record], wh(5000))
        assert judged is not None and judged.standing is Standing.HELD
        deciding = asyncio.create_task(accept(judged.ref))
        await asyncio.wait({deciding}, timeout=0.2)  # it has to wait; or, if nothing kept it, would be done by now
    await deciding
    async with database.unit() as unit:
        decided = await meters.proof_of(unit, US, id)
    assert decided is not None and decided.standing is Standing.ACCEPTED


async def test_a_meter_that_is_registered_elsewhere_did_not_measure_this_charge(
    database: Database, clock: SetClock
) -> None:
    signer, station = SigningMeter(), await settled(database)
    async with database.unit() as unit:
        meter = await meters.register(unit, registered(signer, evse_no=2))
    session = await charged(
        database, station, signed("Transaction.End", signer.signs_both(NOON, "1000", LATER, "6000"))
    )
    assert await open_doubts(database, session) == [
        (DoubtKind.UNPROVED, "Meter 4711 is registered at ST1/2, not where this charge was")
    ]
    async with database.unit() as unit:
        await meters.amend(unit, replace(meter, evse_no=1), by="Ada")
    await drain(database)
    assert await cdr_of(database, session) is not None


async def test_a_charge_that_is_held_keeps_its_readings_and_one_that_is_given_up_does_not(
    database: Database, clock: SetClock
) -> None:
    station = await settled(database)
    session = await charged(database, station, signed("Transaction.End", "no record"))
    span = (NOON - timedelta(days=1), NOON + timedelta(days=1))
    async with database.unit() as unit:
        assert await analytics.readings_needed(unit, *span)
        proof = await meters.proof_of(unit, US, session)
        assert proof is not None
        await meters.reject(unit, proof.ref, by="Ada", why="nobody can tell")
        assert not await analytics.readings_needed(unit, *span)


async def test_what_no_charge_can_be_waits_for_a_person_signed_or_not(database: Database, clock: SetClock) -> None:
    """A clock that said 1970 until it was set, and a register that is not the one of the start: neither is billed."""
    station, clocks = await settled(database), DoubtKind.IMPOSSIBLE
    given = Authorization(allowed=Allowed.ALLOWED, token=token())
    never_set = datetime(1970, 1, 1, 0, 0, 10, tzinfo=UTC)
    told = [(never_set, LATER, 5000), (never_set, never_set, 5000), (NOON, LATER, 12_345_678), (NOON, LATER, 23_000)]
    ids = []
    for began_at, ended_at, register in told:
        async with database.unit() as unit:
            one = await sessions.begin(
                unit, station=station, evse_no=1, uid="CARD1", given=given, at=began_at, register=wh(1000)
            )
            await sessions.stop(unit, holder=US, session_id=one.id, at=ended_at, register=wh(register), reason="Local")
            ids.append(one.id)
        await drain(database)
    assert [await cdr_of(database, id) is not None for id in ids] == [False, False, False, True]
    async with database.unit() as unit:
        kinds = [[one.kind for one in await readings.doubts_of(unit, US, id)].count(clocks) for id in ids]
        assert kinds == [1, 1, 1, 0]
        held = await meters.proof_of(unit, US, ids[0])
        assert held is not None
        assert held.reasons == ("By the station's clock this charge lasted 20780 days, from 1970-01-01",)
        await meters.accept(unit, held.ref, by="Ada", why="the driver agreed")
    await drain(database)
    cdr = await cdr_of(database, ids[0])
    assert cdr is not None and cdr.signed_data is None


async def test_an_evse_that_was_kept_for_weeks_is_no_charge_that_lasted_so_long(
    database: Database, clock: SetClock
) -> None:
    station, given = await settled(database), Authorization(allowed=Allowed.ALLOWED, token=token())
    async with database.unit() as unit:
        one = await sessions.begin(
            unit, station=station, evse_no=1, uid="CARD1", given=given, at=NOON, register=wh(1000)
        )
    kept = replace(one, started_at=NOON - timedelta(days=60), ended_at=LATER, reserved=Reserved(number=1, until=LATER))
    used = replace(kept, reserved=Reserved(number=1, until=LATER, used_at=NOON))
    at_once = replace(kept, reserved=None)
    assert [len(impossible(one, wh(5000))) for one in (kept, used, at_once)] == [0, 0, 1]
    assert believable(used, NOON) is used, "whose register was read last before its driver came"
    leapt = believable(replace(used, ended_at=None, meter=_read(used, LATER), energy=wh(12_345_678)), NOON)
    assert leapt.energy == wh(22_000), "nothing flowed before that"


def _read(session: Session, at: datetime) -> metering.Meter:
    assert session.meter is not None
    return replace(session.meter, read_at=at)


async def test_a_charge_by_a_clock_that_is_ahead_waits_for_a_person_also_once_its_time_has_come(
    database: Database, clock: SetClock
) -> None:
    """And one that was billed in its time does not look too old a year later."""
    station, given = await settled(database), Authorization(allowed=Allowed.ALLOWED, token=token())
    ids = []
    for days in (0, 20):
        at = NOON + timedelta(days=days)
        async with database.unit() as unit:
            one = await sessions.begin(
                unit, station=station, evse_no=1, uid="CARD1", given=given, at=at, register=wh(1000)
            )
            ended_at = at + timedelta(hours=1)
            await sessions.stop(unit, holder=US, session_id=one.id, at=ended_at, register=wh(6000), reason="Local")
            ids.append(one.id)
    await drain(database)
    for later in (timedelta(days=30), timedelta(days=400)):
        clock.advance(later)
        async with database.unit() as unit:
            for id in ids:
                unit.announce(about(SessionEnded, session := await sessions.fetch(unit, US, US, id)))
                unit.announce(about(SessionAmended, session))
        await drain(database)
        assert [await cdr_of(database, id) is not None for id in ids] == [True, False]
        async with database.unit() as unit:
            proofs = [await meters.proof_of(unit, US, id) for id in ids]
        assert [one and one.standing for one in proofs] == [None, Standing.HELD]


async def test_what_a_register_counted_once_is_billed_once(database: Database, clock: SetClock) -> None:
    """A station that lets a second card begin where the first goes on, and tells the same register at both ends."""
    station, ids = await settled(database), list[str]()
    for card, began_at, register in (("CARD1", NOON, 1000), ("CARD2", NOON + timedelta(minutes=1), 1000)):
        given = Authorization(allowed=Allowed.ALLOWED, token=token(card))
        async with database.unit() as unit:
            one = await sessions.begin(
                unit, station=station, evse_no=1, uid=card, given=given, at=began_at, register=wh(register)
            )
            ids.append(one.id)
    for id in reversed(ids):
        async with database.unit() as unit:
            await sessions.stop(unit, holder=US, session_id=id, at=LATER, register=wh(5000), reason="Local")
        await drain(database)
    assert [await cdr_of(database, id) is not None for id in ids] == [False, True]
    async with database.unit() as unit:
        held = await meters.proof_of(unit, US, ids[0])
        assert held is not None
        assert held.reasons == (f"4 kWh of it were counted for charge {ids[1]}, at the same EVSE meanwhile",)
        await meters.reject(unit, held.ref, by="Ada", why="it was one car")
    await drain(database)
    assert [await cdr_of(database, id) is not None for id in ids] == [False, True]


def test_a_calibration_is_told_before_it_ends() -> None:
    ends = [None, date(2026, 11, 22), date(2026, 11, 23), date(2027, 2, 21), date(2027, 2, 22)]
    states = [calibration(registered(SigningMeter(), calibration_ends=day), NOON.date()) for day in ends]
    assert states == [
        Calibration.UNKNOWN,
        Calibration.OVER,
        Calibration.ENDING,
        Calibration.ENDING,
        Calibration.GOOD,
    ]
