"""The verdict about a record under a key, and whether the records of one charge belong together."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from laddnav.kit.notes import Note
from laddnav.metering.signed.keys import key_of, proves
from laddnav.metering.signed.model import (
    Format,
    Judged,
    Record,
    Register,
    Role,
    SignedCharge,
    UnfitKey,
    UnreadableRecord,
    Verdict,
)
from laddnav.metering.signed.notes import RecordKind, noted
from laddnav.metering.signed.reading import read

_WORST_FIRST = (Verdict.UNREADABLE, Verdict.INVALID, Verdict.UNFIT_KEY, Verdict.UNKNOWN_KEY, Verdict.VALID)


def judged(text: str, key: str | None) -> Judged:
    """`key` is the one that is trusted for this meter; None: there is none."""
    try:
        record = read(text)
    except UnreadableRecord as error:
        return Judged(verdict=Verdict.UNREADABLE, reason=error.note)
    return under(record, key)


def under(record: Record, key: str | None) -> Judged:
    if not key:
        unknown = noted(RecordKind.NO_KEY_OF, meter=record.meter) if record.meter else noted(RecordKind.NO_KEY)
        return Judged(verdict=Verdict.UNKNOWN_KEY, reason=unknown, record=record)
    try:
        public = key_of(key)
        good = all(proves(proof, public, record.curve) for proof in record.proofs)
    except UnfitKey as error:
        return Judged(verdict=Verdict.UNFIT_KEY, reason=error.note, record=record)
    except UnreadableRecord as error:
        return Judged(verdict=Verdict.UNREADABLE, reason=error.note, record=record)
    if not good:
        return Judged(verdict=Verdict.INVALID, reason=noted(RecordKind.CHANGED), record=record)
    return Judged(verdict=Verdict.VALID, reason=noted(RecordKind.GOOD), record=with_course(record))


def together(found: Sequence[Judged]) -> SignedCharge:
    """Of all records of one charge, in their order: the first opens it, the last closes it.

    Where the last one holds both ends, the others only repeat it: its word alone counts, and whatever speaks against
    any of them.
    """
    records = tuple(one.record for one in _closing(found) if one.record is not None)
    reasons = (*(reason for one in found for reason in one.reasons), *apart(records))
    worst = min((one.verdict for one in found), key=_WORST_FIRST.index, default=Verdict.UNREADABLE)
    return SignedCharge(verdict=worst, reasons=_each_once(reasons), records=records)


def _closing(found: Sequence[Judged]) -> Sequence[Judged]:
    last = found[-1].record if found else None
    roles = set() if last is None else {register.role for register in last.registers}
    return found[-1:] if {Role.BEGIN, Role.END} <= roles else found


def with_course(record: Record) -> Record:
    """A register that runs backwards within a record is a fault of it, and so is its time."""
    found = tuple(_backwards(record.registers))
    return record if not found else replace(record, faults=(*record.faults, *found))


def apart(records: Sequence[Record]) -> tuple[Note, ...]:
    """Why these, of which the first opens a charge and the last closes it, are not of one charge; () where they are."""
    return _each_once(_apart(records))


def _each_once(notes: Iterable[Note]) -> tuple[Note, ...]:
    return tuple({note.text: note for note in notes}.values())


def _apart(records: Sequence[Record]) -> Iterator[Note]:
    for before, after in itertools.pairwise(records):
        if before.format is not after.format:
            yield noted(RecordKind.OTHER_FORMAT)
        if before.meter != after.meter:
            yield noted(RecordKind.OTHER_METER, meter=str(before.meter), other=str(after.meter))
        if before.transaction != after.transaction:
            yield noted(RecordKind.OTHER_CHARGE)
        if before.page is not None and after.page is not None and not _follows(before.page, after):
            yield noted(RecordKind.OTHER_PAGE, page=after.page, before=before.page)
        if any(one.role is Role.BEGIN for one in after.registers):
            yield noted(RecordKind.BEGINS_AGAIN)
        if any(one.role is Role.END for one in before.registers):
            yield noted(RecordKind.ENDS_BEFORE)
    yield from _backwards([register for record in records for register in record.registers])


def _follows(page: int, after: Record) -> bool:
    """An OCMF station may give both records of a charge the page of that charge; S.A.F.E.'s own sample does."""
    assert after.page is not None
    return page < after.page or (page == after.page and after.format is Format.OCMF)


def _backwards(registers: Sequence[Register]) -> Iterator[Note]:
    told = [one for one in registers if one.role is not None] or registers
    for before, after in itertools.pairwise(told):
        if after.energy < before.energy:
            between = {"before_kwh": f"{before.energy.kwh:f}", "after_kwh": f"{after.energy.kwh:f}"}
            yield noted(RecordKind.REGISTER_BACKWARDS, **between)
        if before.at is not None and after.at is not None and after.at < before.at:
            yield noted(RecordKind.TIME_BACKWARDS)
