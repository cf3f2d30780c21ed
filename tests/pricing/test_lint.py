"""Every finding has a tariff that has it, and one that only nearly does."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from babel.numbers import list_currencies
from msgspec.structs import replace

from laddnav.kit.currencies import CURRENCIES, TO_A_EURO
from laddnav.kit.energy import kwh
from laddnav.kit.power import kw
from laddnav.ocpi.fetching import feeds
from laddnav.pricing.lint import findings
from laddnav.pricing.lint.findings import SEVERITY, Code, Finding, Severity
from laddnav.pricing.lint.rules import linted
from laddnav.sim import network
from laddnav.tariffs.model import (
    Element,
    Limit,
    PriceComponent,
    Restriction,
    Tariff,
    TariffDimension,
    TariffText,
    TaxIncluded,
    Weekday,
)
from tests.things import LONG_AGO, US, component, tariff

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "lint.md"
ENERGY, FLAT = TariffDimension.ENERGY, TariffDimension.FLAT
TIME, PARKING = TariffDimension.TIME, TariffDimension.PARKING_TIME
ALWAYS = Restriction()
WEEKEND = (Weekday.SATURDAY, Weekday.SUNDAY)
DAY = Restriction(start_time=time(6), end_time=time(22))


def of(*elements: tuple[Restriction, PriceComponent], **changes: object) -> Tariff:
    made = tuple(Element(components=(one,), restriction=when) for when, one in elements)
    return replace(tariff(elements=made), **changes)


def energy(when: Restriction = ALWAYS, price: str = "4", **changes: object) -> tuple[Restriction, PriceComponent]:
    return when, component(ENERGY, price, **changes)  # type: ignore[arg-type]


def found(code: Code, tariff: Tariff) -> list[str]:
    return [one.pointer for one in linted(tariff) if one.code is code]


def many_elements(count: int) -> Tariff:
    """Each overlaps all others in part, so that each comparison leaves more to compare."""
    return of(
        *(
            energy(
                Restriction(
                    energy_min=kwh(n), energy_max=kwh(n + count), power_min=kw(count - n), power_max=kw(2 * count)
                )
            )
            for n in range(count)
        )
    )


# code: (a tariff that has it, where, one that has not)
CASES: dict[Code, tuple[Callable[[], Tariff], str, Callable[[], Tariff]]] = {
    Code.UNREACHABLE_COMPONENT: (
        lambda: of(
            energy(DAY), energy(Restriction(start_time=time(8), end_time=time(21), energy_min=kwh(5))), energy()
        ),
        "/elements/1/price_components/0",
        lambda: of(
            energy(DAY), energy(Restriction(start_time=time(8), end_time=time(23), energy_min=kwh(5))), energy()
        ),
    ),
    Code.DUPLICATE_COMPONENT: (
        lambda: of(energy(DAY), energy(DAY, "5"), energy()),
        "/elements/1/price_components/0",
        lambda: of(energy(DAY), (DAY, component(PARKING, "5")), energy()),
    ),
    Code.GAP: (
        lambda: of(energy(DAY)),
        "/elements/0",
        lambda: of(energy(DAY), energy(Restriction(start_time=time(22), end_time=time(6)), "0")),
    ),
    Code.PARTLY_FREE: (
        lambda: of(energy(), (Restriction(weekdays=WEEKEND), component(PARKING, "5"))),
        "/elements/1",
        lambda: of(
            energy(), (Restriction(weekdays=WEEKEND), component(PARKING, "5")), (ALWAYS, component(PARKING, "0"))
        ),
    ),
    Code.CROSSED_LIMITS: (
        lambda: of(energy(Restriction(power_min=kw(16), power_max=kw(16))), energy()),
        "/elements/0/restrictions/min_power",
        lambda: of(energy(Restriction(power_min=kw(16), power_max=kw("16.1"))), energy()),
    ),
    Code.NEVER_MATCHES: (
        lambda: of(
            energy(Restriction(weekdays=WEEKEND, start_date=date(2026, 11, 23), end_date=date(2026, 11, 28))), energy()
        ),
        "/elements/0/restrictions/day_of_week",
        lambda: of(
            energy(Restriction(weekdays=WEEKEND, start_date=date(2026, 11, 23), end_date=date(2026, 11, 29))), energy()
        ),
    ),
    Code.EQUAL_WINDOW: (
        lambda: of(energy(Restriction(start_time=time(9), end_time=time(9)))),
        "/elements/0/restrictions",
        lambda: of(energy(Restriction(start_time=time(9), end_time=time(9, 1))), energy()),
    ),
    Code.NEEDLESS_WINDOW: (
        lambda: of(energy(Restriction(start_time=time(0), end_time=time(0)))),
        "/elements/0/restrictions",
        lambda: of(energy(Restriction(start_time=time(0), end_time=time(23, 59))), energy()),
    ),
    Code.ALL_WEEKDAYS: (
        lambda: of(energy(Restriction(weekdays=tuple(Weekday)))),
        "/elements/0/restrictions/day_of_week",
        lambda: of(energy(Restriction(weekdays=tuple(Weekday)[:6])), energy()),
    ),
    Code.RESERVATION_DIMENSION: (
        lambda: of(energy(Restriction(reservation="RESERVATION")), energy()),
        "/elements/0/price_components/0",
        lambda: of((Restriction(reservation="RESERVATION"), component(TIME, "5")), energy()),
    ),
    Code.VAT_NOT_APPLICABLE: (
        lambda: of(energy(vat="25"), tax_included=TaxIncluded.NOT_APPLICABLE),
        "/elements/0/price_components/0/vat",
        lambda: of(energy(vat=None), tax_included=TaxIncluded.NOT_APPLICABLE),
    ),
    Code.TAX_NOT_NAMED: (
        lambda: of(energy(vat=None), tax_included=TaxIncluded.YES),
        "/elements/0/price_components/0",
        lambda: of(energy(vat="25"), tax_included=TaxIncluded.YES),
    ),
    Code.PER_MINUTE_PRICE: (
        lambda: of(energy(), (ALWAYS, component(PARKING, "0.50")), currency="EUR"),
        "/elements/1/price_components/0/price",
        lambda: of(energy(), (ALWAYS, component(PARKING, "0.60")), currency="EUR"),
    ),
    Code.NEGATIVE_PRICE: (
        lambda: of(energy(price="-0.01")),
        "/elements/0/price_components/0/price",
        lambda: of(energy(price="0.01")),
    ),
    Code.UNUSED_STEP_SIZE: (
        lambda: of((ALWAYS, component(FLAT, "5", step_size=60))),
        "/elements/0/price_components/0/step_size",
        lambda: of((ALWAYS, component(FLAT, "5", step_size=0))),
    ),
    Code.STEP_SIZE_UNIT: (
        lambda: of(energy(step_size=900)),
        "/elements/0/price_components/0/step_size",
        lambda: of(energy(step_size=100)),
    ),
    Code.LARGE_STEP_SIZE: (
        lambda: of((ALWAYS, component(TIME, "5", step_size=301))),
        "/elements/0/price_components/0/step_size",
        lambda: of((ALWAYS, component(TIME, "5", step_size=300))),
    ),
    Code.UNKNOWN_CURRENCY: (
        lambda: of(energy(), currency="EUO"),
        "/currency",
        lambda: of(energy(), currency="XPF"),
    ),
    Code.PRICE_IN_TEXT: (
        lambda: of(energy(), texts=(TariffText("sv", "4,25 kr per kWh"),)),
        "/tariff_alt_text/0/text",
        lambda: of(energy(), texts=(TariffText("sv", "Gratis parkering i 2 h, 22 kW"),)),
    ),
    Code.FREE_SHAPE: (
        lambda: of(energy(price="0")),
        "/elements",
        lambda: of((ALWAYS, component(FLAT, "0"))),
    ),
    Code.TOO_ENTANGLED: (lambda: many_elements(600), "/elements", lambda: many_elements(40)),
}


@pytest.mark.parametrize("code", CASES, ids=str)
def test_is_found_where_it_is(code: Code) -> None:
    """TAR-016, TAR-019, TAR-023, TAR-042, TAR-061, TAR-078: what a sender is asked to keep to, among the rest."""
    has, pointer, _ = CASES[code]
    assert found(code, has()) == [pointer]


@pytest.mark.parametrize("code", CASES, ids=str)
def test_is_not_found_where_it_only_nearly_is(code: Code) -> None:
    assert found(code, CASES[code][2]()) == []


def test_all_that_meaning_can_show_has_a_case() -> None:
    seen_in_json_only = set(list(Code)[list(Code).index(Code.MISSING_TAX_INCLUDED) :])
    assert set(CASES) == set(Code) - seen_in_json_only


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"price_min": Limit(Decimal(10)), "price_max": Limit(Decimal(9))}, "/min_price"),
        ({"price_min": Limit(Decimal(8), Decimal(11)), "price_max": Limit(Decimal(9), Decimal(10))}, "/min_price"),
        (
            {"starts_at": datetime(2026, 2, 1, tzinfo=UTC), "ends_at": datetime(2026, 2, 1, tzinfo=UTC)},
            "/start_date_time",
        ),
    ],
)
def test_limits_of_the_whole_tariff_may_cross_too(changes: dict[str, object], pointer: str) -> None:
    assert found(Code.CROSSED_LIMITS, of(energy(), **changes)) == [pointer]


@pytest.mark.parametrize(
    ("restriction", "name"),
    [
        (Restriction(energy_min=kwh(20), energy_max=kwh(10)), "min_kwh"),
        (Restriction(current_min=Decimal(32), current_max=Decimal(16)), "min_current"),
        (Restriction(duration_min=timedelta(hours=1), duration_max=timedelta(hours=1)), "min_duration"),
        (Restriction(start_date=date(2026, 1, 2), end_date=date(2026, 1, 2)), "start_date"),
    ],
)
def test_every_pair_of_limits_may_cross(restriction: Restriction, name: str) -> None:
    assert found(Code.CROSSED_LIMITS, of(energy(restriction), energy())) == [f"/elements/0/restrictions/{name}"]


@pytest.mark.parametrize(
    ("element", "pointer"),
    [
        (energy(Restriction(energy_max=kwh(0))), "/elements/0/restrictions/max_kwh"),
        (energy(Restriction(duration_max=timedelta())), "/elements/0/restrictions/max_duration"),
        (energy(Restriction(start_date=date(2027, 1, 3))), "/elements/0/restrictions/start_date"),
        (energy(Restriction(end_date=date(2025, 12, 30))), "/elements/0/restrictions/end_date"),
        ((Restriction(reservation="LUNCH"), component(TIME, "4")), "/elements/0/restrictions/reservation"),
        ((Restriction(energy_min=kwh(1)), component(FLAT, "4")), "/elements/0/price_components/0"),
    ],
)
def test_what_can_never_hold_is_found(element: tuple[Restriction, PriceComponent], pointer: str) -> None:
    """TAR-060: and a start fee is decided when no energy has flowed."""
    valid = {"starts_at": datetime(2026, 1, 1, tzinfo=UTC), "ends_at": datetime(2027, 1, 1, tzinfo=UTC)}
    assert found(Code.NEVER_MATCHES, of(element, energy(), **valid)) == [pointer]


def test_several_elements_together_can_beat_one() -> None:
    covered = of(
        energy(Restriction(weekdays=tuple(Weekday)[:5])),
        energy(Restriction(weekdays=WEEKEND, end_time=time(12))),
        energy(Restriction(weekdays=WEEKEND, start_time=time(12))),
        energy(Restriction(power_max=kw(50))),
    )
    assert found(Code.UNREACHABLE_COMPONENT, covered) == ["/elements/3/price_components/0"]


def test_prices_of_charging_and_of_reservations_do_not_stand_in_each_others_way() -> None:
    """TAR-060."""
    both = of((ALWAYS, component(TIME, "5")), (Restriction(reservation="RESERVATION"), component(TIME, "2")))
    assert found(Code.UNREACHABLE_COMPONENT, both) == []


def test_the_fee_that_a_real_operator_never_gets_is_found() -> None:
    """The tariff of a feed: free from 08:00 to 20:00 stands before what it is to cost in these hours after four."""
    (told,) = (one for one in feeds.locations_in(network.feed(), US, LONG_AGO).tariffs if one.id == "22132ac")
    assert found(Code.UNREACHABLE_COMPONENT, told)[:2] == [
        "/elements/2/price_components/0",
        "/elements/2/price_components/1",
    ]


def test_a_gap_is_told_in_words() -> None:
    (gap,) = [one for one in linted(of(energy(DAY))) if one.code is Code.GAP]
    assert gap.message.endswith("for example from midnight to 06:00.")
    (gap,) = [one for one in linted(of(energy(DAY)), "sv") if one.code is Code.GAP]
    assert gap.message.endswith("till exempel från midnatt till kl. 06:00.")


def test_a_clean_tariff_has_nothing_wrong() -> None:
    assert linted(tariff()) == ()


def test_the_gravest_comes_first_and_the_tenth_element_after_the_ninth() -> None:
    untidy = of(*(energy(DAY, step_size=200) for _ in range(12)), currency="EUO")
    ranks = [list(Severity).index(one.severity) for one in linted(untidy)]
    assert ranks == sorted(ranks)
    twins = found(Code.DUPLICATE_COMPONENT, untidy)
    assert twins == [f"/elements/{number}/price_components/0" for number in range(1, 12)]


def test_a_price_for_every_quarter_of_an_hour_of_the_week_is_not_too_much() -> None:
    quarters = [time(hour, minute) for hour in range(24) for minute in (0, 15, 30, 45)]
    windows = list(zip(quarters, [*quarters[1:], time()], strict=True))
    whole = of(*(energy(Restriction(weekdays=(day,), start_time=s, end_time=e)) for day in Weekday for s, e in windows))
    assert linted(whole) == ()
    assert [one.code for one in linted(replace(whole, elements=whole.elements[:-1]))] == [Code.GAP]


def test_both_languages_have_all_sentences() -> None:
    for words in (findings._ENGLISH, findings._SWEDISH):
        assert words.keys() == set(Code)
    for code in Code:
        english, swedish = (
            set(re.findall(r"{(\w+)}", " ".join(words[code]))) for words in (findings._ENGLISH, findings._SWEDISH)
        )
        assert english == swedish


def test_the_currencies_are_those_of_iso_4217() -> None:
    assert set(list_currencies()) >= CURRENCIES
    assert TO_A_EURO.keys() <= CURRENCIES
    assert {"EUR", "SEK", "NOK", "DKK", "GBP", "USD"} <= CURRENCIES
    assert "DEM" not in CURRENCIES


def test_the_document_lists_exactly_the_codes_with_their_weight() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (error|warning|hint) \|", DOCUMENT.read_text(), re.M)
    assert rows == [(code.value, SEVERITY[code].value) for code in Code]


def test_a_finding_says_what_and_where_and_how_to_mend_it() -> None:
    assert linted(of(energy(), currency="EUO"))[0] == Finding(
        code=Code.UNKNOWN_CURRENCY,
        severity=Severity.ERROR,
        pointer="/currency",
        message="EUO is no currency of ISO 4217.",
        fix="Write its three letters, such as EUR or SEK.",
    )
