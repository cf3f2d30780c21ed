"""Stretches of a session, split at the tariff's borders, times the tariff: the price.

One fold for everybody: a Tab is opened when the session starts, advanced by each stretch and read at any moment; what
the driver sees while charging and what the Cdr says at the end are the same reading of the same Tab.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec.structs import replace

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.power import mean_power
from laddnav.kit.time import rfc3339
from laddnav.metering.model import Activity, ChargingPeriod, Dimension, Stretch
from laddnav.pricing.borders import Cut, cuts
from laddnav.pricing.limits import limit_lines
from laddnav.pricing.lines import lines, total_of
from laddnav.pricing.model import Amount, CannotPrice, Choice, Line, Priced, Stint, Tab
from laddnav.pricing.offers import Offers, offers
from laddnav.pricing.restrictions import Moment
from laddnav.pricing.rounding import in_hours, plain
from laddnav.tariffs.model import Tariff, TariffDimension

# The vehicle that asks for no power parks; paused by the charging point it still asks, and that is charging time
# (OCPI 2.2.1 mod_cdrs_cdrdimensiontype_enum, the note on PARKING_TIME).
TIME_OF = {
    Activity.CHARGING: TariffDimension.TIME,
    Activity.SUSPENDED_EVSE: TariffDimension.TIME,
    Activity.SUSPENDED_EV: TariffDimension.PARKING_TIME,
    Activity.RESERVED: TariffDimension.TIME,
}


def opened(tariff: Tariff, at: datetime, zone: str) -> Tab:
    """The Tab of a session that starts now. Raises CannotPrice for a zone that does not exist.

    A flat fee is due here and nowhere else: once, and only if it applies at this moment.
    """
    start = Moment(at.astimezone(_zone(zone)), timedelta(), NO_ENERGY)
    return Tab(tariffs=(tariff,), zone=zone, opened_at=at, flat=offers(tariff).choice(TariffDimension.FLAT, start))


def advanced(tab: Tab, stretch: Stretch) -> Tab:
    """The Tab after one more stretch; stretches come in order of time. Raises CannotPrice."""
    stints = list(tab.stints)
    _append(stints, stretch, tab, offers(tab.tariff), _zone(tab.zone), tab.used)
    return replace(tab, used=tab.used + stretch.energy, stints=tuple(stints))


def priced(tab: Tab) -> Priced:
    """The price of a Tab as it stands. Reading it changes nothing, so it can be read at any moment."""
    drawn = lines(tab)
    limits = limit_lines(tab, drawn)
    return Priced(
        currency=tab.tariff.currency,
        total=total_of((*drawn, *limits)),
        fixed=_total_of(drawn, TariffDimension.FLAT),
        energy=_total_of(drawn, TariffDimension.ENERGY),
        time=_total_of(drawn, TariffDimension.TIME),
        parking=_total_of(drawn, TariffDimension.PARKING_TIME),
        used=tab.used,
        lasted=tab.ended_at - tab.opened_at,
        parked=sum((s.length for s in tab.stints if s.activity is Activity.SUSPENDED_EV), timedelta()),
        lines=(*drawn, *limits),
        periods=tuple(_period(stint, tab.tariff.id) for stint in tab.stints),
    )


def metered(tariff: Tariff, stretches: Iterable[Stretch], zone: str, *, started_at: datetime | None = None) -> Priced:
    """A whole session at once; it starts with its first stretch unless told otherwise. Raises CannotPrice."""
    in_order = tuple(stretches)
    if not in_order and started_at is None:
        raise CannotPrice("A session without a stretch and without a start cannot be priced")
    tab = opened(tariff, started_at or in_order[0].started_at, zone)
    stints, used = list[Stint](), NO_ENERGY
    asked, clock = offers(tariff), _zone(zone)
    for stretch in in_order:
        _append(stints, stretch, tab, asked, clock, used)
        used += stretch.energy
    return priced(replace(tab, used=used, stints=tuple(stints)))


def _append(stints: list[Stint], stretch: Stretch, tab: Tab, asked: Offers, zone: ZoneInfo, used: Energy) -> None:
    """Put a stretch at the end, joined to the last Stint where both are priced alike."""
    if stretch.energy.wh < 0:
        raise CannotPrice(f"Energy that flows back, as from {rfc3339(stretch.started_at)}, cannot be priced yet")
    if stretch.started_at < (stints[-1].ended_at if stints else tab.opened_at):
        raise CannotPrice(f"The stretch from {rfc3339(stretch.started_at)} begins before what is priced already ends")
    for stint in _stints(stretch, asked, zone, tab.opened_at, used):
        if stints and _alike(stints[-1], stint):
            last = stints[-1]
            stints[-1] = replace(
                last,
                ended_at=stint.ended_at,
                energy=last.energy + stint.energy,
                interpolated=last.interpolated or stint.interpolated,
            )
        else:
            stints.append(stint)


def _stints(stretch: Stretch, asked: Offers, zone: ZoneInfo, opened_at: datetime, used: Energy) -> Iterator[Stint]:
    """The stretch, split where another component begins to apply; each part as from its first moment."""
    power = mean_power(stretch.energy, stretch.length) if stretch.length else None
    timed = TIME_OF[stretch.activity]

    def applying(cut: Cut) -> tuple[Choice | None, Choice | None]:
        local = cut.at.astimezone(zone)
        moment = Moment(local, cut.at - opened_at, used + cut.passed, power, stretch.current)
        return asked.choice(TariffDimension.ENERGY, moment), asked.choice(timed, moment)

    start, end = Cut(stretch.started_at, NO_ENERGY), Cut(stretch.ended_at, stretch.energy)
    changes = [(start, applying(start))]
    for cut in cuts(stretch, asked, zone=zone, opened_at=opened_at, used=used):
        choices = applying(cut)
        if choices != changes[-1][1]:
            changes.append((cut, choices))
    until = [*(cut for cut, _ in changes[1:]), end]
    for (since, (energy_by, time_by)), upto in zip(changes, until, strict=True):
        yield Stint(
            started_at=since.at,
            ended_at=upto.at,
            activity=stretch.activity,
            energy=upto.passed - since.passed,
            energy_by=energy_by,
            time_by=time_by,
            interpolated=bool(stretch.energy) and (stretch.interpolated or len(changes) > 1),
        )


def _alike(before: Stint, after: Stint) -> bool:
    return (
        before.ended_at == after.started_at
        and before.activity is after.activity
        and before.energy_by == after.energy_by
        and before.time_by == after.time_by
    )


def _period(stint: Stint, tariff_id: str) -> ChargingPeriod:
    """Volumes as measured: what the step size adds is in the lines only."""
    dimensions = []
    if stint.energy:
        dimensions.append(Dimension("ENERGY", plain(stint.energy.kwh)))
    if stint.length or not stint.energy:
        dimensions.append(Dimension(TIME_OF[stint.activity], in_hours(stint.length)))
    return ChargingPeriod(started_at=stint.started_at, dimensions=tuple(dimensions), tariff_id=tariff_id)


def _total_of(drawn: tuple[Line, ...], dimension: TariffDimension) -> Amount:
    return total_of(line for line in drawn if line.dimension == dimension)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as unknown:
        raise CannotPrice(f"There is no time zone {name!r}, so local times of the tariff mean nothing") from unknown
