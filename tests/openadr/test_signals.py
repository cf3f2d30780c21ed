"""What events ask of a site: times, units, priorities, and what nobody can make sense of."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laddnav.kit.json import Unreadable
from laddnav.openadr import signals, wire
from laddnav.openadr.model import GridResource, GridSignal, Minute, SignalKind, SignalProof, SignalState
from laddnav.openadr.rules import stood, tallied
from laddnav.openadr.signals import Asked, asked, cap, holds
from laddnav.sites.model.told import Covers
from laddnav.sites.priced import ToldKind, ToldPrice
from tests.things import US

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
RESOURCE = GridResource(holder=US, vtn="V", site_id="home", name="home", full_kw=Decimal(11))


def event(id: str = "e1", **said: Any) -> dict[str, Any]:
    """4.2 kW for an hour from ten on."""
    return {
        "id": id,
        "programID": "p1",
        "intervalPeriod": {"start": "2026-11-23T10:00:00Z", "duration": "PT1H"},
        "intervals": [{"id": 0, "payloads": [payload("IMPORT_CAPACITY_LIMIT", 4.2)]}],
    } | said


def payload(type: str, *values: object) -> dict[str, Any]:
    return {"type": type, "values": list(values)}


def read(
    *events: dict[str, Any], resource: GridResource = RESOURCE, names: tuple[str, ...] = ("home", "depot")
) -> Asked:
    some, odd = wire.events(json.dumps(events).encode())
    assert not odd
    return asked(some, resource, ven_name="laddnav", names=names, descriptors={}, now=NOW)


def only(*events: dict[str, Any]) -> GridSignal:
    found = read(*events)
    assert not found.odd, found.odd
    (signal,) = found.signals
    return signal


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 23, hour, minute, tzinfo=UTC)


def test_an_interval_lasts_as_long_as_its_event_says() -> None:
    signal = only(event())
    assert (signal.begin_at, signal.end_at, signal.value) == (at(10), at(11), Decimal("4.2"))


def test_intervals_follow_one_another_unless_they_say_when_they_are() -> None:
    intervals = [
        {"id": 0, "payloads": [payload("IMPORT_CAPACITY_LIMIT", 8)]},
        {"id": 1, "payloads": [payload("IMPORT_CAPACITY_LIMIT", 6)]},
        {
            "id": 7,
            "payloads": [payload("IMPORT_CAPACITY_LIMIT", 4)],
            "intervalPeriod": {"start": "2026-11-23T15:00:00Z", "duration": "PT15M"},
        },
        {"id": 8, "payloads": [payload("IMPORT_CAPACITY_LIMIT", 5)]},
    ]
    spans = [(one.begin_at, one.end_at) for one in read(event(intervals=intervals)).signals]
    assert spans == [(at(10), at(11)), (at(11), at(12)), (at(15), at(15, 15)), (at(15, 15), at(16, 15))]


@pytest.mark.parametrize("duration", ["PT0S", "P9999Y", None])
def test_a_limit_without_an_end_holds_until_it_is_taken_back(duration: str | None) -> None:
    period = {"start": "2026-11-23T10:00:00Z"} | ({"duration": duration} if duration else {})
    assert only(event(intervalPeriod=period)).end_at is None


@pytest.mark.parametrize("start", ["0001-01-01", "0001-01-01T00:00:00Z", "0000-00-00"])
def test_what_begins_now_began_when_it_was_said_however_often_it_is_heard(start: str) -> None:
    said = event(intervalPeriod={"start": start, "duration": "PT1H"}, modificationDateTime="2026-11-23T07:58:00Z")
    assert only(said).begin_at == at(7, 58)


def test_a_random_start_is_the_same_each_time_and_within_what_is_allowed() -> None:
    period = {"start": "2026-11-23T10:00:00Z", "duration": "PT1H", "randomizeStart": "PT10M"}
    starts = [only(event(f"e{number}", intervalPeriod=period)).begin_at for number in range(50)]
    assert starts == [only(event(f"e{number}", intervalPeriod=period)).begin_at for number in range(50)]
    assert all(at(10) <= one < at(10, 10) for one in starts)
    assert len(set(starts)) > 40
    one = only(event("e3", intervalPeriod=period))
    assert one.end_at == one.begin_at + timedelta(hours=1)


@pytest.mark.parametrize(("units", "kw"), [("W", "0.0042"), ("KW", "4.2"), ("MW", "4200"), ("kW", "4.2")])
def test_limits_come_in_the_units_that_their_descriptor_names(units: str, kw: str) -> None:
    described = [{"payloadType": "IMPORT_CAPACITY_LIMIT", "units": units}]
    assert only(event(payloadDescriptors=described)).value == Decimal(kw)


@pytest.mark.parametrize(
    ("type", "value", "kw", "covers"),
    [
        ("IMPORT_CAPACITY_LIMIT", 4.2, "4.2", Covers.SITE),
        ("EXPORT_CAPACITY_LIMIT", 3, "3", Covers.EXPORT),
        ("DISPATCH_SETPOINT", 7, "7", Covers.SITE),
        ("SIMPLE", 1, "8.25", Covers.CARS),
        ("SIMPLE", 2, "5.5", Covers.CARS),
        ("SIMPLE", 3, "0", Covers.CARS),
        ("ALERT_BLACK_START", "the grid comes back", "0", Covers.CARS),
    ],
)
def test_each_payload_is_made_of_what_the_table_says(type: str, value: object, kw: str, covers: Covers) -> None:
    made = cap(only(event(intervals=[{"id": 0, "payloads": [payload(type, value)]}])), RESOURCE)
    assert made is not None and (made.kw, made.covers) == (Decimal(kw), covers)


@pytest.mark.parametrize(("type", "value"), [("SIMPLE", 0), ("PRICE", 0.17), ("GHG", 40)])
def test_what_limits_nothing_is_kept_all_the_same(type: str, value: object) -> None:
    assert cap(only(event(intervals=[{"id": 0, "payloads": [payload(type, value)]}])), RESOURCE) is None


@pytest.mark.parametrize(("units", "value"), [("KWH", "0.17"), ("MWH", "0.00017"), (None, "0.17")])
def test_prices_are_of_a_kwh_in_the_currency_that_their_descriptor_names(units: str | None, value: str) -> None:
    descriptor = {"payloadType": "PRICE", "units": units, "currency": "SEK"}
    prices = event(intervals=[{"id": 0, "payloads": [payload("PRICE", 0.17)]}], payloadDescriptors=[descriptor])
    (told,) = signals.told([only(prices)], NOW)
    assert told == ToldPrice(kind=ToldKind.PRICE, begin_at=at(10), end_at=at(11), value=Decimal(value), currency="SEK")


def test_of_prices_that_overlap_the_weightier_is_told_and_of_those_that_are_over_none() -> None:
    def price(id: str, value: float, **said: Any) -> dict[str, Any]:
        return event(id, intervals=[{"id": 0, "payloads": [payload("PRICE", value), payload("GHG", 30)]}], **said)

    day = {"start": "2026-11-23T09:00:00Z", "duration": "PT9H"}
    over = {"start": "2026-11-23T06:00:00Z", "duration": "PT2H"}
    found = read(price("e1", 1, intervalPeriod=day), price("e2", 7, priority=1), price("e3", 9, intervalPeriod=over))
    told = sorted(signals.told(found.signals, NOW), key=lambda one: (one.kind, one.begin_at))
    spans = [(one.kind, one.begin_at.hour, (one.end_at or NOW).hour, int(one.value)) for one in told]
    assert spans == [
        *((ToldKind.CARBON, begin, end, 30) for begin, end in ((9, 10), (10, 11), (11, 18))),
        *((ToldKind.PRICE, begin, end, value) for begin, end, value in ((9, 10, 1), (10, 11, 7), (11, 18, 1))),
    ]


def test_dimming_by_section_14a_is_for_the_cars_where_the_resource_says_so() -> None:
    home = GridResource(holder=US, vtn="V", site_id="home", name="home", covers=Covers.CARS)
    assert cap(only(event()), home) == signals.Cap(Decimal("4.2"), Covers.CARS)


@pytest.mark.parametrize(
    "targets",
    [
        [payload("VEN_NAME", "somebody else")],
        [payload("RESOURCE_NAME", "depot")],
        [payload("VEN_NAME", "laddnav"), payload("RESOURCE_NAME", "depot")],
        ["depot"],
    ],
)
def test_an_event_for_others_is_not_for_us(targets: list[Any]) -> None:
    assert read(event(targets=targets)).signals == ()


@pytest.mark.parametrize(
    "targets",
    [None, [], [payload("GROUP", "suburb")], [payload("RESOURCE_NAME", "home", "depot")], ["home"], ["suburb"]],
)
def test_an_event_for_us_or_for_a_group_is_for_us(targets: Any) -> None:
    assert len(read(event(targets=targets)).signals) == 1


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"intervalPeriod": None}, "does not say when it begins"),
        ({"intervalPeriod": {"start": "tomorrow"}}, "no instant"),
        ({"intervalPeriod": {"start": "2026-11-23T10:00:00Z", "duration": "an hour"}}, "no duration"),
        ({"intervals": [{"id": 0, "payloads": [payload("IMPORT_CAPACITY_LIMIT", -1)]}]}, "cannot be meant"),
        ({"intervals": [{"id": 0, "payloads": [payload("IMPORT_CAPACITY_LIMIT", 1, 2)]}]}, "2 values"),
        ({"intervals": [{"id": 0, "payloads": [payload("IMPORT_CAPACITY_LIMIT", "much")]}]}, "Invalid decimal"),
        ({"intervals": [{"id": 0, "payloads": [payload("IMPORT_CAPACITY_LIMIT", {})]}]}, "Expected"),
        ({"intervals": [{"id": 0, "payloads": [payload("SIMPLE", 9)]}]}, "levels 0 to 3"),
        ({"payloadDescriptors": [{"payloadType": "IMPORT_CAPACITY_LIMIT", "units": "FURLONG"}]}, "FURLONG"),
        (
            {
                "intervals": [{"id": 0, "payloads": [payload("PRICE", 1)]}],
                "payloadDescriptors": [{"payloadType": "PRICE", "units": "KW"}],
            },
            "per 'KW'",
        ),
        ({"intervals": [{"id": 0, "payloads": [payload("PRICE", 1e9)]}]}, "cannot be meant"),
    ],
)
def test_an_event_that_means_nothing_is_odd_and_spoils_no_other(said: dict[str, Any], why: str) -> None:
    found = read(event("odd", **said), event("good"))
    assert [one.event_id for one in found.signals] == ["good"]
    (odd,) = found.odd
    assert odd.id == "odd" and why in odd.why


def test_an_event_that_is_spelt_wrongly_is_known_by_its_id_and_spoils_no_other() -> None:
    page = json.dumps([{"id": "odd", "intervals": 5}, event("good"), "half"]).encode()
    some, odd = wire.events(page)
    assert [one.id for one in some] == ["good"]
    assert [one.id for one in odd] == ["odd", None]


@given(st.binary(max_size=200))
def test_junk_is_refused_and_never_more(junk: bytes) -> None:
    try:
        wire.events(junk)
    except Unreadable:
        return


@given(st.text(max_size=60))
def test_no_duration_and_no_instant_breaks_anything(text: str) -> None:
    for reads in (wire.duration, lambda said: wire.instant(said, NOW)):
        try:
            reads(text)
        except Unreadable:
            continue


def test_every_duration_that_can_be_spelt_is_read() -> None:
    spelt = {"PT15M": timedelta(minutes=15), "P1DT2H": timedelta(hours=26), "P2W": timedelta(days=14)}
    assert {text: wire.duration(text) for text in spelt} == spelt


# What overlaps --------------------------------------------------------------------------------------------------------


def level(value: int, begin: int, end: int, priority: int | None, event_id: str = "e1") -> GridSignal:
    return GridSignal(
        event_id=event_id,
        program_id="p1",
        interval_id=0,
        kind=SignalKind.SIMPLE,
        value=Decimal(value),
        begin_at=at(begin),
        end_at=at(end),
        priority=priority,
    )


def test_of_levels_that_overlap_the_weightier_holds_and_leaves_the_rest() -> None:
    low, high = level(1, 8, 14, None), level(3, 10, 11, 0, "e2")
    assert holds(low, [low, high]) == [(at(8), at(10)), (at(11), at(14))]
    assert holds(high, [low, high]) == [(at(10), at(11))]


def test_limits_hold_whatever_their_priority_for_who_keeps_to_the_lowest_keeps_to_all() -> None:
    one, other = only(event("e1", priority=9)), only(event("e2", priority=0))
    assert holds(one, [one, other]) == [(at(10), at(11))]


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 22), st.integers(1, 23), st.none() | st.integers(0, 3)), max_size=6
    )
)
def test_at_every_moment_the_weightiest_level_that_is_there_holds_and_no_other(rows: list[Any]) -> None:
    some = [
        level(value, begin, max(begin + 1, end), priority, f"e{number}")
        for number, (value, begin, end, priority) in enumerate(rows)
    ]
    for hour in range(24):
        moment = at(hour, 30) if hour < 23 else at(23, 30)
        there = [one for one in some if one.begin_at <= moment and one.end_at is not None and moment < one.end_at]
        held = [
            one
            for one in some
            for begin_at, end_at in holds(one, some)
            if begin_at <= moment and (end_at is None or moment < end_at)
        ]
        assert len(held) == min(len(there), 1)
        if there:
            assert (held[0].priority is None) <= all(one.priority is None for one in there)
            assert held[0].priority == min((one.priority for one in there if one.priority is not None), default=None)


# What came of it ------------------------------------------------------------------------------------------------------


def proof(**said: Any) -> SignalProof:
    fields: dict[str, Any] = {
        "holder": US,
        "ref": "r",
        "vtn": "V",
        "site_id": "home",
        "by": "The grid",
        "signal": only(event()),
        "state": SignalState.AHEAD,
        "limit_kw": Decimal("4.2"),
        "heard_at": NOW,
    }
    return SignalProof(**fields | said)


def test_a_limit_is_ahead_then_in_force_then_obeyed_then_over() -> None:
    assert stood(proof(), at(9)) is SignalState.AHEAD
    assert stood(proof(), at(10)) is SignalState.IN_FORCE
    assert stood(proof(obeyed_at=at(10)), at(10, 1)) is SignalState.OBEYED
    assert stood(proof(), at(11)) is SignalState.OVER
    assert stood(proof(state=SignalState.WITHDRAWN), at(10)) is SignalState.WITHDRAWN


def test_energy_counts_from_the_beginning_and_breaches_from_when_it_was_obeyed() -> None:
    minutes = [Minute(at=at(10, number), kw=Decimal(kw), whole=True) for number, kw in enumerate((11, 11, 4, 5, 4))]
    done = tallied(proof(obeyed_at=at(10, 1) + timedelta(seconds=40)), minutes, at(11))
    assert done.energy_kwh == Decimal("0.583")  # 35 kW minutes
    assert (done.highest_kw, done.over_minutes, done.minutes) == (Decimal(5), 1, 3)


def test_what_nobody_measured_is_not_reported_as_nothing() -> None:
    assert tallied(proof(), [], at(11)).energy_kwh is None
