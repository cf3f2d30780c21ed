"""What a partner or an attacker may send in place of a CDR gets a named refusal, in bounded time and memory."""

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from itertools import pairwise
from time import monotonic
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laddnav.kit import json
from laddnav.kit.refusal import Refusal
from laddnav.ocpi.wire.charge import read_charge
from laddnav.pricing.charge import price
from laddnav.pricing.model import CannotPrice, Priced

MEGABYTE = 1_000_000

TARIFF: dict[str, Any] = {
    "country_code": "SE",
    "party_id": "LAD",
    "id": "T",
    "currency": "SEK",
    "elements": [
        {
            "price_components": [
                {"type": "ENERGY", "price": 3.5, "vat": 25, "step_size": 1},
                {"type": "TIME", "price": 6, "vat": 25, "step_size": 60},
                {"type": "FLAT", "price": 1, "vat": 25, "step_size": 1},
            ],
            "restrictions": {
                "start_time": "00:00",
                "end_time": "23:00",
                "start_date": "2020-01-01",
                "end_date": "2030-01-01",
                "min_kwh": 0,
                "max_kwh": 500,
                "min_power": 0,
                "max_power": 400,
                "min_duration": 0,
                "max_duration": 86400,
                "day_of_week": ["SATURDAY"],
            },
        }
    ],
    "min_price": {"excl_vat": 1, "incl_vat": 1.25},
    "max_price": {"excl_vat": 1000, "incl_vat": 1250},
    "last_updated": "2026-01-01T00:00:00Z",
}
CDR: dict[str, Any] = {
    "country_code": "SE",
    "party_id": "LAD",
    "id": "C",
    "start_date_time": "2026-11-21T09:00:00Z",
    "end_date_time": "2026-11-21T10:00:00Z",
    "currency": "SEK",
    "cdr_location": {"country": "SWE"},
    "tariffs": [TARIFF],
    "charging_periods": [
        {
            "start_date_time": "2026-11-21T09:00:00Z",
            "dimensions": [
                {"type": "ENERGY", "volume": 10},
                {"type": "TIME", "volume": 1},
                {"type": "MAX_POWER", "volume": 11},
            ],
            "tariff_id": "T",
        }
    ],
    "total_cost": {"excl_vat": 42, "incl_vat": 52.5},
    "total_energy": 10,
    "total_time": 1,
    "last_updated": "2026-11-21T10:00:00Z",
}


def priced(body: bytes) -> Priced:
    return price(read_charge(body), zone="Europe/Stockholm")


@contextmanager
def within(*, megabytes: float, seconds: float) -> Iterator[None]:
    """The deadline is generous: it tells a second from an hour, not one machine from another."""
    tracemalloc.start()
    began = monotonic()
    try:
        yield
        took, (_, peak) = monotonic() - began, tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= megabytes * MEGABYTE, f"{peak / MEGABYTE:.1f} MB"
    assert took <= seconds, f"{took:.1f} s"


def test_the_cdr_that_is_made_hostile_below_is_priced() -> None:
    assert priced(json.encode(CDR)).total.excl == 42


# ---- Far too much of something


def nested(depth: int, opening: bytes, closing: bytes) -> bytes:
    return b'{"charging_periods": ' + opening * depth + closing * depth + b"}"


def times(count: int, one: dict[str, Any]) -> bytes:
    return b"[" + b",".join([json.encode(one)] * count) + b"]"


def with_periods(count: int) -> bytes:
    said = {name: value for name, value in CDR.items() if name != "charging_periods"}
    return json.encode(said)[:-1] + b',"charging_periods":' + times(count, CDR["charging_periods"][0]) + b"}"


def with_tariffs(count: int) -> bytes:
    said = {name: value for name, value in CDR.items() if name != "tariffs"}
    return json.encode(said)[:-1] + b',"tariffs":' + times(count, TARIFF) + b"}"


def with_elements(count: int) -> bytes:
    elements = times(count, TARIFF["elements"][0])
    tariff = json.encode({name: value for name, value in TARIFF.items() if name != "elements"})[:-1]
    said = {name: value for name, value in CDR.items() if name != "tariffs"}
    return json.encode(said)[:-1] + b',"tariffs":[' + tariff + b',"elements":' + elements + b"}]}"


