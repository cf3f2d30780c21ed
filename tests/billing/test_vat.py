"""Which VAT a charge bears, and that what rounding leaves of it is nobody's loss."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.billing.model import Debtor, DebtorKind, Invoice, Period, VatCategory, VatPart, VatSum, VatWhy
from laddnav.billing.postings import OF_PARTNERS, tax_billed, vat_entry
from laddnav.billing.rules import charge_of, country_of, seller_of
from laddnav.billing.sums import rounding_of, shared_out, taxed
from laddnav.billing.vat import reason, treatment
from laddnav.billing.vat_rates import EUROPEAN_UNION, RATES, standard_rate
from laddnav.kit.ids import PartyId
from laddnav.kit.vat_numbers import vat_country
from laddnav.parties.model import Party, VatRegistration
from tests.billing.charges import FJORD, LADDNAV, NOON, TANKA, TNM, cdr, energy, party

NUMBERS = {"DE": "DE123456789", "NL": "NL123456789B01", "SE": "SE556012345601", "NO": "NO987654321MVA"}
TODAY = date(2026, 11, 21)
NEXT_YEAR = date(2027, 1, 1)
IN_NL = VatRegistration(country="NL", number="NL987654321B01", since=date(2026, 11, 1), until=date(2026, 12, 31))
SHOP = VatRegistration(country="SE", number="SE556677889901", one_stop_shop=True, since=date(2025, 1, 1))


def debtor(kind: DebtorKind, country: str, number: str | None = None) -> Debtor:
    return Debtor(
        holder=LADDNAV,
        id="d",
        ref="r",
        kind=kind,
        name="Somebody",
        country=country,
        vat_number=number,
        created_at=NOON,
    )


def dealer(country: str, number: str | None = "its own") -> Debtor:
    return debtor(DebtorKind.PARTNER, country, NUMBERS.get(country) if number == "its own" else number)


DRIVER = debtor(DebtorKind.DRIVER, "SE")
S, Z, AE, O = VatCategory.STANDARD, VatCategory.ZERO, VatCategory.REVERSE_CHARGE, VatCategory.OUTSIDE  # noqa: E741


@pytest.mark.parametrize(
    ("buyer", "place", "day", "told", "expected"),
    [
        # Whoever uses it pays the VAT of the place where the car is charged.
        (DRIVER, "SE", TODAY, "25", (S, "25", "SE", VatWhy.DOMESTIC)),
        (DRIVER, "SE", TODAY, "12", (S, "12", "SE", VatWhy.DOMESTIC)),
        (DRIVER, "SE", TODAY, None, (S, "25", "SE", VatWhy.DOMESTIC)),
        (DRIVER, "SE", TODAY, "0", (Z, "0", "SE", VatWhy.ZERO_RATED)),
        (DRIVER, "NL", TODAY, None, (S, "21", "NL", VatWhy.REGISTERED)),
        (DRIVER, "FI", TODAY, None, (S, "25.5", "FI", VatWhy.UNREGISTERED)),
        (DRIVER, "FI", TODAY, "10", (S, "10", "FI", VatWhy.UNREGISTERED)),
        (DRIVER, "FI", NEXT_YEAR, None, (S, "25.5", "FI", VatWhy.ONE_STOP_SHOP)),
        (DRIVER, "NL", NEXT_YEAR, None, (S, "21", "NL", VatWhy.ONE_STOP_SHOP)),
        (DRIVER, "NO", TODAY, None, (O, "0", "NO", VatWhy.BEYOND)),
        # A dealer buys where it is established, wherever the car is.
        (dealer("SE"), "SE", TODAY, "25", (S, "25", "SE", VatWhy.DOMESTIC)),
        (dealer("SE"), "NL", TODAY, None, (S, "25", "SE", VatWhy.DOMESTIC)),
        (dealer("SE", None), "SE", TODAY, None, (S, "25", "SE", VatWhy.DOMESTIC)),
        (dealer("DE"), "SE", TODAY, "25", (AE, "0", "DE", VatWhy.REVERSE_CHARGE)),
        (dealer("NL"), "SE", TODAY, "25", (S, "21", "NL", VatWhy.REGISTERED)),
        (dealer("NL"), "SE", NEXT_YEAR, "25", (AE, "0", "NL", VatWhy.REVERSE_CHARGE)),
        (dealer("NO"), "SE", TODAY, "25", (O, "0", "NO", VatWhy.BEYOND)),
        # Without a VAT number nobody could account for it in the seller's stead.
        (dealer("DE", None), "SE", TODAY, "25", (S, "25", "SE", VatWhy.DOMESTIC)),
        (dealer("DE", "SE556012345601"), "SE", TODAY, "25", (S, "25", "SE", VatWhy.DOMESTIC)),
        (dealer("DE", "DE12"), "FI", TODAY, None, (S, "25.5", "FI", VatWhy.UNREGISTERED)),
    ],
)
def test_vat_follows_the_buyer_between_dealers_and_the_place_for_whoever_uses_it(
    buyer: Debtor, place: str, day: date, told: str | None, expected: tuple[VatCategory, str, str, VatWhy]
) -> None:
    seller = replace(party(), vat_registrations=(IN_NL, SHOP))
    one = treatment(seller, buyer, place, day, None if told is None else Decimal(told))
    assert (one.category, str(one.percent), one.country, one.why) == expected


def test_who_sells_electricity_on_in_germany_accounts_for_its_vat_there_too() -> None:
    seller = replace(party(PartyId("DE", "LAD"), vat="19"), vat_number="DE111111111")
    one = treatment(seller, dealer("DE"), "DE", TODAY, Decimal(19))
    assert (one.category, one.why) == (AE, VatWhy.REVERSED_AT_HOME)
    assert "§ 13b" in (reason(one.why, one.country, "de") or "")
    assert treatment(seller, dealer("DE", None), "DE", TODAY, Decimal(19)).category is S


def test_who_charges_no_vat_shows_none() -> None:
    one = treatment(party(vat=None), DRIVER, "SE", TODAY, None)
    assert (one.category, one.why) == (O, VatWhy.NO_VAT)


@pytest.mark.parametrize("language", ["en", "sv", "de"])
@pytest.mark.parametrize("why", [why for why in VatWhy if why not in (VatWhy.DOMESTIC, VatWhy.ZERO_RATED)])
def test_what_is_not_ordinary_says_why_in_words(why: VatWhy, language: str) -> None:
    said = reason(why, "DE", language, "DE1")
    assert said is not None and said.endswith(".") and "{" not in said
    assert language == "en" or said != reason(why, "DE", "en", "DE1")


# ---- Rates and numbers


@pytest.mark.parametrize(
    ("country", "day", "percent"),
    [
        ("DE", "2020-06-30", "19"),
        ("DE", "2020-07-01", "16"),
        ("DE", "2021-01-01", "19"),
        ("EE", "2025-06-30", "22"),
        ("EE", "2025-07-01", "24"),
        ("RO", "2025-08-01", "21"),
        ("SK", "2024-12-31", "20"),
    ],
)
def test_a_rate_holds_from_its_first_day_to_the_day_before_the_next(country: str, day: str, percent: str) -> None:
    assert standard_rate(country, date.fromisoformat(day)) == Decimal(percent)


def test_every_state_of_the_union_has_a_rate_and_none_is_told_before_the_table_begins() -> None:
    assert RATES.keys() >= EUROPEAN_UNION and len(EUROPEAN_UNION) == 27
    assert {standard_rate(country, date(2015, 12, 31)) for country in RATES} == {None}
    assert standard_rate("US", TODAY) is None


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("SE556677889901", "SE"),
        ("se 5566-778899-01", "SE"),
        ("EL123456789", "GR"),
        ("ATU12345678", "AT"),
        ("NL123456789B01", "NL"),
        ("SE5566778899", None),
        ("GR123456789B", None),
        ("556677889901", None),
        ("", None),
    ],
)
def test_a_vat_number_is_of_the_country_whose_way_of_writing_it_has(number: str, country: str | None) -> None:
    assert vat_country(number) == country


def test_a_country_of_three_letters_is_one_of_two() -> None:
    assert [country_of(code) for code in ("SWE", "nld", "GRC", "SE", "XXX")] == ["SE", "NL", "GR", "SE", None]


# ---- Sums


def test_vat_is_computed_on_the_sum_of_each_category() -> None:
    # 25 % of 0.10 is 0.025: three charges alone would bear 0.09, together they bear 0.08.
    charges = [charge_of(cdr(energy("1", "0.10"), id=str(number)), "UTC") for number in range(3)]
    charges.append(charge_of(cdr(energy("1", "10", vat="12"), id="x"), "UTC"))
    with_rates, _, sums = taxed(party(), DRIVER, charges, (), "SEK")
    assert [charge.amount for charge in with_rates] == [charge.amount for charge in charges]
    assert sums == tuple(
        VatSum(
            S,
            Decimal(rate),
            Decimal(base),
            Decimal(vat),
            (VatPart("SE", VatWhy.DOMESTIC, Decimal(base), Decimal(vat)),),
        )
        for rate, base, vat in (("25", "0.30", "0.08"), ("12", "10.00", "1.20"))
    )


def test_a_rate_that_two_countries_share_is_computed_once_and_its_coins_are_shared_out() -> None:
    # 25 % of 0.05 + 0.05 is 0.025, 0.03 in coins: one country gets 0.02 of it, and the other 0.01.
    in_sweden = charge_of(cdr(energy("1", "0.05"), id="1"), "UTC")
    in_denmark = replace(charge_of(cdr(energy("1", "0.05"), id="2"), "UTC"), country="DK")
    _, _, (vat,) = taxed(party(), DRIVER, [in_sweden, in_denmark], (), "SEK")
    assert (vat.base, vat.amount) == (Decimal("0.10"), Decimal("0.03"))
    assert sorted((part.country, part.amount) for part in vat.parts) == [
        ("DK", Decimal("0.01")),
        ("SE", Decimal("0.02")),
    ]


@pytest.mark.parametrize("partner", [TANKA, TNM, FJORD])
def test_a_partner_of_every_kind_owes_the_same_before_vat(partner: PartyId) -> None:
    charge = charge_of(cdr(energy("10", "4"), token_owner=partner), "UTC")
    (with_rate,), _, (vat,) = taxed(party(), dealer(partner.country), [charge], (), "SEK")
    assert vat.base == charge.amount == with_rate.amount == Decimal(40)
    assert {line.vat_percent for line in with_rate.lines} == {vat.percent}


def test_the_rate_is_that_of_the_day_at_the_place() -> None:
    new_years_eve = NOON.replace(year=2025, month=6, day=30, hour=22)  # 01:00 on the first of July in Tallinn
    one = replace(charge_of(cdr(energy("1", "1", vat=None), ended_at=new_years_eve), "Europe/Tallinn"), country="EE")
    _, _, (vat,) = taxed(party(), DRIVER, [one], (), "SEK")
    assert vat.percent == 24
    _, _, (vat,) = taxed(party(), DRIVER, [replace(one, ended_at=one.ended_at - timedelta(hours=2))], (), "SEK")
    assert vat.percent == 22


coins = st.decimals("-5000", "5000", places=2)


@given(st.lists(coins, min_size=1, max_size=9), st.sampled_from([Decimal(25), Decimal("25.5"), Decimal("8.1")]))
def test_what_is_shared_out_is_all_there_is_and_nobody_is_a_coin_off(bases: list[Decimal], percent: Decimal) -> None:
    exact = [base * percent / 100 for base in bases]
    total = sum(exact, Decimal(0)).quantize(Decimal("0.01"))
    shares = shared_out(total, exact, "SEK")
    assert sum(shares) == total
    assert all(abs(share - one) < Decimal("0.01") for share, one in zip(shares, exact, strict=True))


def _drawn_up(seller: Party, amounts: list[tuple[Decimal, str, str | None]]) -> Invoice:
    """A driver's charges: what each costs, where it was, and its own rate if it tells one."""
    charges = [
        replace(
            charge_of(
                cdr(energy("1", str(amount), vat=rate), id=str(number), credits="C" if amount < 0 else None), "UTC"
            ),
            country=place,
        )
        for number, (amount, place, rate) in enumerate(amounts)
    ]
    with_rates, _, vat = taxed(seller, DRIVER, charges, (), "SEK")
    invoice = Invoice(
        holder=LADDNAV,
        ref="r",
        number="LAD-2026-00001",
        seller=seller_of(seller),
        debtor=DRIVER,
        currency="SEK",
        period=Period("2026-11", NOON),
        opened_at=NOON,
        charges=with_rates,
        vat=vat,
    )
    return replace(invoice, rounding=rounding_of(seller, invoice.total_incl))


