"""What the signed records of a charge prove, under the keys of registered meters, and until when those may be used."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from laddnav.kit import json
from laddnav.kit.energy import Energy, kwh, wh
from laddnav.kit.ids import fold
from laddnav.kit.notes import Note
from laddnav.kit.refusal import Refusal
from laddnav.kit.time import rfc3339
from laddnav.metering.model import Doubt, DoubtKind, Exchanged, Reading
from laddnav.metering.notes import NoteKind, noted
from laddnav.metering.signed import judging
from laddnav.metering.signed.containers import Sent, sent
from laddnav.metering.signed.model import (
    Clocked,
    Record,
    Register,
    UnreadableRecord,
    Verdict,
)
from laddnav.metering.signed.reading import read
from laddnav.meters.model import Calibration, Meter, MeterExchange, Proof, Standing
from laddnav.sessions.model import Session

DIGITS = (3, 9)
EXCHANGED_WITHIN = timedelta(days=3653)
WARN_AHEAD = timedelta(days=90)  # a calibration is ordered weeks before somebody comes
# Stations round a register to the watt-hour at both ends, where its meter may sign tenths of it.
RESOLUTION = wh(1)
# A meter's clock is set once in a while, and some stations have theirs in the wrong half of the year.
CLOCKS_DIFFER = timedelta(hours=2)
_ORDER = {"Transaction.Begin": 0, "Transaction.End": 2}


class UnknownMeter(Refusal):
    """No meter of this name is registered here."""

    def __init__(self, name: str) -> None:
        super().__init__(f"No meter {name!r} is registered here")


class AlreadyRegistered(Refusal):
    """A meter with this serial number is registered already; change that one."""

    def __init__(self, serial: str) -> None:
        super().__init__(f"Meter {serial!r} is registered already")


class NoRegister(Refusal):
    """No meter shows such a register."""

    def __init__(self) -> None:
        super().__init__("No meter shows such a register")


class NoExchange(Refusal):
    """A meter is exchanged at an EVSE of its Station, in the last ten years and not ahead."""

    def __init__(self) -> None:
        super().__init__("A meter is exchanged at an EVSE of its station, in the last ten years and not ahead")


class UnlikelyDigits(Refusal):
    """No register has so many digits for whole kWh."""

    def __init__(self, digits: int) -> None:
        super().__init__(f"No register has {digits} digits for whole kWh: between {DIGITS[0]} and {DIGITS[1]}")
        self.digits = digits


class UnknownProof(Refusal):
    """No charge with signed records of this name is known here."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"No charge with signed records {ref!r} is known here")


