"""The commands of pricing as they are called: what they say, in JSON and to people, and with which status."""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from laddnav.cli.main import main

EXAMPLES = Path(__file__).parents[1] / "cases" / "ocpi" / "2.2.1"
CDR = EXAMPLES / "cdrs" / "example-of-a-cdr.json"
COMPLEX = EXAMPLES / "tariffs" / "complex-tariff-example.json"
ENERGY = EXAMPLES / "tariffs" / "simple-tariff-example-euro-0-25-per-kwh.json"
CAPPED = EXAMPLES / "tariffs" / "tariff-example-euro-0-25-per-kwh-start-fee-max-price-tariff-end-date.json"

SESSION = {
    "start": "2026-03-07T13:30:00+01:00",
    "end": "2026-03-07T16:35:00+01:00",
    "meter": [{"t": "2026-03-07T13:30:00+01:00", "kwh": 0}, {"t": "2026-03-07T15:24:00+01:00", "kwh": 20}],
    "states": [
        {"t": "2026-03-07T13:30:00+01:00", "state": "CHARGING"},
        {"t": "2026-03-07T15:24:00+01:00", "state": "PARKING"},
    ],
}


class Said(NamedTuple):
    status: object
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on one line."""
        (line,) = self.out.splitlines()
        return json.loads(line)


Laddnav = Callable[..., Said]


@pytest.fixture
def laddnav(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Laddnav:
    """The command in this process: what it takes to price, it does not have to start."""

    def called(*words: str | Path, given: bytes = b"", status: int = 0) -> Said:
        monkeypatch.setattr(sys, "argv", ["laddnav", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        with pytest.raises(SystemExit) as end:
            main()
        said = Said(end.value.code, *capfd.readouterr())
        assert said.status == status, said
        return said

    return called


def words_of(file: Path) -> Any:
    return json.loads(file.read_bytes())


@pytest.fixture
def kept(tmp_path: Path) -> Callable[[str, Any], Path]:
    """Keeps words as a file of this name."""

    def keep(name: str, words: Any) -> Path:
        file = tmp_path / name
        file.write_text(json.dumps(words))
        return file

    return keep


# ---- price


def test_the_specifications_cdr_costs_what_it_says(laddnav: Laddnav) -> None:
    priced = laddnav("price", "--cdr", CDR, "--json").json
    assert priced["currency"] == "EUR"
    vat = {"name": "VAT", "percentage": "10", "base": "4", "amount": "0.4"}
    assert priced["total_cost"] == priced["total_time_cost"] == {"excl": "4", "incl": "4.4", "taxes": [vat]}
    assert priced["total_energy_cost"] == {"excl": "0", "incl": "0", "taxes": []}
    assert (priced["total_energy"], priced["total_parking_time"]) == ("15.342", "0")
    assert list(priced)[:10] == [
        "currency",
        "total_cost",
        "total_fixed_cost",
        "total_energy",
        "total_energy_cost",
        "total_time",
        "total_time_cost",
        "total_parking_time",
        "total_parking_cost",
        "total_reservation_cost",
    ]
    (line,) = priced["lines"]
    assert (line["dimension"], line["volume"], line["billed_volume"], line["unit_price"]) == ("TIME", "1.973", "2", "2")
    assert (line["tariff_id"], line["element"], line["component"]) == ("12", 0, 0)
    assert line["period_start"] == "2015-06-29T21:39:09Z"
    assert line["reason"].startswith("The price that always applies.")


def test_a_session_becomes_a_cdr_and_the_cdr_costs_the_same(laddnav: Laddnav, kept: Callable[[str, Any], Path]) -> None:
    session = kept("session.json", SESSION)
    words = ("--tariff", COMPLEX, "--timezone", "Europe/Amsterdam", "--json")
    told = laddnav("price", "--session", session, *words).json
    assert told["total_parking_time"] == "1.1833333333"
    cdr = told.pop("cdr")
    assert cdr["tariffs"] == [words_of(COMPLEX)]
    assert (cdr["start_date_time"], cdr["end_date_time"]) == ("2026-03-07T12:30:00Z", "2026-03-07T15:35:00Z")
    again = laddnav("price", "--cdr", kept("cdr.json", cdr), *words[2:]).json
    assert {name: again[name] for name in again if name.startswith("total_")} == {
        name: told[name] for name in told if name.startswith("total_")
    }
    assert Decimal(str(cdr["total_cost"]["incl_vat"])) == Decimal(told["total_cost"]["incl"])


def test_a_tariff_that_is_given_takes_the_place_of_the_cdrs_own(
    laddnav: Laddnav, kept: Callable[[str, Any], Path]
) -> None:
    other = words_of(CDR)["tariffs"][0]
    other["elements"][0]["price_components"][0]["price"] = 3
    priced = laddnav("price", "--cdr", CDR, "--tariff", kept("t.json", other), "--json").json
    assert priced["total_cost"]["excl"] == "6"


def test_files_may_be_packed_and_one_may_be_standard_input(laddnav: Laddnav, tmp_path: Path) -> None:
    packed = tmp_path / "t.json.gz"
    packed.write_bytes(gzip.compress(json.dumps(words_of(CDR)["tariffs"]).encode()))
    priced = laddnav("price", "--cdr", "-", "--tariff", packed, "--json", given=CDR.read_bytes()).json
    assert priced["total_cost"]["excl"] == "4"


def test_a_policy_may_be_named(laddnav: Laddnav) -> None:
    assert laddnav("price", "--cdr", CDR, "--policy", "ocpi-3", "--json").json["total_cost"]["excl"] == "4"


def test_people_see_a_receipt(laddnav: Laddnav) -> None:
    receipt = laddnav("price", "--cdr", CDR, "--timezone", "Europe/Brussels").out.splitlines()
    assert receipt[0].split() == "from (Europe/Brussels) what used paid for price before taxes after taxes".split()
    assert receipt[1].split() == "2015-06-29 23:39:09 TIME 1 h 58 min 23 s 2 h 2.00/h 4.00 4.40".split()
    assert receipt[2].strip().endswith("[12 /elements/0/price_components/0]")
    assert ["VAT", "10", "%", "of", "4.00", "0.40"] in [line.split() for line in receipt]
    assert ["Total", "EUR", "4.00", "4.40"] in [line.split() for line in receipt]


def test_reasons_are_said_in_swedish_where_that_is_asked_for(laddnav: Laddnav) -> None:
    assert "Priset som alltid gäller." in laddnav("price", "--cdr", CDR, "--language", "sv").out


# ---- check-cdr and credit-cdr


def test_a_cdr_that_is_right_is_a_match(laddnav: Laddnav) -> None:
    checked = laddnav("check-cdr", CDR, "--json").json
    assert (checked["mismatching_fields"], checked["likely_cause"]) == ([], None)
    assert checked["verdict"] in ("match", "within-rounding")


def test_a_cdr_that_is_wrong_says_in_what_and_likely_why(laddnav: Laddnav, kept: Callable[[str, Any], Path]) -> None:
    wrong = words_of(CDR)
    wrong["total_cost"] = wrong["total_time_cost"] = {"excl_vat": 4.4, "incl_vat": 4.4}
    checked = laddnav("check-cdr", kept("c.json", wrong), "--json", status=1).json
    assert checked["verdict"] == "mismatch"
    assert checked["mismatching_fields"] == ["total_cost", "total_time_cost"]
    assert checked["likely_cause"] == "taxes-in-excl"
    told = laddnav("check-cdr", kept("c.json", wrong), status=1).out
    assert told.startswith("mismatch: ") and "Likely cause: " in told


def test_more_energy_than_its_kind_of_connector_gives_is_suspected(
    laddnav: Laddnav, kept: Callable[[str, Any], Path]
) -> None:
    """Each version says in its own place which kind that was."""
    said = words_of(CDR)
    said["charging_periods"][0]["dimensions"].append({"type": "ENERGY", "volume": 150})
    said["total_energy"] = 150
    older = {**said, "location": {"evses": [{"connectors": [{"power_type": "AC_3_PHASE"}]}]}}
    del older["cdr_location"]
    for words in (said, older):
        checked = laddnav("check-cdr", kept("c.json", words), "--version", "2.2.1", "--json").json
        assert [odd["code"] for odd in checked["implausible"]] == ["too-much-power"]


def test_what_cannot_be_verified_is_no_reason_to_say_no(laddnav: Laddnav, kept: Callable[[str, Any], Path]) -> None:
    without = {name: said for name, said in words_of(CDR).items() if name != "tariffs"}
    checked = laddnav("check-cdr", kept("c.json", without), "--json").json
    assert (checked["verdict"], checked["likely_cause"]) == ("not-verifiable", None)


def test_a_credit_cdr_repeats_all_and_negates_the_total(laddnav: Laddnav) -> None:
    """CDR-012, CDR-013, CDR-014, CDR-015."""
    credit, original = laddnav("credit-cdr", CDR, "--json").json, words_of(CDR)
    assert credit["total_cost"] == {"excl_vat": -4.0, "incl_vat": -4.4}
    assert (credit["id"], credit["credit"], credit["credit_reference_id"]) == ("12345-C", True, "12345")
    changed = {"id", "total_cost", "credit", "credit_reference_id", "last_updated"}
    assert {name: said for name, said in credit.items() if name not in changed} == {
        name: said for name, said in original.items() if name not in changed
    }


# ---- lint, explain and budget


def test_a_tariff_without_an_error_is_status_0(laddnav: Laddnav) -> None:
    findings = laddnav("lint", CAPPED, "--json").json["findings"]
    assert "error" not in {one["severity"] for one in findings}
    assert all(list(one) == ["code", "severity", "pointer", "message", "fix"] for one in findings)


def test_an_error_in_a_tariff_is_status_1(laddnav: Laddnav, kept: Callable[[str, Any], Path]) -> None:
    wrong = words_of(ENERGY) | {"currency": "EUX"}
    findings = laddnav("lint", kept("t.json", wrong), "--json", status=1).json["findings"]
    assert ("unknown-currency", "/currency") in {(one["code"], one["pointer"]) for one in findings}
    assert "error unknown-currency at /currency" in laddnav("lint", kept("t.json", wrong), status=1).out


def test_a_tariff_is_explained_in_two_languages(laddnav: Laddnav) -> None:
    english, swedish = laddnav("explain", COMPLEX).out, laddnav("explain", COMPLEX, "--language", "sv").out
    assert "Starting a charge costs 2.50 EUR plus 15 % VAT." in english
    assert "Att starta en laddning kostar 2,50 EUR plus 15 % moms." in swedish


def test_a_budget_reaches_so_far(laddnav: Laddnav) -> None:
    """At 0.25 + 10 % a kWh, 5.50 EUR are 20 kWh, which 10 kW give in two hours."""
    reached = laddnav("budget", ENERGY, "--amount", "5.50", "--power-kw", "10", "--json").json
    assert (reached["reached_at_kwh"], reached["reached_after_s"]) == ("20", 7200)
    assert "20 kWh, 2 h" in laddnav("budget", ENERGY, "--amount", "5.50", "--power-kw", "10").out


def test_a_budget_that_no_charge_uses_up_reaches_nowhere(laddnav: Laddnav) -> None:
    """The tariff never costs more than 10 EUR."""
    reached = laddnav("budget", CAPPED, "--amount", "100", "--start", "2018-01-01T00:00:00Z", "--json").json
    assert (reached["reached_at_kwh"], reached["reached_after_s"]) == (None, None)


# ---- Wrong calls

C, T = str(CDR), str(ENERGY)
WRONG: list[tuple[tuple[str, ...], bytes, str]] = [
    (("price",), b"", "Give either --cdr or --session"),
    (("price", "--cdr", C, "--session", C), b"", "Give either --cdr or --session"),
    (("price", "--cdr"), b"", "argument --cdr: expected one argument; see laddnav price --help"),
    (("price", "--cdr", C, "--nope"), b"", "unrecognized arguments: --nope"),
    (("price", "--cdr", "/nowhere.json"), b"", "/nowhere.json cannot be read: No such file"),
    (("price", "--cdr", "/"), b"", "/ cannot be read: Is a directory"),
    (("price", "--cdr", "-"), b"", "- is empty"),
    (("price", "--cdr", "-"), b"{broken", "-: JSON is malformed"),
    (("price", "--cdr", "-"), b"\xff\xfe", "-: "),
    (("price", "--cdr", "-"), b"\x1f\x8bnot gzip", "- is packed and not whole"),
    (("price", "--cdr", "-"), b"[]", "-: it holds a list"),
    (("price", "--cdr", "-"), b"{}", "-: Object missing required field"),
    (("price", "--cdr", "-"), b"[" * 100_000, "-: "),
    (("price", "--cdr", "-", "--tariff", "-"), b"{}", "Only one file can be -"),
    (("price", "--cdr", C, "--tariff", "-"), b'{"id": "1"}', "missing required field `currency`"),
    (("price", "--cdr", C, "--policy", "mine"), b"", "There is no pricing policy 'mine'; there are laddnav"),
    (("price", "--cdr", C, "--timezone", "Europe/Atlantis"), b"", "There is no time zone 'Europe/Atlantis'"),
    (("price", "--cdr", C, "--version", "9.9"), b"", "argument --version: invalid choice: '9.9'"),
    (("price", "--cdr", C, "--language", "de"), b"", "argument --language: invalid choice: 'de'"),
    (("price", "--session", "-", "--json"), b"{}", "A session carries no Tariff"),
    (("price", "--session", "-", "--tariff", T), b"{}", "-: `start` is missing"),
    (("price", "--session", "-", "--tariff", str(COMPLEX)), json.dumps(SESSION).encode(), "--timezone says where"),
    (("check-cdr",), b"", "the following arguments are required: FILE; see laddnav check-cdr --help"),
    (("check-cdr", "-"), b"{", "-: "),
    (("credit-cdr", "-"), b"{}", "-: Object missing required field"),
    (("credit-cdr", C, "--id", "x" * 40), b"", "more than 39 characters"),
    (("credit-cdr", C, "--id", "12345"), b"", "has an id of its own"),
    (("credit-cdr", C, "--version", "2.1.1"), b"", ""),
    (("lint",), b"", "the following arguments are required: FILE"),
    (("lint", "/nowhere.json"), b"", "/nowhere.json cannot be read"),
    (("explain", "-"), b"{}", "-: Object missing required field"),
    (("explain", "-", "--language", "klingon"), b"{}", "invalid choice: 'klingon'"),
    (("budget", T), b"", "the following arguments are required: --amount"),
    (("budget", T, "--amount", "much"), b"", "argument --amount: 'much' is no number"),
    (("budget", T, "--amount", "-5"), b"", "argument --amount: '-5' is no amount above 0"),
    (("budget", T, "--amount", "nan"), b"", "'nan' is no amount above 0"),
    (("budget", T, "--amount", "5", "--power-kw", "0"), b"", "'0' is no amount above 0"),
    (("budget", T, "--amount", "5", "--start", "soon"), b"", "'soon' is no date and time"),
    (("budget", str(COMPLEX), "--amount", "5"), b"", "--timezone says where"),
    (("budget", str(COMPLEX), "--amount", "5", "--timezone", "X"), b"", "There is no time zone 'X'"),
]


@pytest.mark.parametrize(("words", "given", "line"), WRONG, ids=[line or words[-1] for words, _, line in WRONG])
def test_a_wrong_call_is_one_clear_line(laddnav: Laddnav, words: tuple[str, ...], given: bytes, line: str) -> None:
    said = laddnav(*words, given=given, status=2)
    (told,) = said.err.splitlines()
    assert told.startswith("laddnav: ") and line in told
    assert said.out == ""


@pytest.mark.parametrize("name", ["price", "check-cdr", "credit-cdr", "lint", "explain", "budget"])
def test_every_command_says_what_it_takes(laddnav: Laddnav, name: str) -> None:
    said = laddnav(name, "--help").out
    assert said.startswith(f"usage: laddnav {name}") and "--version" in said and "Exit status" in said
    assert f"  {name} " in laddnav("--help").out


def test_a_file_that_is_wrong_is_told_by_its_line(laddnav: Laddnav, tmp_path: Path) -> None:
    def told(words: bytes) -> str:
        (tmp_path / "cdr.json").write_bytes(words)
        (line,) = laddnav("price", "--cdr", tmp_path / "cdr.json", status=2).err.splitlines()
        return line.removeprefix(f"laddnav: {tmp_path}/cdr.json")

    assert told(b'{\n"a": 1,\n]') == ": JSON is malformed: object keys must be strings (line 3)"
    assert told(b"[]") == ": it holds a list, where one object is wanted"
    assert "follows the first JSON object, on line 2" in told(b'{"a": 1}\n{"a": 2}\n')


def test_a_command_that_is_misspelt_is_guessed(laddnav: Laddnav) -> None:
    assert "did you mean check-cdr" in laddnav("check-crd", status=2).err
    assert "did you mean" not in laddnav("dance", status=2).err


def test_what_is_for_people_is_swedish_where_that_is_asked_for(
    laddnav: Laddnav, kept: Callable[[str, Any], Path]
) -> None:
    said = laddnav("price", "--cdr", CDR, "--timezone", "Europe/Brussels", "--language", "sv").out
    assert said.startswith("från (Europe/Brussels)")
    assert "Summa EUR" in said
    wrong = kept("wrong.json", words_of(CDR) | {"total_cost": {"excl_vat": 99, "incl_vat": 99}})
    said = laddnav("check-cdr", wrong, "--language", "sv", status=1).out
    assert said.startswith("mismatch: CDR:en kostar inte vad dess tariff säger.\nInget vanligt misstag")


def test_times_on_a_receipt_are_those_of_the_country_where_nobody_names_the_zone(laddnav: Laddnav) -> None:
    assert laddnav("price", "--cdr", CDR).out.startswith("from (Europe/Brussels)")
