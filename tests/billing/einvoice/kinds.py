"""Invoices of every kind that is issued, each by its name, drawn up as the run of a month does it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from laddnav.billing.credits import credits, left
from laddnav.billing.model import Cited, Debtor, DebtorKind, Invoice, Item, ItemKind, PaidFrom, Period, Supply, Who
from laddnav.billing.rules import charge_of, due_at, owing, seller_of
from laddnav.billing.sums import rounding_of, taxed
from laddnav.cdrs.model import Cdr, Costs
from laddnav.kit.ids import PartyId
from laddnav.kit.money import Price
from laddnav.parties.model import Party, VatRegistration
from tests.billing.charges import FJORD, LADDNAV, NOON, TANKA, TNM, cdr, energy, item, party

NUMBERS = {
    "DE": "DE123456788",
    "DK": "DK13585628",
    "FI": "FI20774740",
    "GR": "EL094259216",
    "IT": "IT00743110157",
    "LU": "LU15027442",
    "NL": "NL123456782B90",
    "NO": "NO974760673MVA",
    "SE": "SE556012579001",
    "SK": "SK2022749619",
}
ISSUED_AT = datetime(2026, 12, 1, 5, tzinfo=UTC)
SELLER = replace(party(), vat_number="SE556703748501", pay_to="Bankgiro 5805-6201")


def drawn_up(
    *charged: tuple[Cdr, str],
    seller: Party = SELLER,
    currency: str = "SEK",
    corrects: tuple[Cited, ...] = (),
    items: tuple[Item, ...] = (),
) -> Invoice:
    """`charged`: CDRs, each with the country where it was."""
    first = charged[0][0]
    kind, debtor_id = owing(first)
    dealer = kind is DebtorKind.PARTNER
    debtor = Debtor(
        holder=seller.holder,
        id=debtor_id,
        ref="r",
        kind=kind,
        name="Tanka & <Söner> AB" if dealer else first.token.contract_id,
        country=first.token.owner.country,
        address="Box 17\n411 03 Göteborg" if dealer else None,
        vat_number=NUMBERS[first.token.owner.country] if dealer else None,
        created_at=NOON,
    )
    charges = [replace(charge_of(one, "Europe/Stockholm"), country=place) for one, place in charged]
    with_rates, added, vat = taxed(seller, debtor, charges, items, currency)
    invoice = Invoice(
        holder=seller.holder,
        ref="r",
        number="LAD-2026-00042",
        seller=seller_of(seller),
        debtor=debtor,
        currency=currency,
        period=Period("2026-11", ISSUED_AT),
        opened_at=NOON,
        issued_at=ISSUED_AT,
        due_at=due_at(ISSUED_AT, seller),
        charges=with_rates,
        items=added,
        vat=vat,
        corrects=corrects,
    )
    return replace(invoice, rounding=rounding_of(seller, invoice.total_incl))


ONE = cdr(energy("12.345", "3.49"), energy("1018.402", "2.95", element=1), token_owner=TANKA, energy_kwh="1030.747")
BACK = cdr(energy("12.345", "3.49"), id="C1-C", credits="C1", token_owner=TANKA)
ROUNDED = cdr(*(energy("1", "0.014"),) * 3, token_owner=TANKA)
NEGATIVE = cdr(energy("10", "4"), energy("5", "-0.30"), token_owner=TANKA, id="N")
TOLD = cdr(
    owner=TNM,
    token_owner=LADDNAV,
    costs=Costs(total=Price(Decimal("112.41")), energy=Price(Decimal("100.00")), parking=Price(Decimal("12.40"))),
    parked=timedelta(minutes=20),
    id="T1",
)
OURS = cdr(energy("12.345", "3.49"), token_owner=LADDNAV)
ABROAD = cdr(energy("12.345", "3.49", vat=None), token_owner=LADDNAV, id="F1")
GERMAN = replace(
    party(PartyId("DE", "LAD"), vat="19"),
    name="Laddnav GmbH",
    vat_number="DE111111125",
    address="Hauptstraße 5\n10115 Berlin",
    pay_to="DE89 3704 0044 0532 0130 00",
    time_zone="Europe/Berlin",
)
SHOP = replace(
    SELLER,
    vat_registrations=(
        VatRegistration(country="SE", number="SE556703748501", one_stop_shop=True, since=date(2020, 1, 1)),
        VatRegistration(country="NL", number="NL987654321B01", since=date(2020, 1, 1)),
    ),
)
NEXT_YEAR = replace(ABROAD, started_at=NOON + timedelta(days=60), ended_at=NOON + timedelta(days=60, hours=1))

REMINDED = item("60", ItemKind.FEE, "REMINDER_FEE", supply=Supply.NONE)


def taken_back(invoice: Invoice, *lines: int) -> Invoice:
    """A credit note of all of it, or of these lines."""
    back = credits(invoice, ISSUED_AT, left(invoice, (), ()), lines or None)
    cited = Cited(invoice.number or "", invoice.issued_at or NOON)
    _, rated, vat = taxed(SELLER, invoice.debtor, (), back, invoice.currency)
    return replace(invoice, number="LAD-2026-00043", charges=(), items=rated, vat=vat, corrects=(cited,))


def for_host(*amounts: str, country: str = "SE", registered: bool = True) -> Invoice:
    """What a place earned its host, who sold it to us: below zero, for it is owed by us."""
    debtor = Debtor(
        holder=SELLER.holder,
        id="host:ICA",
        ref="h",
        kind=DebtorKind.HOST,
        name="Kajens Parkering AB",
        country=country,
        address="Kajen 3\n411 03 Göteborg",
        vat_number=NUMBERS[country] if registered else None,
        created_at=NOON,
    )
    some = [item(one, ItemKind.SHARE, "SHARE", supply=Supply.SERVICE) for one in amounts]
    _, rated, vat = taxed(SELLER, debtor, (), some, "SEK")
    return Invoice(
        holder=SELLER.holder,
        ref="s",
        number="LAD-SB-2026-ICA-00007",
        seller=seller_of(SELLER),
        debtor=debtor,
        currency="SEK",
        period=Period("2026-11", ISSUED_AT),
        opened_at=NOON,
        issued_at=ISSUED_AT,
        due_at=due_at(ISSUED_AT, SELLER),
        charges=(),
        items=rated,
        vat=vat,
        self_billed=True,
    )


def of_centre(invoice: Invoice, centre: str) -> Invoice:
    """Its first charge is."""
    first, *others = invoice.charges
    return replace(invoice, charges=(replace(first, who=Who(cost_centre=centre, driver="Bo")), *others))


KINDS: dict[str, Callable[[], Invoice]] = {
    "domestic": lambda: drawn_up((ONE, "SE")),
    "domestic with rounding of a charge": lambda: drawn_up((ROUNDED, "SE")),
    "domestic to whole crowns": lambda: drawn_up((ONE, "SE"), seller=replace(SELLER, round_to=Decimal(1))),
    "several rates": lambda: drawn_up((ONE, "SE"), (cdr(energy("1", "9", vat="12"), id="x", token_owner=TANKA), "SE")),
    "a price below zero": lambda: drawn_up((NEGATIVE, "SE")),
    "a charge and the credit of another": lambda: drawn_up((ONE, "SE"), (BACK, "SE")),
    "a credit note": lambda: drawn_up((BACK, "SE"), corrects=(Cited("LAD-2026-00041", NOON),)),
    "a credit note to whole crowns": lambda: drawn_up((BACK, "SE"), seller=replace(SELLER, round_to=Decimal(1))),
    "reverse charge": lambda: drawn_up((cdr(energy("12.345", "3.49"), token_owner=TNM), "SE")),
    "reverse charge inside Germany": lambda: drawn_up(
        (cdr(energy("12.345", "0.49", vat="19"), token_owner=PartyId("DE", "TNK"), holder=GERMAN.holder), "DE"),
        seller=GERMAN,
        currency="EUR",
    ),
    "beyond the Union": lambda: drawn_up((cdr(energy("12.345", "3.49"), token_owner=FJORD), "SE")),
    "a driver": lambda: drawn_up((OURS, "SE"), (TOLD, "SE")),
    "a driver whose card is charged": lambda: replace(drawn_up((OURS, "SE")), paid_from=PaidFrom.CARD),
    "a dealer whose card is charged": lambda: replace(drawn_up((ONE, "SE")), paid_from=PaidFrom.CARD),
    "a driver who pays from a wallet": lambda: replace(drawn_up((OURS, "SE")), paid_from=PaidFrom.WALLET),
    "a driver abroad": lambda: drawn_up((OURS, "SE"), (ABROAD, "FI"), (replace(ABROAD, id="F2"), "NL"), seller=SHOP),
    "a driver abroad by the one-stop shop": lambda: drawn_up((OURS, "SE"), (NEXT_YEAR, "DK"), seller=SHOP),
    "a driver beyond the Union as well": lambda: drawn_up((OURS, "SE"), (ABROAD, "NO")),
    "a driver beyond the Union only": lambda: drawn_up((ABROAD, "NO")),
    "zero": lambda: drawn_up((cdr(energy("12.345", "3.49", vat="0"), token_owner=LADDNAV), "SE")),
    "a charge with a subscription and a discount": lambda: drawn_up(
        (OURS, "SE"), items=(item("79"), item("-12.50", ItemKind.DISCOUNT, "MEMBER_PRICE"))
    ),
    "a subscription for a company across the border": lambda: drawn_up(
        (cdr(energy("12.345", "3.49"), token_owner=TNM), "SE"), items=(item("79"),)
    ),
    "a charge and a reminder's fee, which bears no VAT": lambda: drawn_up((OURS, "SE"), items=(REMINDED,)),
    "a charge across the border and a reminder's fee": lambda: drawn_up(
        (cdr(energy("12.345", "3.49"), token_owner=TNM), "SE"), items=(REMINDED,)
    ),
    "a credit of a whole invoice": lambda: taken_back(
        drawn_up((OURS, "SE"), (ABROAD, "FI"), items=(item("79"), REMINDED), seller=SHOP)
    ),
    "a credit of single lines": lambda: taken_back(drawn_up((ONE, "SE"), items=(item("79"),)), 2, 3),
    "a credit across the border": lambda: taken_back(
        drawn_up((cdr(energy("12.345", "3.49"), token_owner=TNM), "SE"), items=(item("79"),))
    ),
    "self-billed": lambda: for_host("-1203.40", "-250"),
    "self-billed, and more is taken back": lambda: replace(
        for_host("-10", "91.25"), corrects=(Cited("LAD-SB-2026-ICA-00006", NOON),)
    ),
    "self-billed for a host across the border": lambda: for_host("-1203.40", country="DE"),
    "self-billed for a host that bears no VAT": lambda: for_host("-1203.40", registered=False),
    "a company with cost centres": lambda: of_centre(
        drawn_up((ONE, "SE"), (replace(ONE, id="x"), "SE"), items=(item("79"),)), "47 & 11"
    ),
    "without where to pay": lambda: drawn_up((ONE, "SE"), seller=replace(SELLER, pay_to=None)),
}
