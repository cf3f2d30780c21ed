"""A bank's file is read strictly, and what payers cite is found in it; without I/O."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laddnav.billing.bank import BankState, BankWhy, Match, alike, match
from laddnav.billing.camt import MOST, NotAStatement, statements
from laddnav.billing.open_items import OpenItem
from laddnav.billing.references import check_digit, grouped, numbers_in, reference, rf_fits
from tests.billing.charges import LADDNAV, NOON
from tests.billing.statements import IBAN, moved, statement

BATCH = """<Ntry><Amt Ccy="SEK">30.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
  <BookgDt><DtTm>2026-11-21T09:00:00+01:00</DtTm></BookgDt><AcctSvcrRef>B9</AcctSvcrRef><BkTxCd/><NtryDtls>
  <TxDtls><AmtDtls><TxAmt><Amt Ccy="SEK">10.00</Amt></TxAmt></AmtDtls><RmtInf><Ustrd>one</Ustrd></RmtInf></TxDtls>
  <TxDtls><AmtDtls><TxAmt><Amt Ccy="SEK">20.00</Amt></TxAmt></AmtDtls><RmtInf><Ustrd>two</Ustrd></RmtInf></TxDtls>
  </NtryDtls></Ntry>"""


@pytest.mark.parametrize("version", ["02", "08"])
def test_both_versions_are_read_alike(version: str) -> None:
    body = statement(moved("12.50", cites="2026000426", text="Tack!", version=version), version=version)
    (found,) = statements(body)
    (one,) = found.movements
    assert (one.account, one.booked_on, one.amount, one.currency) == (
        IBAN,
        date(2026, 11, 21),
        Decimal("12.50"),
        "SEK",
    )
    assert (one.payer, one.references, one.texts) == ("Anna Andersson", ("2026000426",), ("Tack!",))


def test_letters_are_those_that_a_file_declares_and_in_a_text_they_are_read_already() -> None:
    declared = statement(moved("5", payer="Åsa Öberg")).decode().replace("UTF-8", "ISO-8859-1")
    for body in (declared.encode("latin-1"), declared, declared.replace("ISO-8859-1", "UTF-8").encode()):
        (found,) = statements(body)
        assert found.movements[0].payer == "Åsa Öberg"


def test_an_entry_of_several_transactions_is_several_movements() -> None:
    (found,) = statements(statement(BATCH, version="02"))
    assert [one.amount for one in found.movements] == [10, 20]
    assert [one.texts for one in found.movements] == [("one",), ("two",)]
    assert len({one.key for one in found.movements}) == 2


def test_the_same_movement_has_the_same_key_in_every_file_and_equal_ones_have_keys_of_their_own() -> None:
    twice = [moved("5", ref=None), moved("5", ref=None)]
    (one,), (other,) = statements(statement(*twice)), statements(statement(moved("7"), *twice))
    assert [each.key for each in one.movements] == [each.key for each in other.movements[1:]]
    assert len({each.key for each in other.movements}) == 3


def test_what_is_not_booked_yet_is_left_out() -> None:
    (found,) = statements(statement(moved("5", status="PDNG"), moved("6")))
    assert found.pending == 1
    assert [one.amount for one in found.movements] == [6]


BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Document>&b;</Document>'
FETCHES = b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><Document/>'


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"", "line 1"),
        (b"<Document/>", "its first element"),
        (statement(moved("5")).replace(b"053", b"052"), "its first element"),
        (BOMB, "line 1"),
        (FETCHES, "line 1"),
        (b"<a>" * 100, "line 1"),
        (b" " * (MOST + 1), "the file"),
        (statement(moved("5"), moved("x")), "statement 1, entry 2"),
        (statement(moved("NaN")), "statement 1, entry 1"),
        (statement(moved("-5")), "statement 1, entry 1"),
        (statement(moved("5", day="yesterday")), "statement 1, entry 1"),
        (statement(moved("5").replace("CRDT", "PLUS")), "statement 1, entry 1"),
        (statement(moved("5"), opening="10", closing="14"), "statement 1"),
        (statement(BATCH.replace("20.00", "21.00"), version="02"), "statement 1, entry 1"),
        (statement().replace(IBAN.encode(), b""), "statement 1"),
    ],
)
def test_what_is_no_statement_is_refused_with_the_place_of_it(body: bytes, place: str) -> None:
    with pytest.raises(NotAStatement) as refused:
        statements(body)
    assert refused.value.place == place


def test_entries_that_lead_from_one_balance_to_the_other_are_read() -> None:
    (found,) = statements(statement(moved("5"), moved("8", went=True), opening="10", closing="7"))
    assert [one.amount for one in found.movements] == [5, -8]


# ---- References


def test_each_country_has_the_reference_that_its_banks_check() -> None:
    assert reference("LAD-2026-00042", "SE") == "2026000428"
    assert reference("LAD-2026-00042", "NO") == "2026000428"
    assert reference("LAD-2026-00042", "DE") == "RF28LAD202600042"
    assert rf_fits("RF18539007547034") and not rf_fits("RF19539007547034")  # the example of ISO 11649
    assert check_digit("7992739871") == "3"  # and that of Luhn's
    assert grouped("RF28LAD202600042") == "RF28 LAD2 0260 0042"


@given(
    st.integers(2000, 2999),
    st.integers(1, 10_000_000),
    st.sampled_from(["SE", "NO", "DE", "FI"]),
    st.text("ab .,", max_size=5),
)
def test_every_reference_is_read_back_as_its_number_and_no_slip_of_a_digit_is(
    year: int, count: int, country: str, around: str
) -> None:
    number = f"LAD-{year}-{count:05}"
    said = reference(number, country)
    for written in (said, grouped(said), number, number.lower()):
        assert numbers_in([f"{around} {written}"], "LAD") == (number,)
    slipped = said[:-2] + str((int(said[-2]) + 1) % 10) + said[-1]
    assert number not in numbers_in([slipped], "LAD")
    if country == "DE":
        assert numbers_in([said], "XYZ") == ()


# ---- Matching


def item(number: str, to_pay: str = "100", debtor: str = "customer:a", name: str = "Åsa Öst AB") -> OpenItem:
    return OpenItem(
        holder=LADDNAV,
        ref=number,
        number=number,
        debtor_id=debtor,
        debtor_name=name,
        currency="SEK",
        issued_at=NOON,
        due_at=NOON,
        to_pay=Decimal(to_pay),
        settled=Decimal(0),
    )


ONE, TWO, OTHER, NOTE = item("1"), item("2"), item("3", debtor="customer:b", name="Bo Berg"), item("4", "-40")
BEFORE = Match(state=BankState.MATCHED, why=BankWhy.UNDONE, debtor_id="customer:a", numbers=("1",), undoes="B0")


@pytest.mark.parametrize(
    ("entry", "cited", "same", "undone", "expected"),
    [
        (moved("9"), [ONE], [], None, ("MATCHED", "REFERENCE", ("1",))),
        (moved("9"), [TWO, ONE], [], None, ("MATCHED", "REFERENCE", ("2", "1"))),
        (moved("9"), [ONE, OTHER], [], None, ("UNMATCHED", "SEVERAL_DEBTORS", ("1", "3"))),
        (moved("9", currency="EUR"), [ONE], [], None, ("UNMATCHED", "NOTHING", ())),
        (moved("9", payer="Asa Ost"), [], [ONE, OTHER], None, ("PROPOSED", "AMOUNT_AND_NAME", ("1",))),
        (moved("9", payer=None), [], [OTHER], None, ("PROPOSED", "AMOUNT", ("3",))),
        (moved("9", payer=None), [], [ONE, OTHER], None, ("UNMATCHED", "NOTHING", ())),
        (moved("9", went=True), [NOTE], [], None, ("MATCHED", "PAID_OUT", ("4",))),
        (moved("9", went=True), [ONE], [], None, ("UNMATCHED", "NOTHING", ())),
        (moved("9", went=True, reversal=True), [], [], BEFORE, ("MATCHED", "UNDONE", ("1",))),
    ],
)
def test_what_cites_one_debtor_is_matched_and_the_rest_is_a_question(
    entry: str, cited: list[OpenItem], same: list[OpenItem], undone: Match | None, expected: tuple[object, ...]
) -> None:
    ((movement,),) = (one.movements for one in statements(statement(entry)))
    found = match(movement, cited, same, undone)
    assert (found.state, found.why, found.numbers) == expected


def test_names_are_alike_whatever_their_order_accents_and_legal_form() -> None:
    assert alike("Åsa Öst AB", "OST ASA")
    assert alike("Tanka & Söner AB", "tanka soner ab (publ)")
    assert not alike("Anna Andersson", "Anders Andersson")
    assert not alike("AB", "Volvo AB")
