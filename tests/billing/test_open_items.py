"""Laws of open items: each öre that is paid goes somewhere once; and the statement of account says what is open."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from pypdf import PdfReader

from laddnav.billing.open_items import MatchedBy, OpenItem, Share, set_off, shares, shares_back, standing
from laddnav.billing.rules import seller_of
from laddnav.billing.statement import Account, statement
from tests.billing.charges import NOON, party
from tests.billing.test_camt import item
from tests.billing.test_items import debtor

ZERO = Decimal(0)
amounts = st.decimals("0.01", "500", places=2)


@st.composite
def open_items(draw: st.DrawFn) -> list[OpenItem]:
    """Invoices and credit notes, open, partly or wholly settled."""
    found = []
    for number in range(draw(st.integers(0, 5))):
        to_pay = draw(amounts) * draw(st.sampled_from([1, 1, 1, -1]))
        settled = (to_pay * draw(st.sampled_from([ZERO, ZERO, Decimal(1), Decimal("0.5")]))).quantize(Decimal("0.01"))
        due_at = NOON + timedelta(days=draw(st.integers(-40, 40)))
        found.append(replace(item(str(number), str(to_pay)), settled=settled, due_at=due_at))
    return found


@given(open_items(), amounts, st.none() | st.lists(st.integers(0, 5).map(str), unique=True))
def test_what_is_paid_is_shared_out_once_and_never_beyond_what_an_invoice_takes(
    items: list[OpenItem], amount: Decimal, cites: list[str] | None
) -> None:
    found = shares(amount, items, cites)
    total = sum((one.amount for one in found), ZERO)
    assert 0 <= total <= amount
    assert_fits(items, found)
    meant = [one for one in items if cites is None or one.number in cites]
    assert {one.ref for one in found} <= {one.ref for one in meant}
    # What is left over stays on account because nothing more is open.
    assert total == min(amount, sum((max(one.open, ZERO) for one in meant), ZERO))


@given(open_items(), amounts, st.lists(st.integers(0, 5).map(str), unique=True), st.decimals("-500", "500", places=2))
def test_what_goes_back_opens_what_is_owed_beyond_what_is_open_and_nothing_more(
    items: list[OpenItem], amount: Decimal, cites: list[str], beyond: Decimal
) -> None:
    notes = sum((min(one.open, ZERO) for one in items), ZERO)
    cited = sum((min(one.open, ZERO) for one in items if one.number in cites), ZERO)
    settled = sum((max(one.settled, ZERO) for one in items), ZERO)
    for paid_out in (True, False):
        found = shares_back(-amount, items, cites, beyond, paid_out=paid_out)
        assert_fits(items, found)
        total = -sum((one.amount for one in found), ZERO)
        at_once = min(amount, -cited) if paid_out else ZERO
        most = settled - (notes if paid_out else ZERO)
        assert total == max(at_once, min(amount, max(beyond, ZERO), most))
        undone = {one.ref for one in found if one.why is MatchedBy.UNDONE}
        if undone - set(cites):  # the others only once all that is cited is open
            by_ref = {one.ref: one.amount for one in found}
            assert all(one.settled + by_ref.get(one.ref, ZERO) <= 0 for one in items if one.number in cites)


def assert_fits(items: list[OpenItem], found: tuple[Share, ...]) -> None:
    by_ref = {one.ref: one for one in items}
    assert len({one.ref for one in found}) == len(found)
    for share in found:
        one = by_ref[share.ref]
        assert min(one.to_pay, ZERO) <= one.settled + share.amount <= max(one.to_pay, ZERO)


@given(open_items(), amounts)
def test_a_credit_note_gives_as_much_as_it_loses(items: list[OpenItem], worth: Decimal) -> None:
    note = item("note", str(-worth))
    found = set_off(note, items)
    assert sum(one.amount for one in found) == 0
    assert 0 <= sum(one.amount for one in found if one.amount > 0) <= worth


@given(open_items(), st.decimals("-500", "500", places=2), amounts)
def test_what_stands_is_the_ledgers_balance_to_the_ore(
    items: list[OpenItem], balance: Decimal, not_invoiced: Decimal
) -> None:
    one = standing(debtor("SE"), "SEK", balance, not_invoiced, items, NOON)
    assert one.overdue + one.due_later + one.not_invoiced + one.on_account == balance
    assert one.overdue + one.due_later == sum(each.open for each in items)


def test_a_statement_of_account_names_what_is_open_and_how_to_pay_it_in_three_languages() -> None:
    late = replace(item("LAD-2026-00042", "100"), settled=Decimal(25), due_at=NOON - timedelta(days=9))
    later = replace(item("LAD-2026-00043", "-40"), due_at=NOON + timedelta(days=9))
    who = debtor("SE")
    stands = standing(who, "SEK", Decimal("31.50"), Decimal("6.50"), [late, later], NOON)
    account = Account(seller=seller_of(party()), debtor=who, standings=(stands,), at=NOON)
    for language, said in (
        ("", ("Kontoutdrag", "75,00", "Förfallet", "LAD-2026-00042: 2026000428", "10,00")),
        ("de", ("Kontoauszug", "Überfällig", "75,00", "zu Ihren Gunsten")),
        ("en", ("Statement of account", "Overdue", "75.00", "Owed in all 31.50", "Paid ahead 10.00")),
    ):
        (page,) = PdfReader(BytesIO(statement(account, language))).pages
        text = " ".join(page.extract_text().replace("\N{NO-BREAK SPACE}", " ").split())
        for words in said:
            assert words in text, (language, words)