TOO_MUCH: dict[str, Callable[[], bytes]] = {
    "arrays in arrays": lambda: nested(1_000_000, b"[", b"]"),
    "objects in objects": lambda: nested(1_000_000, b'{"a":', b"}").replace(b":}", b":1}"),
    "only openings": lambda: b"[" * 5_000_000,
    "a million periods": lambda: with_periods(1_000_000),
    "a hundred thousand tariffs": lambda: with_tariffs(100_000),
    "a hundred thousand elements": lambda: with_elements(100_000),
    "a number of a million digits": lambda: json.encode(CDR).replace(b'"volume":10', b'"volume":1' + b"0" * 1_000_000),
    "a text of ten megabytes": lambda: json.encode(CDR).replace(b'"ENERGY"', b'"' + b"E" * 10_000_000 + b'"'),
}


@pytest.mark.parametrize("hostile", TOO_MUCH.values(), ids=TOO_MUCH)
def test_far_too_much_is_refused_in_bounded_time_and_memory(hostile: Callable[[], bytes]) -> None:
    body = hostile()
    with within(megabytes=100, seconds=30), pytest.raises(Refusal) as refused:
        priced(body)
    assert len(str(refused.value)) < 500


def test_as_many_periods_as_are_read_are_priced_in_bounded_time_and_memory() -> None:
    body = with_periods(20_000)
    with within(megabytes=100, seconds=60):
        assert priced(body).used.kwh == 200_000


def with_kinds(*kinds: tuple[str, int]) -> bytes:
    """So many periods of each kind, under a tariff with a fee for each."""
    start = CDR["start_date_time"]
    fees: list[dict[str, Any]] = [{"price_components": [{"type": "FLAT", "price": 1, "step_size": 1}]}]
    fees.append({**fees[0], "restrictions": {"reservation": "RESERVATION", "day_of_week": ["MONDAY"]}})
    said = {**CDR, "tariffs": [{**TARIFF, "elements": fees}], "charging_periods": []}
    periods = [{"start_date_time": start, "dimensions": [{"type": kind, "volume": 1}]} for kind, _ in kinds]
    listed = b",".join(b",".join([json.encode(one)] * count) for one, (_, count) in zip(periods, kinds, strict=True))
    return json.encode(said).replace(b'"charging_periods":[]', b'"charging_periods":[' + listed + b"]")


def test_a_long_reservation_before_a_long_charge_is_not_looked_through_again_for_each_period() -> None:
    body = with_kinds(("RESERVATION_TIME", 20_000), ("TIME", 20_000))
    with within(megabytes=150, seconds=60):
        assert priced(body).total.excl == 1


def test_a_large_tariff_for_periods_that_name_another_is_no_more_work_than_for_those_that_name_it() -> None:
    """Refused as a whole, and not made ready anew for each period."""
    (tariff,) = read_charge(with_elements(2_000)).tariffs
    body = with_periods(20_000).replace(b'"tariff_id":"T"', b'"tariff_id":"X"')
    with within(megabytes=150, seconds=60), pytest.raises(CannotPrice, match="too many borders"):
        price(read_charge(body), tariffs=(tariff,), zone="Europe/Stockholm")


DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


def test_a_price_for_every_quarter_of_an_hour_of_a_week_is_no_attack() -> None:
    """TAR-047: nor is a CDR of a day with a period for each of its quarters."""
    clocks = [f"{quarter // 4:02}:{quarter % 4 * 15:02}" for quarter in range(97)]
    elements = [
        {
            "price_components": [{"type": kind, "price": 2, "step_size": 1} for kind in ("ENERGY", "TIME")],
            "restrictions": {"start_time": since, "end_time": until.replace("24", "00"), "day_of_week": [day]},
        }
        for day in DAYS
        for since, until in pairwise(clocks)
    ]
    dimensions = [{"type": "ENERGY", "volume": 1}, {"type": "TIME", "volume": 0.25}]
    periods = [{"start_date_time": f"2026-11-21T{clock}:00Z", "dimensions": dimensions} for clock in clocks[:-1]]
    words = {**CDR, "tariffs": [{**TARIFF, "elements": elements}], "charging_periods": periods}
    words |= {"start_date_time": "2026-11-21T00:00:00Z", "end_date_time": "2026-11-22T00:00:00Z"}
    with within(megabytes=100, seconds=30):
        assert priced(json.encode(words)).total.excl == 96 * 2 + 24 * 2


# ---- Something that is no number, no time, no text


