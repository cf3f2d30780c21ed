"""The verdict about a record under a key, and whether the records of one charge belong together."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

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
from laddnav.metering.signed.reading import read

_WORST_FIRST = (Verdict.UNREADABLE, Verdict.INVALID, Verdict.UNFIT_KEY, Verdict.UNKNOWN_KEY, Verdict.VALID)


def judged(text: str, key: str | None) -> Judged:
    """`key` is the one that is trusted for this meter; None: there is none."""
    try:
        record = read(text)
    except UnreadableRecord as error:
        return Judged(verdict=Verdict.UNREADABLE, reason=str(error))
    return under(record, key)


def under(record: Record, key: str | None) -> Judged:
    if not key:
        named = f"of meter {record.meter}" if record.meter else "of this meter"
        return Judged(verdict=Verdict.UNKNOWN_KEY, reason=f"No key {named} is known", record=record)
    try:
        public = key_of(key)
        good = all(proves(proof, public, record.curve) for proof in record.proofs)
    except UnfitKey as error:
        return Judged(verdict=Verdict.UNFIT_KEY, reason=str(error), record=record)
    except UnreadableRecord as error:
        return Judged(verdict=Verdict.UNREADABLE, reason=str(error), record=record)
    if not good:
        why = "The signature is not of this key, or the record was changed"
        return Judged(verdict=Verdict.INVALID, reason=why, record=record)
    return Judged(verdict=Verdict.VALID, reason="Signed by this key and not changed since", record=with_course(record))


def together(found: Sequence[Judged]) -> SignedCharge:
    """Of all records of one charge, in their order: the first opens it, the last closes it.

    Where the last one holds both ends, the others only repeat it: its word alone counts, and whatever speaks against
    any of them.
    """
    records = tuple(one.record for one in _closing(found) if one.record is not None)
    reasons = (*(reason for one in found for reason in one.reasons), *apart(records))
    worst = min((one.verdict for one in found), key=_WORST_FIRST.index, default=Verdict.UNREADABLE)
    return SignedCharge(verdict=worst, reasons=tuple(dict.fromkeys(reasons)), records=records)


def _closing(found: Sequence[Judged]) -> Sequence[Judged]:
    last = found[-1].record if found else None
    roles = set() if last is None else {register.role for register in last.registers}
    return found[-1:] if {Role.BEGIN, Role.END} <= roles else found


def with_course(record: Record) -> Record:
    """A register that runs backwards within a record is a fault of it, and so is its time."""
    found = tuple(_backwards(record.registers))
    return record if not found else replace(record, faults=(*record.faults, *found))


def apart(records: Sequence[Record]) -> tuple[str, ...]:
    """Why these, of which the first opens a charge and the last closes it, are not of one charge; () where they are."""
    return tuple(dict.fromkeys(_apart(records)))


def _apart(records: Sequence[Record]) -> Iterator[str]:
    for before, after in itertools.pairwise(records):
        if before.format is not after.format:
            yield "The records are of different formats"
        if before.meter != after.meter:
            yield f"The records are of different meters, {before.meter} and {after.meter}"
        if before.transaction != after.transaction:
            yield "The records are of different charges"
        if before.page is not None and after.page is not None and not _follows(before.page, after):
            yield f"Page {after.page} does not follow page {before.page}"
        if any(one.role is Role.BEGIN for one in after.registers):
            yield "A record after the first begins a charge"
        if any(one.role is Role.END for one in before.registers):
            yield "A record before the last ends a charge"
    yield from _backwards([register for record in records for register in record.registers])


def _follows(page: int, after: Record) -> bool:
    """An OCMF station may give both records of a charge the page of that charge; S.A.F.E.'s own sample does."""
    assert after.page is not None
    return page < after.page or (page == after.page and after.format is Format.OCMF)


def _backwards(registers: Sequence[Register]) -> Iterator[str]:
    told = [one for one in registers if one.role is not None] or registers
    for before, after in itertools.pairwise(told):
        if after.energy < before.energy:
            yield f"The register runs backwards, from {before.energy.kwh:f} to {after.energy.kwh:f} kWh"
        if before.at is not None and after.at is not None and after.at < before.at:
            yield "Its time runs backwards"
