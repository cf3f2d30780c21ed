"""What a charge may cost whose periods lie across a border of the price: from as little to as much as is possible.

Such a period does not tell how much of its energy flowed before the border. Where it passed evenly, all before or all
after is unknown, so a total between these may be right.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.energy import NO_ENERGY, kwh
from laddnav.kit.money import minor_unit
from laddnav.kit.time import hours
from laddnav.metering.model import ChargingPeriod, Dimension
from laddnav.pricing.borders import cuts
from laddnav.pricing.charge import price
from laddnav.pricing.flags import Flag
from laddnav.pricing.model import Amount, Charge, Priced
from laddnav.pricing.offers import offers
from laddnav.pricing.policy import Crossing, Policy
from laddnav.pricing.zones import zone_guessed, zone_named
from laddnav.tariffs.model import Tariff

TIMES = ("TIME", "PARKING_TIME", "RESERVATION_TIME")
# Every way to lay the energy is priced as a whole charge; beyond so many periods in all, only the even way is.
MOST_PRICED = 20_000


class Spread(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The lowest and the highest possible total, before and with taxes; None where a side is unknown."""

    currency: str
    lowest: Decimal | None = None
    highest: Decimal | None = None
    lowest_incl: Decimal | None = None
    highest_incl: Decimal | None = None

    def holds(self, stated: Amount | None) -> bool:
        """Whether every side that is stated lies in it, to the coin."""
        if stated is None:
            return False
        coin = minor_unit(self.currency)
        sides = (
            (stated.excl, self.lowest, self.highest),
            (stated.incl, self.lowest_incl, self.highest_incl),
        )
        known = [(one, low, high) for one, low, high in sides if None not in (one, low, high)]
        return bool(known) and all(low - coin <= one <= high + coin for one, low, high in known)  # type: ignore[operator]  # None is sorted out above


def spread(
    charge: Charge, ours: Priced, *, tariffs: tuple[Tariff, ...], zone: str | None, policy: Policy
) -> Spread | None:
    """None where no period of `ours` crosses a border. Raises CannotPrice."""
    crossing = sorted({one.period for one in ours.flags if one.flag is Flag.PERIOD_CROSSES_BORDER} - {None})  # type: ignore[type-var]  # as above
    if not crossing:
        return None

    def total(periods: Sequence[ChargingPeriod], policy: Policy = policy) -> Amount:
        return price(replace(charge, periods=tuple(periods)), tariffs=tariffs, zone=zone, policy=policy).total

    whole = sorted(charge.periods, key=lambda period: period.started_at)
    evenly = total(whole, replace(policy, crossing=Crossing.PRO_RATA))
    found = [ours.total, evenly]
    clock = _clock(charge, zone, policy)
    ways = {
        place: _ways(charge, whole, place, tariffs or charge.tariffs, clock, policy)
        for place in crossing
        if place is not None
    }
    if len(whole) * sum(map(len, ways.values())) <= MOST_PRICED:
        lowest, highest = dict[int, list[ChargingPeriod]](), dict[int, list[ChargingPeriod]]()
        for place, laid in ways.items():
            in_order = sorted(laid, key=lambda way: _known(total(_with(whole, {place: way}))))
            lowest[place], highest[place] = in_order[0], in_order[-1]
        found += (total(_with(whole, lowest)), total(_with(whole, highest)))
    return _between(charge.currency, found)


def _ways(
    charge: Charge,
    periods: Sequence[ChargingPeriod],
    place: int,
    tariffs: Iterable[Tariff],
    clock: tzinfo,
    policy: Policy,
) -> list[list[ChargingPeriod]]:
    """The period cut at the borders, its time by the clock, and its energy all in the first piece, all in the next…"""
    period = periods[place]
    start = period.started_at
    end = periods[place + 1].started_at if place + 1 < len(periods) else charge.ended_at
    energy = kwh(period.volume("ENERGY"))
    used = sum((kwh(one.volume("ENERGY")) for one in periods[:place]), NO_ENERGY)
    borders = {
        cut.at
        for tariff in tariffs
        for cut in cuts(start, end, energy, offers(tariff, policy), zone=clock, opened_at=charge.started_at, used=used)
    }
    instants = [start, *sorted(borders - {start, end}), end]
    pieces = list(pairwise(instants))
    return [
        [_piece(period, since, until, end, energetic=at == chosen) for at, (since, until) in enumerate(pieces)]
        for chosen in range(len(pieces))
    ]


def _piece(period: ChargingPeriod, since: datetime, until: datetime, end: datetime, energetic: bool) -> ChargingPeriod:
    share = hours(until - since) / hours(end - period.started_at)
    said = [
        replace(one, volume=one.volume * share) if one.type in TIMES else one
        for one in period.dimensions
        if energetic or one.type != "ENERGY"
    ]
    return replace(period, started_at=since, dimensions=tuple(said) or (Dimension("TIME", Decimal(0)),))


def _with(periods: Sequence[ChargingPeriod], laid: dict[int, list[ChargingPeriod]]) -> list[ChargingPeriod]:
    return [piece for place, period in enumerate(periods) for piece in laid.get(place, [period])]


def _clock(charge: Charge, zone: str | None, policy: Policy) -> tzinfo:
    name = zone if zone is not None else charge.zone
    return zone_named(name, policy) if name is not None else zone_guessed(charge.country, policy, asked=True)[0]


def _known(total: Amount) -> Decimal:
    return next((side for side in (total.excl, total.incl) if side is not None), Decimal(0))


def _between(currency: str, totals: Iterable[Amount]) -> Spread:
    excl = [total.excl for total in totals if total.excl is not None]
    incl = [total.incl for total in totals if total.incl is not None]
    return Spread(
        currency=currency,
        lowest=min(excl, default=None),
        highest=max(excl, default=None),
        lowest_incl=min(incl, default=None),
        highest_incl=max(incl, default=None),
    )
