"""Each source's documents are read for what they say: days of 23 and 25 hours, gaps, repeats, and what is none."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from laddnav.market.feeds import FEEDS, Asked, NoPrices, read
from laddnav.market.model import Kind, MarketStep, Published
from laddnav.market.rules import UnfitPrices, market_day
from laddnav.market.zones import ZONES, UnknownZone, zone
from tests.market import samples

DATA = Path(__file__).parent / "data"
STOCKHOLM = ZoneInfo("Europe/Stockholm")
SE3 = ZONES["SE3"]
NIGHT = datetime(2026, 11, 21, 23, tzinfo=UTC)


def only(document: bytes, named: str = "") -> Published:
    _, (one,) = read(document, zone(named) if named else None)
    return one


def of_day(said: Published, day: date) -> list[MarketStep]:
    begin, end = market_day(day)
    return [one for one in said.steps if begin <= one.begin_at < end]


def test_what_entsoe_exported_before_is_read_with_its_days_of_23_and_25_hours() -> None:
    said = only((DATA / "SE3_2023_entsoe_clocks_change.csv").read_bytes())
    assert (said.zone, said.currency, len(said.steps)) == ("SE3", "EUR", 144)
    spring, autumn = of_day(said, date(2023, 3, 26)), of_day(said, date(2023, 10, 29))
    assert (len(spring), len(autumn)) == (23, 25)
    # 03:00 summer time follows 02:00 winter time at once, and 02:00 comes twice in autumn, dearer first.
    assert [(one.begin_at.hour, one.value) for one in spring[1:3]] == [(0, Decimal("0.03923")), (1, Decimal("0.04012"))]
    assert [(one.begin_at.hour, one.value) for one in autumn[2:4]] == [(0, Decimal("0.02534")), (1, Decimal("0.02235"))]
    assert all(after.begin_at == before.end_at for before, after in pairwise(autumn))


def test_prices_below_zero_are_prices_and_missing_ones_are_no_prices() -> None:
    said = only(gzip.compress((DATA / "SE4_2024_entsoe_negative_and_missing.csv").read_bytes()))
    assert said.zone == "SE4"
    assert min(one.value for one in said.steps) == Decimal("-0.00178")
    assert of_day(said, date(2024, 10, 5)) == [] and len(of_day(said, date(2024, 1, 29))) == 24


NEW_HEAD = (
    '"MTU (CET/CEST)","Area","Sequence","Day-ahead Price (EUR/MWh)","Intraday Period (UTC)","Intraday Price (EUR/MWh)"'
)


def test_what_entsoe_exports_now_is_read_by_area_and_first_auction() -> None:
    rows = [
        NEW_HEAD,
        '"25/10/2026 02:45:00 (CEST) - 25/10/2026 02:00:00 (CET)","BZN|DE-LU","Sequence Sequence 2","99","",""',
        '"25/10/2026 02:45:00 (CEST) - 25/10/2026 02:00:00 (CET)","BZN|DE-LU","Sequence Sequence 1","-1.50","",""',
        '"25/10/2026 02:00:00 (CET) - 25/10/2026 02:15:00 (CET)","BZN|DE-LU","Sequence Sequence 1","2","",""',
        '"25/10/2026 02:45:00 (CEST) - 25/10/2026 02:00:00 (CET)","BZN|SE3","Without Sequence","7","",""',
    ]
    _, (german, swedish) = read("\n".join(rows).encode())
    assert (german.zone, swedish.zone) == ("DE_LU", "SE3")
    assert [(one.begin_at, one.value) for one in german.steps] == [
        (datetime(2026, 10, 25, 0, 45, tzinfo=UTC), Decimal("-0.0015")),
        (datetime(2026, 10, 25, 1, tzinfo=UTC), Decimal("0.002")),
    ]
    assert {one.length for one in german.steps} == {timedelta(minutes=15)}


def test_a_table_in_utc_has_no_hour_twice() -> None:
    rows = ['"MTU (UTC)","Area","Sequence","Day-ahead Price (EUR/MWh)"']
    rows += [
        f'"25/10/2026 0{n}:00:00 - 25/10/2026 0{n + 1}:00:00","BZN|SE3","Without Sequence","{n}"' for n in range(4)
    ]
    assert [one.begin_at.hour for one in only("\n".join(rows).encode()).steps] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 22), 24)]
)
def test_a_day_of_a44_has_as_many_quarters_as_it_has_and_repeats_what_is_left_out(day: date, hours: int) -> None:
    begin, end = market_day(day)
    document = samples.a44(
        samples.period(f"{begin:%Y-%m-%dT%H:%MZ}", f"{end:%Y-%m-%dT%H:%MZ}", "PT15M", {1: 10.5, 3: -2, 9: 4000})
    )
    said = only(document)
    assert len(said.steps) == hours * 4 and said.steps[-1].end_at == end
    assert [one.value for one in said.steps[:9]] == [
        *[Decimal("0.0105")] * 2,
        *[Decimal("-0.002")] * 6,
        Decimal(4),
    ]
    assert said.published_at == datetime(2026, 11, 21, 11, 57, tzinfo=UTC)


def test_a_point_that_curve_a01_leaves_out_is_missing() -> None:
    said = only(
        samples.a44(samples.period("2026-11-22T00:00Z", "2026-11-22T03:00Z", "PT60M", {1: 1, 3: 3}, curve="A01"))
    )
    assert [one.begin_at.hour for one in said.steps] == [0, 2]


def test_of_several_series_the_first_auction_counts_and_the_shorter_step() -> None:
    said = only(
        samples.a44(
            samples.period("2026-11-22T00:00Z", "2026-11-22T02:00Z", "PT60M", {1: 50, 2: 60}, auction=1),
            samples.period("2026-11-22T00:00Z", "2026-11-22T01:00Z", "PT15M", {1: 1, 2: 2, 3: 3, 4: 4}, auction=1),
            samples.period("2026-11-22T00:00Z", "2026-11-22T02:00Z", "PT60M", {1: 900, 2: 900}, auction=2),
            samples.period("2026-11-22T00:00Z", "2026-11-22T02:00Z", "PT60M", {1: 999, 2: 999}, contract="A07"),
        )
    )
    assert [int(one.value * 1000) for one in said.steps] == [1, 2, 3, 4, 60]


def test_an_acknowledgement_is_no_prices() -> None:
    with pytest.raises(NoPrices, match="No matching data"):
        read(samples.NOTHING.encode())


def test_nord_pool_is_read_in_its_currency_with_its_rate() -> None:
    document = samples.nord_pool(NIGHT, [421.5, None, -3.25], areas=("SE3", "SYS"))
    said = only(document)
    assert (said.zone, said.currency, said.per_euro) == ("SE3", "SEK", Decimal("10.9735"))
    assert [(one.begin_at.minute, one.value) for one in said.steps] == [
        (0, Decimal("0.4215")),
        (30, Decimal("-0.00325")),
    ]


def test_elprisetjustnu_is_read_in_both_its_currencies() -> None:
    _, (sek, eur) = read(samples.elpriset(NIGHT.astimezone(STOCKHOLM), [1.1, 0.55]), SE3)
    assert (sek.currency, sek.per_euro, eur.currency) == ("SEK", Decimal(11), "EUR")
    assert [one.value for one in eur.steps] == [Decimal("0.1"), Decimal("0.05")]
    assert sek.steps[0].begin_at == NIGHT and sek.steps[0].length == timedelta(minutes=15)


def test_a_recorded_a44_repeats_the_hour_that_it_leaves_out_and_says_its_days_in_any_order() -> None:
    said = only((DATA / "NO2_2024_entsoe_a44.xml").read_bytes())
    assert (said.zone, said.currency, len(said.steps)) == ("NO2", "EUR", 48)
    assert said.published_at == datetime(2024, 10, 5, 16, 45, 36, tzinfo=UTC)
    assert all(after.begin_at == before.begin_at + timedelta(hours=1) for before, after in pairwise(said.steps))
    # Its second Period is the day before; of the first, point 7 is not there and says what point 6 said.
    assert said.steps[0] == MarketStep(datetime(2024, 10, 4, 22, tzinfo=UTC), timedelta(hours=1), Decimal("0.04874"))
    assert [one.value for one in said.steps[29:32]] == [Decimal("0.04773"), Decimal("0.04773"), Decimal("0.04822")]


def test_a_recorded_day_of_nord_pool_has_the_average_that_it_says() -> None:
    said = only((DATA / "SE3_2024_nordpool.json").read_bytes())
    assert (said.zone, said.currency, said.per_euro) == ("SE3", "SEK", Decimal("11.6402"))
    day = of_day(said, date(2024, 11, 5))
    assert len(day) == len(said.steps) == 24
    assert round(sum(one.value for one in day) / 24, 5) == Decimal("0.90074")
    assert max(day, key=lambda one: one.value).begin_at == datetime(2024, 11, 5, 16, tzinfo=UTC)


def test_a_recorded_day_of_elprisetjustnu_agrees_with_what_entsoe_recorded_of_it() -> None:
    _, (sek, eur) = read((DATA / "SE4_2024_elprisetjustnu.json").read_bytes(), ZONES["SE4"])
    exported = only((DATA / "SE4_2024_entsoe_negative_and_missing.csv").read_bytes())
    assert list(eur.steps) == of_day(exported, date(2024, 1, 5)) and len(eur.steps) == 24
    assert (sek.per_euro, sek.steps[17].value) == (Decimal("11.200938"), Decimal("5.89449"))


def test_elprisetjustnu_may_say_a_price_near_nothing_by_its_power_of_ten() -> None:
    hour = b'"EXR":11.17,"time_start":"2026-09-20T10:00:00+02:00","time_end":"2026-09-20T10:15:00+02:00"'
    _, (sek, eur) = read(b'[{"SEK_per_kWh":1e-05,"EUR_per_kWh":-0.0,' + hour + b"}]", SE3)
    assert (sek.steps[0].value, eur.steps[0].value) == (Decimal("0.00001"), Decimal(0))


def test_carbon_is_read_by_the_hour() -> None:
    _, (said,) = read(samples.electricity_maps(NIGHT, [21, 25]), SE3)
    assert (said.kind, said.currency) == (Kind.CARBON, "")
    assert [(one.begin_at, one.value) for one in said.steps] == [
        (NIGHT, Decimal(21)),
        (NIGHT + timedelta(hours=1), Decimal(25)),
    ]


def test_a_table_of_our_own_is_read_by_the_clock_of_the_place_where_it_names_none() -> None:
    text = "start,price_per_kwh,currency\n2026-11-22 00:00,0.5,\n2026-11-22 00:30,0.25,\n2026-11-22T01:00+01:00,1,EUR\n"
    _, (sek, eur) = read(text.encode(), SE3)
    assert (sek.currency, eur.currency) == ("SEK", "EUR")
    assert [(one.begin_at, one.length) for one in sek.steps] == [
        (NIGHT, timedelta(minutes=30)),
        (NIGHT + timedelta(minutes=30), timedelta(minutes=30)),
    ]


def test_steps_of_a_table_are_as_long_as_the_shortest_of_their_day() -> None:
    """A missing quarter makes no step of half an hour, on the first day of quarters and not the day before."""
    starts = ["2025-09-30T20:00Z", "2025-09-30T21:00Z", "2025-09-30T22:00Z", "2025-09-30T22:15Z", "2025-09-30T22:45Z"]
    text = "start;price_per_kwh\n" + "\n".join(f"{at};0,5" for at in starts)
    said = only(text.encode(), "SE3")
    assert [one.length // timedelta(minutes=1) for one in said.steps] == [60, 60, 15, 15, 15]


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"hello", "none of the price documents"),
        (b"start,price_per_kwh\nsoon,1\n", "line 2: 'soon' is no instant"),
        (b"start,price_per_kwh\n2026-11-22T00:00Z,dear\n", "line 2: 'dear' is no price"),
        (b"start,price_per_kwh\n2026-11-22T00:00Z,1e99\n", "line 2"),
        (b"start,price_per_kwh\n2026-03-29 02:30,1\n", "never showed 2026-03-29 02:30"),
        (b"\xff\xfe<", "none of the price documents"),
        (b"start,price_per_kwh\n\xe5,1\n", "no UTF-8"),
        (gzip.compress(b"start,price_per_kwh\n", mtime=0)[:-6], "breaks off"),
        (samples.a44()[:-30], "no XML"),
        (samples.a44().replace(b"<mRID>", b"<!DOCTYPE x []><mRID>"), "no DTD"),
        (samples.a44().replace(b"A44", b"A65"), "A65"),
        (samples.a44(samples.period("2026-11-22T00:00Z", "2026-11-23T00:00Z", "P1Y", {1: 1})), "resolution of P1Y"),
        (samples.a44(samples.period("2026-11-22T00:00Z", "2026-11-23T00:00Z", "PT60M", {0: 1})), "no place"),
        (b'{"multiAreaEntries": 4, "currency": "SEK"}', "no answer of Nord Pool"),
        (b'[{"SEK_per_kWh": "x"}]', "no answer of elprisetjustnu"),
        (b"start,price_per_kwh\n0001-01-01T00:00+14:00,1\n", "outside of every calendar"),
        (
            samples.a44(samples.period("2026-11-22T00:00Z", "2026-11-23T00:00Z", "PT60M", {1: 1}, auction=10**9)),
            "place",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_where_and_why(document: bytes, says: str) -> None:
    with pytest.raises(UnfitPrices, match=says):
        read(document, SE3)


def test_a_document_that_names_no_zone_needs_one_and_an_unknown_one_is_refused() -> None:
    with pytest.raises(UnfitPrices, match="of which bidding zone"):
        read(b"start,price_per_kwh\n2026-11-22T00:00Z,1\n")
    with pytest.raises(UnknownZone, match="SE9"):
        zone("SE9")
    assert {zone(name).code for name in ("se3", "SE-3", "BZN|SE3", samples.SE3)} == {"SE3"}


@pytest.mark.parametrize(
    ("feed", "url"),
    [
        (
            "entsoe",
            "https://web-api.tp.entsoe.eu/api?securityToken=K&documentType=A44&in_Domain=10Y1001A1001A46L"
            "&out_Domain=10Y1001A1001A46L&periodStart=202603282300&periodEnd=202603292200",
        ),
        (
            "nordpool",
            "https://dataportal-api.nordpoolgroup.com/api/DayAheadPrices"
            "?date=2026-03-29&market=DayAhead&deliveryArea=SE3&currency=SEK",
        ),
        ("elprisetjustnu", "https://www.elprisetjustnu.se/api/v1/prices/2026/03-29_SE3.json"),
    ],
)
def test_a_source_is_asked_for_a_whole_day_of_the_market(feed: str, url: str) -> None:
    one = FEEDS[feed]
    assert one.address is not None and one.url is not None
    assert one.address(Asked(zone=SE3, kind=Kind.PRICE, day=date(2026, 3, 29), url=one.url, key="K")) == url