class NotHeld(Refusal):
    """Nothing is to be decided about this charge: its records were proved, or somebody has decided."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"Nothing is to be decided about {ref!r}")


class NoReason(Refusal):
    """A decision about money is kept with its reason."""

    def __init__(self) -> None:
        super().__init__("Say why: the reason is kept with what was decided")


def check_exchange(one: MeterExchange, numbers: Container[int], now: datetime) -> None:
    """`numbers` are the EVSEs of its Station. Raises NoExchange."""
    if one.evse_no not in numbers or not now - EXCHANGED_WITHIN <= one.at <= now + CLOCKS_DIFFER:
        raise NoExchange


def calibration(meter: Meter, today: date) -> Calibration:
    if meter.calibration_ends is None:
        return Calibration.UNKNOWN
    if meter.calibration_ends < today:
        return Calibration.OVER
    return Calibration.ENDING if meter.calibration_ends - WARN_AHEAD <= today else Calibration.GOOD


# ---- Registers that begin anew


def full_of(meters: Iterable[Meter], station_id: str | None, evse_no: int | None) -> Energy | None:
    """Where the register at this Evse begins again at nought, as far as anybody said."""
    here = [one for one in meters if (one.station_id, one.evse_no) == (station_id, evse_no)]
    return next((wh(10 ** (one.digits + 3)) for one in here if one.digits is not None), None)


def changed_hands(said: Iterable[Reading]) -> tuple[Exchanged, ...]:
    """Where one meter signed and then another: it was exchanged in between, and nobody says what they read."""
    found, last = list[Exchanged](), None
    for reading in sorted((one for one in said if one.signed), key=lambda one: one.at):
        serial = _signer(reading.signed or "")
        if serial is not None and last is not None and fold(serial) != fold(last):
            found.append(Exchanged(at=reading.at))
        last = serial or last
    return tuple(found)


def _signer(signed: str) -> str | None:
    try:
        return read(sent(signed).text).meter
    except UnreadableRecord:
        return None


def register_said(kilowatt_hours: Decimal | None) -> Energy | None:
    """Raises NoRegister."""
    try:
        said = None if kilowatt_hours is None else json.sane(kilowatt_hours)
    except ValueError as error:
        raise NoRegister from error
    if said is not None and said < 0:
        raise NoRegister
    return None if said is None else kwh(said)


# ---- What was sent


def records_of(readings: Iterable[Reading]) -> tuple[str, ...]:
    """The signed values of a charge as they came, in its order, each once: stations repeat the first at the end."""
    signed = [reading for reading in readings if reading.signed]
    signed.sort(key=lambda reading: (_ORDER.get(reading.context, 1), reading.at))
    return tuple(dict.fromkeys(reading.signed for reading in signed if reading.signed))


def unwrapped(said: Sequence[str]) -> tuple[Sent, ...]:
    """What cannot be unwrapped stays as it came, and is judged unreadable."""
    found = []
    for one in said:
        try:
            found.append(sent(one))
        except UnreadableRecord:
            found.append(Sent(text=one))
    return tuple(found)


# ---- What it proves


def proof(
    session: Session, records: tuple[Sent, ...], meters: Sequence[Meter], billed: Energy, *, ref: str, now: datetime
) -> tuple[Proof, tuple[Doubt, ...]]:
    """`meters`: those that the records name, and those at this Evse. With the doubts that hold it, if any do."""
    read = [judging.judged(one.text, None) for one in records]
    named = [one.record for one in read if one.record is not None]
    meter = _meter_of(named, meters, session)
    key = None if meter is None else meter.public_key
    found = [one if one.record is None else judging.under(one.record, key) for one in read]
    charge = judging.together(found)
    spoken = (*charge.reasons, *_misplaced(meter, session), *_untimely(charge.registers, session))
    other = otherwise(charge.registers, billed) if not spoken else None
    notes = spoken if other is None else (other,)
    made = Proof(
        holder=session.holder,
        session_id=session.id,
        ref=ref,
        standing=Standing.HELD if notes else Standing.PROVED,
        verdict=charge.verdict,
        reasons=_texts(notes),
        notes=notes,
        station_id=session.station_id or "",
        meter=next((record.meter for record in named if record.meter), None),
        public_key=key,
        format=named[0].format if named else None,
        records=records,
        registers=charge.registers,
        judged_at=now,
    )
    kind = DoubtKind.UNPROVED if spoken else DoubtKind.SIGNED_OTHERWISE
    at = session.ended_at or now
    return made, tuple(Doubt(kind=kind, at=at, note=note) for note in notes)


def unsigned(session: Session, *, ref: str, now: datetime) -> Proof:
    """Of a charge whose meter signs nothing: its registers are taken at their word."""
    return Proof(
        holder=session.holder,
        session_id=session.id,
        ref=ref,
        standing=Standing.PROVED,
        verdict=Verdict.UNREADABLE,
        station_id=session.station_id or "",
        records=(),
        judged_at=now,
    )


def held_as_well(made: Proof, why: tuple[Note, ...]) -> Proof:
    if not why:
        return made
    notes = (*made.notes, *why)
    return replace(made, standing=Standing.HELD, reasons=_texts(notes), notes=notes)


def _texts(notes: Iterable[Note]) -> tuple[str, ...]:
    return tuple(note.text for note in notes)


def digest(record: Record) -> str:
    """The same for all that says the same, whatever it is wrapped in and however often it is signed."""
    return hashlib.sha256(b"".join(proof.message for proof in record.proofs)).hexdigest()


def repeated(made: Proof, others: Sequence[str], now: datetime) -> tuple[Proof, tuple[Doubt, ...]]:
    """`others`: charges of which the same was told before."""
    told = tuple(noted(NoteKind.TOLD_BEFORE, charge=other) for other in others)
    return held_as_well(made, told), tuple(Doubt(kind=DoubtKind.UNPROVED, at=now, note=note) for note in told)


def first_keys(found: Iterable[tuple[Record, str | None]]) -> dict[str, str]:
    """By the number of its meter the first key that was sent for each."""
    keys: dict[str, str] = {}
    for record, sent_key in found:
        key = sent_key or record.key
        if record.meter and key:
            keys.setdefault(record.meter, key)
    return keys


def decided(before: Proof, standing: Standing, *, by: str, why: str, now: datetime) -> Proof:
    """Raises NotHeld, NoReason."""
    if before.standing is not Standing.HELD:
        raise NotHeld(before.ref)
    if not why:
        raise NoReason
    return replace(before, standing=standing, decided_at=now, decided_by=by, note=why)


def _meter_of(records: Sequence[Record], meters: Sequence[Meter], session: Session) -> Meter | None:
    """By the number that the records name; else the one at this Evse, for some records have another than its face."""
    serials = {fold(record.meter) for record in records if record.meter}
    named = [meter for meter in meters if fold(meter.serial) in serials]
    here = [meter for meter in meters if (meter.station_id, meter.evse_no) == (session.station_id, session.evse_no)]
    return next(iter((*named, *here)), None)


def _misplaced(meter: Meter | None, session: Session) -> tuple[Note, ...]:
    if meter is None or meter.station_id is None:
        return ()
    if (meter.station_id, meter.evse_no) == (session.station_id, session.evse_no):
        return ()
    return (noted(NoteKind.MISPLACED, meter=meter.serial, place=f"{meter.station_id}/{meter.evse_no}"),)


def _untimely(registers: Sequence[Register], session: Session) -> tuple[Note, ...]:
    """Records of a charge long ago, sent once more; only a clock that was set can tell."""
    if not registers or any(one.clocked is not Clocked.SYNCHRONISED or one.at is None for one in registers):
        return ()
    times = [one.at for one in registers if one.at is not None]
    if max(times) + CLOCKS_DIFFER < session.started_at:
        return (noted(NoteKind.SIGNED_EARLIER, signed_at=rfc3339(max(times))),)
    if session.ended_at is not None and min(times) - CLOCKS_DIFFER > session.ended_at:
        return (noted(NoteKind.SIGNED_LATER, signed_at=rfc3339(min(times))),)
    return ()


def otherwise(registers: Sequence[Register], billed: Energy) -> Note | None:
    """How what was signed differs from what is billed, if it does."""
    if len(registers) < 2:
        return noted(NoteKind.ONE_END_SIGNED)
    signed = registers[-1].energy - registers[0].energy
    if abs((signed - billed).wh) <= RESOLUTION.wh:
        return None
    return noted(NoteKind.SIGNED_OTHERWISE, signed_kwh=f"{signed.kwh:f}", billed_kwh=f"{billed.kwh:f}")