def leaves(words: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    if isinstance(words, dict | list):
        for key, value in words.items() if isinstance(words, dict) else enumerate(words):
            yield from leaves(value, (*path, key))


def replaced(path: tuple[str | int, ...], value: Any) -> Any:
    if not path:
        return value
    words: Any = deepcopy(CDR)
    inner = words
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return words


class Bare(str):
    """A number that is written into the JSON as it stands."""


def spelt(words: Any) -> bytes:
    """JSON in which Bare numbers stand bare."""
    if isinstance(words, dict):
        return b"{" + b",".join(json.encode(key) + b":" + spelt(value) for key, value in words.items()) + b"}"
    if isinstance(words, list):
        return b"[" + b",".join(spelt(value) for value in words) + b"]"
    return words.encode() if isinstance(words, Bare) else json.encode(words)


NUMBERS = [
    Bare("1e999"), Bare("-1e999"), Bare("1e-999"), Bare("1e99999999999"), Bare("NaN"), Bare("Infinity"), Bare("-0"),
    Bare("1" * 500), Bare("0." + "1" * 500), Bare("1e30"), Bare("-1e30"), Bare("1e400"),
    "NaN", "sNaN", "Infinity", "1e999", "-1", "", "0x10", "١٢", -1, 10**18, 10**30, -(10**18),
]  # fmt: skip
TIMES = [
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "2026-13-45T00:00:00Z", "24:00",
    "99:99", "0000-00-00", "9999-12-31", "0001-01-01", "2026-02-30", "1e5",
]  # fmt: skip
OTHERS: list[Any] = [None, True, [], {}, [[]], [None], {"a": []}, "\x00", "\ud7ff", "../../etc/passwd", "A" * 10_000]
PATHS = list(leaves(CDR))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: ".".join(map(str, path)) or "$")
def test_whatever_stands_in_one_place_it_is_priced_or_refused(path: tuple[str | int, ...]) -> None:
    for value in (*NUMBERS, *TIMES, *OTHERS):
        try:
            done = priced(spelt(replaced(path, value)))
        except Refusal as refused:
            assert str(refused)
        else:
            assert done.total.excl is None or done.total.excl.is_finite(), value


any_place = st.sampled_from(PATHS)
any_value = st.sampled_from([*NUMBERS, *TIMES, *OTHERS])


@given(st.lists(st.tuples(any_place, any_value), min_size=2, max_size=4), st.sampled_from([None, "2.1.1", "2.2.1"]))
def test_whatever_stands_in_several_places_it_is_priced_or_refused(
    changes: list[tuple[tuple[str | int, ...], Any]], version: str | None
) -> None:
    words: Any = deepcopy(CDR)
    for path, value in changes:
        inner = words
        try:
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = value
        except (IndexError, KeyError, TypeError):
            continue
    try:
        price(read_charge(spelt(words), version), zone="Europe/Stockholm")
    except Refusal as refused:
        assert str(refused)


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_refused(body: bytes) -> None:
    with pytest.raises(Refusal):
        priced(body)


# ---- Something that is not there


NEEDED = {
    "start_date_time": ("start_date_time",),
    "end_date_time": ("end_date_time",),
    "currency": ("currency",),
    "charging_periods": ("charging_periods",),
    "charging_periods[0].start_date_time": ("charging_periods", 0, "start_date_time"),
    "charging_periods[0].dimensions[0].type": ("charging_periods", 0, "dimensions", 0, "type"),
    "charging_periods[0].dimensions[0].volume": ("charging_periods", 0, "dimensions", 0, "volume"),
    "tariffs[0].elements": ("tariffs", 0, "elements"),
    "tariffs[0].elements[0].price_components": ("tariffs", 0, "elements", 0, "price_components"),
    "tariffs[0].elements[0].price_components[0].type": ("tariffs", 0, "elements", 0, "price_components", 0, "type"),
    "tariffs[0].elements[0].price_components[0].price": ("tariffs", 0, "elements", 0, "price_components", 0, "price"),
}


@pytest.mark.parametrize("path", NEEDED.values(), ids=NEEDED)
def test_a_field_that_a_price_needs_and_that_is_missing_is_named(path: tuple[str | int, ...]) -> None:
    words: Any = deepcopy(CDR)
    inner = words
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    with pytest.raises(Refusal, match=str(path[-1])):
        priced(json.encode(words))


@pytest.mark.parametrize("zone", ["", "\x00", "../../etc/passwd", "/etc/localtime", "Mars/Olympus", "A" * 10_000, "."])
def test_a_time_zone_that_does_not_exist_is_refused(zone: str) -> None:
    with pytest.raises(CannotPrice):
        price(read_charge(json.encode(CDR)), zone=zone)
