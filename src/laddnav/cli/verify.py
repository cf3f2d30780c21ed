"""`laddnav verify`: is a signed meter record what its meter wrote, and may energy be billed from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from laddnav.cli import saying
from laddnav.cli.files import read
from laddnav.cli.words import Words, WrongCall
from laddnav.kit.time import rfc3339
from laddnav.metering.signed import containers, judging
from laddnav.metering.signed.containers import Sent
from laddnav.metering.signed.keys import key_of
from laddnav.metering.signed.model import Judged, Register, Role, SignedCharge, UnfitKey, UnreadableRecord, Verdict

_SIGNATURE = {Verdict.VALID: "valid", Verdict.INVALID: "invalid"}  # the others: nobody can tell
_ROLE = {Role.BEGIN: "start", Role.END: "stop", Role.BETWEEN: "update", None: None}
_FROM_RECORD = "The key came inside the record: this shows that nothing was changed, not which meter wrote it"


def verify(words: list[str]) -> int:
    """1 where energy may not be billed from it."""
    taken = Words("verify", "Verify a signed meter record; exit status 1 if energy may not be billed from it.")
    taken.add_argument("file", metavar="FILE", help="a record, or a file of records: OCPI, OCPP, transparency XML")
    taken.add_argument("--public-key", "--key", metavar="K", help="of the meter, or a file that holds it")
    taken.add_json()
    asked = taken.parse_args(words)
    records = _records(asked.file)
    key = None if asked.public_key is None else _key(asked.public_key)
    found, source = _judged(records, key)
    charge = judging.together(found)
    if asked.json:
        saying.one(_spelt(charge, source), as_json=True)
    else:
        print("\n".join(_told(charge, source)))
    return 0 if charge.billable else 1


def _records(file: str) -> tuple[Sent, ...]:
    """A file of another kind is a wrong call; a record that cannot be read has a verdict, and that is one."""
    body = read(file)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = body.hex()
    try:
        return containers.in_file(text)
    except UnreadableRecord:
        return (Sent(text=text),)


def _key(words: str) -> str:
    """Raises WrongCall."""
    file = Path(words) if len(words) < 256 else None
    key = file.read_text("ascii", "replace") if file is not None and file.is_file() else words
    try:
        key_of(key)
    except UnfitKey as error:
        raise WrongCall(f"--public-key: {error}") from error
    return key


def _judged(records: tuple[Sent, ...], key: str | None) -> tuple[list[Judged], str | None]:
    """With the key that was given, else the one beside the records, else the one inside them; and which that was."""
    beside = [key or one.key for one in records]
    found = [judging.judged(one.text, with_it) for one, with_it in zip(records, beside, strict=True)]
    if any(beside):
        return found, "given" if key else "file"
    inside = [None if one.record is None else one.record.key for one in found]
    if not any(inside):
        return found, None
    again = [judging.judged(one.text, with_it) for one, with_it in zip(records, inside, strict=True)]
    return again, "record"


def _spelt(charge: SignedCharge, source: str | None) -> dict[str, Any]:
    formats = {record.format.value for record in charge.records}
    return {
        "format": formats.pop() if len(formats) == 1 else None,
        "signature": _SIGNATURE.get(charge.verdict, "unverifiable"),
        "verdict": charge.verdict.value,
        "billable": charge.billable,
        "meter": next((record.meter for record in charge.records), None),
        "readings": [_reading(one) for one in charge.registers],
        "key": source,
        "reasons": [one.text for one in charge.reasons],
    }


def _reading(register: Register) -> dict[str, Any]:
    return {
        "value_kwh": f"{register.energy.kwh:f}",
        "time": None if register.at is None else register.at.isoformat(),
        "role": _ROLE[register.role],
        "clock": register.clocked.value,
    }


def _told(charge: SignedCharge, source: str | None) -> Iterator[str]:
    words = _spelt(charge, source)
    yield f"{'May be billed' if charge.billable else 'May not be billed'}: the signature is {words['signature']}"
    yield from (f"  {reason}" for reason in charge.reasons)
    if words["format"]:
        yield f"Format {words['format']}, meter {words['meter'] or 'unnamed'}"
    for register in charge.registers:
        at = "no time" if register.at is None else f"{rfc3339(register.at)} ({register.clocked.value.lower()})"
        yield f"  {register.energy.kwh:f} kWh  {_ROLE[register.role] or 'reading'}  {at}"
    if source == "record":
        yield _FROM_RECORD
