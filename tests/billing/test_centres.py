"""Each cost centre of a company finds what it stands for on its invoice, and nothing of it is nobody's."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.billing.centres import parts
from laddnav.billing.model import Debtor, DebtorKind, Invoice, Item, Period
from laddnav.billing.rules import charge_of, seller_of
from laddnav.cdrs.model import Cdr
from laddnav.customers.model import Contract
from laddnav.kit.energy import kwh
from tests.billing.charges import LADDNAV, NOON, cdr, energy, item, party

COMPANY = Debtor(
    holder=LADDNAV,
    id="customer:c",
    ref="c",
    kind=DebtorKind.CUSTOMER,
    name="Bageriet AB",
    country="SE",
    created_at=NOON,
)


def contract(id: str, centre: str | None = None, driver: str | None = None) -> Contract:
    return Contract(holder=LADDNAV, customer="c", contract_id=id, cost_centre=centre, driver=driver, since=NOON)


def charged(by: str, amount: str, *, credits: str | None = None) -> Cdr:
    one = cdr(energy(amount, "1"), id=f"{by}{amount}{credits}", energy_kwh=amount, credits=credits)
    return replace(one, token=replace(one.token, contract_id=by))


def billed(charges: list[Cdr], items: tuple[Item, ...] = ()) -> Invoice:
    return Invoice(
        holder=LADDNAV,
        ref="r",
        seller=seller_of(party()),
        debtor=COMPANY,
        currency="SEK",
        period=Period("2026-11", NOON),
        opened_at=NOON,
        charges=tuple(charge_of(one, "UTC") for one in charges),
        items=items,
        vat=(),
    )


KNOWN = (
    contract("SE-1", "SALES", "Anna"),
    contract("SE-2", "SALES", "Bo"),
    contract("SE-3", "BAKERY"),
    contract("SE-4"),
)


def test_what_each_driver_charged_is_on_their_cost_centre_and_what_is_the_companys_own_comes_last() -> None:
    some = [charged("SE-2", "7"), charged("se-1", "10"), charged("SE-1", "3", credits="X"), charged("SE-3", "2")]
    invoice = billed([*some, charged("SE-4", "4"), charged("SE-9", "5")], (item("80"),))
    assert [(one.cost_centre, one.driver, one.charges, one.energy, one.amount) for one in parts(invoice, KNOWN)] == [
        ("BAKERY", "SE-3", 1, kwh("2"), Decimal(2)),
        ("SALES", "Anna", 0, kwh("7"), Decimal(7)),
        ("SALES", "Bo", 1, kwh("7"), Decimal(7)),
        (None, "SE-4", 1, kwh("4"), Decimal(4)),
        (None, "SE-9", 1, kwh("5"), Decimal(5)),
        (None, None, 0, kwh("0"), Decimal(80)),
    ]
    assert parts(invoice, KNOWN[3:]) == (), "who has no cost centres is shown none"


@given(st.lists(st.tuples(st.sampled_from(["SE-1", "SE-2", "SE-3", "SE-4", "SE-9"]), st.integers(1, 900)), max_size=8))
def test_they_are_together_what_the_invoice_comes_to(some: list[tuple[str, int]]) -> None:
    invoice = billed([charged(by, str(many)) for by, many in some], (item("-12.34"),))
    assert sum(one.amount for one in parts(invoice, KNOWN)) == invoice.total_excl
