"""What a driver may choose between: prices as the bill will say them, and no promise that another car could break."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from msgspec.structs import replace

from laddnav.kit.energy import kwh
from laddnav.kit.power import kw
from laddnav.pricing.ahead.ways import Draw, Grams
from laddnav.pricing.tab import opened
from laddnav.scheduling.rules import sound
from laddnav.sessions.choices import Around, Choice, Hours, Kind, Need, choices, chosen, following
from laddnav.sessions.model import ProfileType
from laddnav.tariffs.model import Element, Restriction, Tariff, TariffDimension
from tests.things import component, tariff

NOW = datetime(2026, 11, 22, 17, tzinfo=UTC)  # six in the evening in Stockholm
MORNING = NOW + timedelta(hours=13)
HOUR = timedelta(hours=1)
NEED = Need(energy=kwh(22), power=kw(11), departs_at=MORNING, amount=Decimal(50))
AROUND = Around(zone="Europe/Stockholm", now=NOW, hours=Hours.DRIVERS)
SHARED = replace(AROUND, hours=Hours.SITES, power_sure=kw("1.5"))


def at_night(id: str, day: str, night: str) -> Tariff:
    """Dear from six to eight in the evening, taxes of 25 % on top."""
    until_eight = Restriction(start_time=time(6), end_time=time(20))
    return tariff(
        id,
        elements=(
            Element(components=(component(TariffDimension.ENERGY, day),), restriction=until_eight),
            Element(components=(component(TariffDimension.ENERGY, night),)),
        ),
    )


ONE = dict.fromkeys(ProfileType, at_night("T1", "4.00", "2.00"))
OWN = {**ONE, ProfileType.CHEAP: at_night("T2", "3.00", "1.00")}


def by_kind(found: tuple[Choice, ...]) -> dict[Kind, Choice]:
    return {one.kind: one for one in found}


def test_each_has_its_price_by_the_tariff_of_its_profile() -> None:
    """SES-049."""
    found = by_kind(choices(NEED, OWN, AROUND))
    assert list(found) == [Kind.NOW, Kind.BY, Kind.BUDGET]
    assert [found[Kind.NOW].cost, found[Kind.NOW].ready_at] == [110, NOW + 2 * HOUR]
    assert (found[Kind.BY].cost, found[Kind.BY].cost_most) == (Decimal("27.50"), Decimal("27.50"))
    assert found[Kind.BY].draws == (Draw(NOW + 2 * HOUR, NOW + 4 * HOUR, kwh(22)),)
    assert [found[Kind.BUDGET].energy, found[Kind.BUDGET].cost] == [kwh(10), 50]
    assert all(chosen(one.wants) is one.kind for one in found.values())


def test_where_nobody_can_shift_the_hours_nothing_that_waits_is_offered() -> None:
    found = by_kind(choices(NEED, ONE, replace(AROUND, hours=Hours.AT_ONCE)))
    assert list(found) == [Kind.NOW, Kind.BUDGET]


def test_where_a_site_picks_the_hours_the_price_is_a_range_and_only_the_fallback_is_sure() -> None:
    """1.5 kW for thirteen hours are what the Evse has when every other is taken."""
    found = by_kind(choices(NEED, ONE, SHARED))[Kind.BY]
    assert [found.cost, found.cost_most] == [55, 110]
    assert found.energy_sure == kwh("19.5")
    assert by_kind(choices(replace(NEED, energy=kwh(10)), ONE, SHARED))[Kind.BY].energy_sure == kwh(10)


def test_a_charge_that_goes_on_is_priced_with_what_it_has_cost_and_by_the_plan_in_force() -> None:
    tab = opened(ONE[ProfileType.REGULAR], NOW - HOUR, "Europe/Stockholm")
    planned = (
        Draw(NOW - HOUR, NOW + HOUR, kwh(4)),  # half of it is over
        Draw(NOW + 6 * HOUR, NOW + 7 * HOUR, kwh(5)),
        Draw(NOW + 7 * HOUR, NOW + 8 * HOUR, kwh(50)),
    )
    need = replace(NEED, energy=kwh(22))
    found = by_kind(choices(need, ONE, replace(SHARED, planned=planned), tab, holds=Kind.BY))
    by = found[Kind.BY]  # 11 kWh are supposed to have been charged in the hour before
    assert by.planned and not found[Kind.NOW].planned
    assert by.ready_at == NOW + 8 * HOUR
    assert by.cost == (11 + 2) * 5 + 9 * Decimal("2.5")
    assert (by.energy, by.missing) == (kwh(22), kwh(0))


def test_the_greenest_is_offered_where_somebody_knows_the_carbon_and_says_how_much_it_saves() -> None:
    grams = tuple(Grams(NOW + hour * HOUR, NOW + (hour + 1) * HOUR, Decimal(100 - 5 * hour)) for hour in range(14))
    found = by_kind(choices(NEED, ONE, replace(SHARED, grams=grams)))
    assert found[Kind.GREENEST].draws == (Draw(MORNING - 2 * HOUR, MORNING, kwh(22)),)
    assert found[Kind.NOW].carbon == 11 * 100 + 11 * 95
    assert found[Kind.GREENEST].carbon == 11 * 45 + 11 * 40


def test_too_much_for_the_time_is_as_much_as_there_is_time_for() -> None:
    found = by_kind(choices(replace(NEED, departs_at=NOW + HOUR), ONE, AROUND))[Kind.BY]
    assert (found.energy, found.missing) == (kwh(11), kwh(11))


def test_a_station_is_told_nothing_between_the_hours_and_all_that_it_has_in_them_and_after() -> None:
    draws = (Draw(NOW + HOUR, NOW + 2 * HOUR, kwh(11)), Draw(NOW + 5 * HOUR, NOW + 6 * HOUR, kwh(11)))
    told = sound(following(draws, NOW, Decimal(22_000)))
    said = [(limit.after // HOUR, int(limit.rate)) for limit in told.limits]
    assert said == [(0, 0), (1, 22_000), (2, 0), (5, 22_000)]
    assert told.duration is None
    at_once = following((Draw(NOW, NOW + HOUR, kwh(11)),), NOW, Decimal(22_000))
    assert [limit.rate for limit in at_once.limits] == [22_000]


def test_who_leaves_at_a_time_is_told_what_of_the_price_is_for_standing_there() -> None:
    """Full at ten in the evening of what is cheap from eight on; from midnight on standing costs, until seven."""
    night = Element(
        components=(component(TariffDimension.PARKING_TIME, "3.00"),),
        restriction=Restriction(start_time=time(0), end_time=time(8)),
    )
    dear = {profile: replace(one, elements=(*one.elements, night)) for profile, one in ONE.items()}
    found, free = by_kind(choices(NEED, dear, AROUND)), by_kind(choices(NEED, ONE, AROUND))
    assert found[Kind.BY].parking_fee_at == NOW + 6 * HOUR == found[Kind.NOW].parking_fee_at
    assert found[Kind.BY].cost > free[Kind.BY].cost and found[Kind.NOW].cost == free[Kind.NOW].cost
    early = by_kind(choices(replace(NEED, departs_at=NOW + 5 * HOUR), dear, AROUND))
    assert early[Kind.BY].parking_fee_at is None and early[Kind.NOW].parking_fee_at is not None
