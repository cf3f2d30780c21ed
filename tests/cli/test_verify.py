"""`laddnav verify`: a record as a station, a partner or a driver has it, and what the exit status says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from laddnav.cli.verify import verify
from laddnav.cli.words import WrongCall
from laddnav.metering.signed.containers import Sent, as_values, in_file
from tests.meters.signing import SigningMeter
from tests.meters.test_proving import LATER, NOON

RECORDS = Path(__file__).parent.parent / "cases/metering/signed-meter-values.json"
CASES: dict[str, dict[str, Any]] = {one["id"]: one for one in json.loads(RECORDS.read_text())["records"]}
PAIR = CASES["gen-secp256r1-tx"]


class Said(dict[str, Any]):
    status: int


@pytest.fixture
def said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(body: str | bytes | dict[str, Any], *words: str) -> Said:
        file = tmp_path / "record"
        if isinstance(body, dict):
            body = json.dumps(body)
        file.write_bytes(body if isinstance(body, bytes) else body.encode())
        status = verify([str(file), "--json", *words])
        answer = Said(json.loads(capsys.readouterr().out))
        answer.status = status
        return answer

    return run


def test_a_file_of_the_collection_is_answered_as_it_expects(said: Any) -> None:
    for name in (
        "ref-002",
        "ref-016",
        "ref-056",
        "gen-secp256r1-tx",
        "gen-secp256r1-error",
        "ref-003-rv",
        "ref-022-nokey",
    ):
        expected = CASES[name]["expected"]
        answer = said(CASES[name])
        assert (answer["signature"], answer["billable"]) == (expected["signature"], expected["accepted"]), name
        assert answer.status == (0 if expected["accepted"] else 1)


def test_the_charge_of_an_ocpi_cdr_is_verified_in_its_order(said: Any) -> None:
    """CDR-059: CDR-060: signed_data with its signed_values, here the end before the start."""
    values = [
        {"nature": nature, "plain_data": "", "signed_data": PAIR[part]}
        for nature, part in (("End", "end"), ("Start", "begin"))
    ]
    signed = {"encoding_method": "OCMF", "public_key": PAIR["public_key"], "signed_values": values}
    for cdr in (signed, {"id": "1", "signed_data": signed}, {"data": {"signed_data": signed}}):
        answer = said(cdr)
        assert answer["billable"], answer["reasons"]
        assert [one["value_kwh"] for one in answer["readings"]] == ["100.123", "111.5"]
        assert answer["key"] == "file"


def test_the_xml_of_the_transparency_software_is_read_as_we_write_it(said: Any) -> None:
    for name, parts in (("gen-secp256r1-tx", ("begin", "end")), ("ref-002", ("signed",))):
        records = tuple(Sent(text=CASES[name][part], key=CASES[name]["public_key"]) for part in parts)
        assert said(as_values(records, "17"))["billable"], name


def test_the_xml_of_the_transparency_software_has_every_byte_that_was_signed(said: Any) -> None:
    text = PAIR["begin"] + "\r\n<&>\r"
    assert in_file(as_values((Sent(text=text),), "17").decode())[0].text == text.strip()


def test_a_beginning_that_the_last_record_repeats_is_no_second_one(said: Any) -> None:
    signer, stranger = SigningMeter(), SigningMeter()
    ends = signer.signs_both(NOON, "1000", LATER, "6000")
    for first, reasons in ((signer, []), (stranger, ["The signature is not of this key, or the record was changed"])):
        records = tuple(Sent(text=one, key=signer.public_key) for one in (first.signs(NOON, "1000"), ends))
        answer = said(as_values(records, "17"))
        assert (answer["reasons"], answer["billable"]) == (reasons, not reasons)
        assert [one["value_kwh"] for one in answer["readings"]] == ["1", "6"]


def test_a_record_as_sent_needs_a_key_and_takes_it_from_a_file_too(said: Any, tmp_path: Path) -> None:
    case = CASES["gen-secp256r1"]
    assert said(case["signed"])["reasons"] == ["No key of meter 4711 is known"]
    (tmp_path / "key.txt").write_text(case["public_key"])
    for key in (case["public_key"], str(tmp_path / "key.txt")):
        assert said(case["signed"], "--public-key", key)["key"] == "given"
    binary = bytes.fromhex(CASES["ref-016"]["signed"])
    assert said(binary, "--key", CASES["ref-016"]["public_key"])["format"] == "ISA_EDL_40_P"


def test_what_is_wrong_is_said_in_a_sentence(said: Any) -> None:
    assert said("no record")["signature"] == "unverifiable"
    assert said(CASES["gen-secp256r1-backwards"])["reasons"] == [
        "The register runs backwards, from 111.5 to 100.123 kWh"
    ]
    with pytest.raises(WrongCall, match="public key cannot be read"):
        said(PAIR, "--public-key", "sesame")
