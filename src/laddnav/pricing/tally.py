"""What the Stints of a Tab count, piece by piece, and which fees are due."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from msgspec.structs import replace

from laddnav.metering.model import Activity, ChargingPeriod, Dimension
from laddnav.pricing.counts import ENERGY, FLAT, PARKING_TIME, RESERVATION_FLAT, RESERVATION_TIME, Counted, Counts, Fee
from laddnav.pricing.flags import Flag, Flagged
from laddnav.pricing.holding import in_force
from laddnav.pricing.model import UNSAID, Choice, Stint, Tab
from laddnav.pricing.offers import Offers, Rate, offers
from laddnav.pricing.policy import Flats, Policy
from laddnav.pricing.rounding import hours_of, plain, seconds_of
from laddnav.pricing.stints import alike, dimension_of, joined

_RESERVED = Activity.RESERVED  # looked up once: see the same in `charge`


def counts_of(tab: Tab, over: bool, policy: Policy) -> Counts:
    """`over`: nothing follows, so a reservation that nobody used has expired."""
    asked = [offers(tariff, policy) for tariff in tab.tariffs]
    tab, expired = _decided(tab, over, asked)
    counts = _volumes(tab, expired, asked, policy)
    counts.periods = tuple(_period(stint, tab.tariffs[stint.tariff].id, policy) for stint in tab.stints)
    counts.flags += _flags(tab, asked, policy)
    return counts


def volumes_of(tab: Tab, over: bool, policy: Policy) -> Counts:
    """As `counts_of`, without periods and flags, which change no price."""
    asked = [offers(tariff, policy) for tariff in tab.tariffs]
    tab, expired = _decided(tab, over, asked)
    return _volumes(tab, expired, asked, policy)


def _volumes(tab: Tab, expired: bool, asked: list[Offers], policy: Policy) -> Counts:
    def rate(choice: Choice | None) -> Rate | None:
        return None if choice is None else asked[choice.tariff].rate(choice)

    counts = Counts(
        started_at=tab.opened_at,
        ended_at=tab.ended_at,
        fees=list(_fees(tab, expired, rate, policy)),
        tariffs=tab.tariffs,
        used=tab.used,
    )
    for place, stint in enumerate(tab.stints):
        dimension = dimension_of(stint.activity, policy)
        since, until, drawn = stint.started_at, stint.ended_at, stint.interpolated
        if stint.energy:
            energy = Counted(ENERGY, rate(stint.energy_by), since, until, stint.energy.kwh, place, drawn)
            counts.energy.append(energy)
        if not stint.length:
            continue
        time = Counted(dimension, rate(stint.time_by), since, until, seconds_of(stint.length), place, drawn)
        if dimension == RESERVATION_TIME:
            counts.reservation.append(time)
            counts.reserved += stint.length
        else:
            counts.times.append(time)
            counts.parked += stint.length if dimension == PARKING_TIME else timedelta()
    return counts


def _decided(tab: Tab, over: bool, asked: list[Offers]) -> tuple[Tab, bool]:
    """Of a reservation's two prices, used or expired (True), the one that holds; where only the other changed, one
    Stint.
    """
    expired = over and (tab.reserved or (bool(tab.stints) and all(one.activity is _RESERVED for one in tab.stints)))
    if not tab.stints or tab.stints[0].activity is not _RESERVED:
        return tab, expired
    stints: list[Stint] = []
    for stint in tab.stints:
        if stint.activity is _RESERVED:
            stint = replace(stint, time_by=stint.expiry_by if expired else stint.time_by, expiry_by=None)
        if stints and alike(stints[-1], stint, asked[stint.tariff]):
            stints[-1] = joined(stints[-1], stint)
        else:
            stints.append(stint)
    return replace(tab, stints=tuple(stints)), expired


def _fees(tab: Tab, expired: bool, rate: Callable[[Choice | None], Rate | None], policy: Policy) -> Iterator[Fee]:
    """One for the reservation, used or expired, and one for the charge; others take one in all."""
    reservation = rate(tab.expiry_flat if expired else tab.reserved_flat)
    if reservation is not None:
        yield Fee(RESERVATION_FLAT, reservation, tab.opened_at)
        if policy.flats is Flats.ONE:
            return
    if expired:
        return
    charge = rate(tab.flat)
    if charge is not None:
        begun = next((at for at in enumerate(tab.stints) if at[1].activity is not _RESERVED), None)
        place, at = (0, tab.opened_at) if begun is None else (begun[0], begun[1].started_at)
        yield Fee(FLAT, charge, tab.opened_at if not place else at, place)
    for place, stint in enumerate(tab.stints):
        fee = rate(stint.flat_by)
        if fee is not None:
            yield Fee(FLAT, fee, stint.started_at, place)


def _flags(tab: Tab, asked: list[Offers], policy: Policy) -> Iterator[Flagged]:
    for tariff in tab.tariffs:
        if not in_force(tariff, tab.opened_at):
            yield Flagged(flag=Flag.TARIFF_NOT_IN_FORCE, tariff_id=tariff.id)
    if any(stint.interpolated for stint in tab.stints):
        yield Flagged(flag=Flag.INTERPOLATED)
    for place, stint in enumerate(tab.stints):
        of = asked[stint.tariff]
        dimensions = {ENERGY if stint.energy else "", dimension_of(stint.activity, policy)}
        if (stint.power == UNSAID and not of.asks_power.isdisjoint(dimensions)) or (
            stint.current == UNSAID and not of.asks_current.isdisjoint(dimensions)
        ):
            yield Flagged(flag=Flag.POWER_UNKNOWN, period=place, tariff_id=tab.tariffs[stint.tariff].id)


def _period(stint: Stint, tariff_id: str, policy: Policy) -> ChargingPeriod:
    """Volumes as measured: what the step size adds is in the lines only. Power and current where a price asks."""
    dimensions = []
    if stint.energy:
        dimensions.append(Dimension(ENERGY, plain(stint.energy.kwh)))
    if stint.length or not stint.energy:
        hours = hours_of(seconds_of(stint.length))
        dimensions.append(Dimension(dimension_of(stint.activity, policy), hours))
    for (low, high), span in (
        (("MIN_POWER", "MAX_POWER"), stint.power),
        (("MIN_CURRENT", "MAX_CURRENT"), stint.current),
    ):
        if span.low is not None and span.high is not None:
            dimensions += [Dimension(low, span.low), Dimension(high, span.high)]
    return ChargingPeriod(started_at=stint.started_at, dimensions=tuple(dimensions), tariff_id=tariff_id)