@pytest.mark.parametrize(
    ("number", "beside", "account"),
    [
        ("SE556677889901", (), "input_tax:NL:21"),
        (None, (IN_NL,), "input_tax:NL:21"),
        (None, (), "cost:host"),
        (None, (SHOP, replace(IN_NL, until=date(2026, 11, 20))), "cost:host"),  # none that holds, or gives it back
    ],
)
def test_vat_that_we_are_billed_is_cost_where_nobody_gives_it_back(
    number: str | None, beside: tuple[VatRegistration, ...], account: str
) -> None:
    us = replace(seller_of(party()), vat_number=number, vat_registrations=beside)
    vat = VatSum(
        category=VatCategory.STANDARD,
        percent=Decimal(21),
        base=Decimal(-100),
        amount=Decimal(-21),
        parts=(VatPart(country="NL", why=VatWhy.DOMESTIC, base=Decimal(-100), amount=Decimal(-21)),),
    )
    share = replace(_drawn_up(party(), []), seller=us, vat=(vat,), self_billed=True, issued_at=NOON)
    entry = vat_entry(share)
    assert entry is not None
    assert [(str(one.account), one.amount) for one in entry.postings] == [
        ("receivable:d", Decimal(-21)),
        (account, Decimal(21)),
    ]
    assert str(tax_billed(us, "NL:21", NOON, OF_PARTNERS)) == account.replace("host", "roaming"), "as of partners"


