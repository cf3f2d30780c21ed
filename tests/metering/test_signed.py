"""Signed meter records: verdicts of S.A.F.E. Transparenzsoftware on its samples and on what was made of them."""

import base64
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Struct

from laddnav.kit import json
from laddnav.metering.signed import edl
from laddnav.metering.signed.judging import apart, judged
from laddnav.metering.signed.keys import key_of, same
from laddnav.metering.signed.model import Clocked, Judged, UnreadableRecord, Verdict

RECORDS = Path(__file__).parent.parent / "cases/metering/signed-meter-values.json"


class WireReading(Struct, frozen=True):
    value_kwh: Decimal
    time: str


class WireExpected(Struct, frozen=True):
    signature: str
    accepted: bool
    readings: tuple[WireReading, ...] = ()


class WireRecord(Struct, frozen=True):
    id: str
    expected: WireExpected
    signed: str | None = None
    begin: str | None = None
    end: str | None = None
    public_key: str | None = None


class WireFile(Struct, frozen=True):
    records: tuple[WireRecord, ...]


CASES = {one.id: one for one in json.decode(RECORDS.read_bytes(), WireFile).records}


def texts(case: WireRecord) -> list[str]:
    return [text for text in (case.signed, case.begin, case.end) if text is not None]


def under_key(text: str, key: str | None) -> Judged:
    """As the reference does it: with the key that came inside, where it is given none."""
    found = judged(text, key)
    claimed = None if found.record is None else found.record.key
    return judged(text, claimed) if key is None and claimed else found


def test_every_record_of_the_reference_has_the_verdict_that_it_has_there() -> None:
    for case in CASES.values():
        found = [under_key(text, case.public_key) for text in texts(case)]
        records = [one.record for one in found if one.record is not None]
        valid = all(one.verdict is Verdict.VALID for one in found)
        billable = all(one.billable for one in found) and not apart(records)
        assert (valid, billable) == (case.expected.signature == "valid", case.expected.accepted), case.id


def test_every_reading_of_the_reference_is_read_at_its_instant() -> None:
    read = 0
    for case in CASES.values():
        records = [one.record for one in (judged(text, None) for text in texts(case)) if one.record is not None]
        registers = [register for record in records for register in record.registers]
        ours = [(register.energy.kwh, register.at) for register in registers]
        for reading in case.expected.readings:
            if reading.time != "null":  # of the other registers of a meter, which are not billed
                at = datetime.fromisoformat(reading.time)
                assert (round(reading.value_kwh, 6), at) in ours, case.id
                read += 1
    assert read > 60


def test_a_record_without_a_registered_key_is_named_so_although_one_came_inside() -> None:
    found = judged(texts(CASES["ref-056"])[0], None)
    assert found.verdict is Verdict.UNKNOWN_KEY
    assert str(found.reason) == "No key of meter 0901454D4800007F883A is known"
    assert found.record is not None and found.record.key is not None


def test_a_clock_that_was_not_set_is_said_and_energy_may_be_billed_all_the_same() -> None:
    case = CASES["gen-secp256r1-unsync"]
    found = judged(texts(case)[0], case.public_key)
    assert found.billable and found.record is not None
    assert Clocked.UNKNOWN in [register.clocked for register in found.record.registers]


def test_a_key_is_the_same_key_however_it_is_written() -> None:
    """Signed Meter Values in OCPP 1.0 §3.2.2: base64 of a text whose last part is the key."""
    printed = CASES["gen-secp256r1"].public_key or ""
    octets = bytes.fromhex(printed)
    wrapped = base64.b64encode(b"oca:base16:asn1:" + printed.encode()).decode()
    spaced = " ".join(printed[place : place + 4] for place in range(0, len(printed), 4))
    pem = f"-----BEGIN PUBLIC KEY-----\n{base64.encodebytes(octets).decode()}-----END PUBLIC KEY-----"
    point = octets[-65:].hex()
    assert all(same(printed, one) for one in (wrapped, spaced, pem, point, base64.b64encode(octets).decode()))
    assert key_of(printed).curve == "secp256r1"
    assert not same(printed, CASES["gen-secp384r1"].public_key or "")
    assert not same("3006072a8648ce3d020106", printed)  # DER that breaks off


def test_a_record_reads_the_same_plain_in_hexadecimal_and_in_base64() -> None:
    case = CASES["ref-003"]
    text = texts(case)[0]
    wrapped = (text.encode().hex(), base64.b64encode(text.encode()).decode(), f"\n{text}\n")
    assert {judged(one, case.public_key).verdict for one in wrapped} == {Verdict.VALID}


@given(st.sampled_from(sorted(CASES)), st.integers(min_value=0), st.characters())
@example("ref-003", 5, "\ud800")  # half of a character
def test_no_character_changed_anywhere_in_what_is_signed_goes_unseen(name: str, place: int, character: str) -> None:
    """Whatever comes is judged: nothing that a station sends is an error of ours."""
    text = texts(CASES[name])[0]
    place %= len(text)
    before = judged(text, CASES[name].public_key)
    found = judged(text[:place] + character + text[place + 1 :], CASES[name].public_key)
    if found.verdict is Verdict.VALID:  # outside what is signed, or another spelling of the same
        assert before.record is not None and found.record is not None
        assert [proof.message for proof in found.record.proofs] == [proof.message for proof in before.record.proofs]


def test_what_stands_behind_the_signature_nobody_has_signed() -> None:
    case = next(one for one in CASES.values() if one.id.startswith("pcdf") and one.expected.signature == "valid")
    text = texts(case)[0]
    before, found = judged(text, case.public_key), judged(f"{text.strip()}(RV:9999.000*kWh)", case.public_key)
    assert before.record is not None and found.record is not None
    assert found.record.registers == before.record.registers


def test_what_is_signed_is_read_in_one_way_only() -> None:
    """Fields that are joined for the signature keep their places: none may lend an octet to its neighbour."""
    text = next(text for case in CASES.values() for text in texts(case) if "078180816202ff" in text.lower())
    shifted = judged(text.lower().replace("078180816202ff", "068180816202"), "04")
    assert str(shifted.reason) == "A field of the ISA EDL 40 record has 5 octets instead of 6"


def test_what_no_meter_could_say_is_unreadable_and_no_error() -> None:
    """It is kept, indexed and shown: a number with a NUL, one as long as a book, a year before there were meters."""
    text = texts(CASES["gen-secp256r1"])[0]
    for said, instead in (
        ('"MS":"4711"', '"MS":"47\\u000011"'),
        ('"MS":"4711"', f'"MS":"{"4" * 3000}"'),
        ("2026-03-29T01", "0001-01-01T00"),
        ("100.123", "1e999999"),
        ("|{", "|" + "[" * 30_000 + "{"),
    ):
        assert said in text
        assert judged(text.replace(said, instead), "04").verdict is Verdict.UNREADABLE, instead[:40]
    with pytest.raises(UnreadableRecord, match="a year"):  # of SML, whose numbers have any length
        edl.instant(10**15)
    bomb = '<!DOCTYPE x [<!ENTITY a "aa">]><signedMeterValue>&a;</signedMeterValue>'
    assert str(judged(bomb, None).reason) == "The XML declares a document type"


@given(st.text() | st.binary().map(lambda octets: (b"\x1b\x1b\x1b\x1b\x01\x01\x01\x01" + octets).hex()))
def test_what_is_no_record_is_unreadable(text: str) -> None:
    assert judged(text, "04").verdict is Verdict.UNREADABLE