@given(
    st.lists(
        st.tuples(
            st.decimals("0.01", "900", places=2),
            st.sampled_from(["SE", "DK", "HR", "FI", "NO"]),
            st.sampled_from(["25", "12", None]),
        ),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from([None, Decimal(1), Decimal("0.05")]),
)
def test_an_invoice_adds_up_to_its_postings_whatever_is_on_it(
    amounts: list[tuple[Decimal, str, str | None]], step: Decimal | None
) -> None:
    invoice = _drawn_up(replace(party(), round_to=step), amounts)
    assert sum(vat.base for vat in invoice.vat) == invoice.total_excl
    assert len({(vat.category, vat.percent) for vat in invoice.vat}) == len(invoice.vat)  # EN 16931 BR-S-08
    for vat in invoice.vat:
        assert sum(part.base for part in vat.parts) == vat.base
        assert sum(part.amount for part in vat.parts) == vat.amount
        assert abs(vat.amount - vat.base * vat.percent / 100) <= Decimal("0.005")
    assert step is None or not invoice.to_pay % step
    assert step is None or abs(invoice.rounding) * 2 <= step
    entry = vat_entry(invoice)  # it could not be built if it did not balance
    owed = sum(posting.amount for posting in entry.postings if posting.account.head == "receivable") if entry else 0
    assert invoice.total_excl + owed == invoice.to_pay
