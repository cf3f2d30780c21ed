"""A second opinion on prices, so naive that it can be checked by reading: tick by tick, in exact fractions.

Written from the texts of OCPI and docs/reference/pricing-readings.md, and from nothing that Laddnav computes with: no
borders, no folds, no caches. It only asks, of one small piece of time after the other, which component prices it; what
that comes to is for `reckoning`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from laddnav.metering.model import Activity, ChargingPeriod, Stretch
from laddnav.pricing.model import Charge
from laddnav.pricing.policy import (
    OURS,
    Crossing,
    DurationFrom,
    Edited,
    EqualWindow,
    Expired,
    Extent,
    Flats,
    LocalTime,
    Missing,
    Pause,
    Policy,
    Untold,
    UnwrittenTime,
    Volume,
    WindowDay,
)
from laddnav.tariffs.model import Restriction, Tariff
from tests.laws.reckoning import NOTHING, Bill, By, Used, reckoned

HOUR = 3600
DAY = 86400


class Range(NamedTuple):
    """Trough and peak of power in W or of current in A; None where nobody said."""

    low: Fraction | None = None
    high: Fraction | None = None


UNKNOWN = Range()


class Moment(NamedTuple):
    """All that a restriction may ask about."""

    local: datetime
    elapsed: Fraction  # seconds since the CDR's start, a reservation included
    used: Fraction  # Wh
    power: Range = UNKNOWN
    current: Range = UNKNOWN
    parked: Fraction = NOTHING  # seconds since the parking began


class Since(NamedTuple):
    """Where the clocks of a session began to count, and the one on the wall."""

    clock: tzinfo
    started_at: datetime
    parked_at: datetime | None

    def moment(self, at: datetime, used: Fraction, power: Range, current: Range) -> Moment:
        return Moment(
            at.astimezone(self.clock),
            _seconds(at - self.started_at),
            used,
            power,
            current,
            NOTHING if self.parked_at is None else _seconds(at - self.parked_at),
        )


class Book:
    """What was counted so far, period after period, and the fees."""

    def __init__(self, policy: Policy, expired: bool) -> None:
        self.policy, self.expired = policy, expired
        self.counted: list[Used] = []
        self.held: list[Tariff] = []
        self._fees: list[Used] = []
        self._period = 0
        self._before: object = None

    def piece(self, period: object, tariff: Tariff | None, moment: Moment, volumes: dict[str, Fraction]) -> None:
        """A piece in which nothing changes. It is of the same period as that before it if it is all the same."""
        by = {dimension: None if tariff is None else self._by(tariff, dimension, moment) for dimension in volumes}
        if (period, tariff, by) != self._before:
            self._before, self._period = (period, tariff, by), self._period + 1
        for dimension, volume in volumes.items():
            if volume:
                self.counted.append(Used(dimension, volume, by[dimension], self._period))

    def fee(self, dimension: str, tariff: Tariff, moment: Moment) -> None:
        """Due at this moment, unless another one or this one was before, if it then is due once."""
        by = self._by(tariff, dimension, moment)
        fee = Used(dimension, Fraction(1), by)
        once = self.policy.flats is Flats.ONE and self._fees
        again = self.policy.flats is Flats.PER_ELEMENT and fee in self._fees
        if by is not None and not once and not again:
            self._fees.append(fee)
            self._before = None  # another price begins

    def bill(self) -> Bill:
        return reckoned([*self._fees, *self.counted], self.held, self.policy)

    def _by(self, tariff: Tariff, dimension: str, moment: Moment) -> By | None:
        """An expired reservation has its own element, if there is one, else that of one that was used."""
        if not dimension.startswith("RESERVATION"):
            return found(tariff, dimension, moment, self.policy)
        kind = "FLAT" if dimension == "RESERVATION_FLAT" else "TIME"
        own = found(tariff, kind, moment, self.policy, "RESERVATION_EXPIRES") if self.expired else None
        return own or found(tariff, kind, moment, self.policy, "RESERVATION")


# ---- A session that we metered


def metered(stretches: Sequence[tuple[Tariff, Stretch]], zone: tzinfo, tick: timedelta, policy: Policy = OURS) -> Bill:
    """A whole session: each stretch, in order, with the Tariff that held; all of them are of whole ticks."""
    clock = UTC if policy.local_time is LocalTime.UTC else zone
    started_at, used, parked_at = stretches[0][1].started_at, NOTHING, None
    book = Book(policy, expired=all(stretch.activity is Activity.RESERVED for _, stretch in stretches))
    phases = set[str]()
    for tariff, stretch in stretches:
        book.held.append(tariff)
        kind = _kind(stretch.activity, policy)
        parked_at = (parked_at or stretch.started_at) if kind == "PARKING_TIME" else None
        energy, length = Fraction(stretch.energy.wh), _seconds(stretch.length)

        since_start = Since(clock, started_at, parked_at)
        fee = "RESERVATION_FLAT" if kind == "RESERVATION_TIME" else "FLAT"
        if fee not in phases:
            book.fee(fee, tariff, since_start.moment(stretch.started_at, used, *_flow(stretch)))
        phases.add(fee)
        for since, until in _pieces(length, _seconds(tick), energy, [border - used for border in _energies(tariff)]):
            middle, seconds = (since + until) / 2, until - since
            at, by_then = stretch.started_at + _length(middle), used + energy * middle / length
            moment = since_start.moment(at, by_then, *_flow(stretch))
            if fee == "FLAT" and policy.flats is Flats.PER_ELEMENT:
                book.fee(fee, tariff, moment)
            volumes = {kind: seconds, "ENERGY": seconds * energy / length}
            book.piece(stretch.activity, tariff, moment, volumes if energy or fee == "FLAT" else {kind: seconds})
        used += energy
    return book.bill()


def _kind(activity: Activity, policy: Policy) -> str:
    if activity is Activity.RESERVED:
        return "RESERVATION_TIME"
    paused = activity is Activity.SUSPENDED_EVSE and policy.pause is Pause.PARKING
    return "PARKING_TIME" if paused or activity is Activity.SUSPENDED_EV else "TIME"


def _pieces(
    length: Fraction, tick: Fraction, energy: Fraction, borders: Sequence[Fraction]
) -> Iterator[tuple[Fraction, Fraction]]:
    """From when until when: each tick, and of a tick in which a border of energy is crossed each side of that."""
    assert length % tick == 0, "it is of whole ticks"
    instants = {tick * number for number in range(int(length / tick) + 1)}
    instants |= {border / energy * length for border in borders if energy and 0 < border / energy < 1}
    return pairwise(sorted(instants))


def _flow(stretch: Stretch) -> tuple[Range, Range]:
    """Power and current, of which a stretch knows only the mean."""
    watts = Fraction(stretch.energy.wh) * HOUR / _seconds(stretch.length)
    amperes = None if stretch.current is None else Fraction(stretch.current)
    return Range(watts, watts), Range(amperes, amperes)


def _energies(tariff: Tariff) -> set[Fraction]:
    limits = [limit for one in tariff.elements for limit in (one.restriction.energy_min, one.restriction.energy_max)]
    return {Fraction(limit.wh) for limit in limits if limit is not None}


# ---- A CDR that somebody wrote


def written(
    charge: Charge,
    zone: tzinfo,
    policy: Policy = OURS,
    *,
    asked: Sequence[Tariff] = (),
    told: bool | None = None,
    tick: timedelta = timedelta(minutes=1),
) -> Bill:
    """Each period as it is written, at the prices of its first moment (OCPI 2.2.1 mod_cdrs_chargingperiod_class).

    `asked` replace the tariffs of the CDR; `told` whether its reservation expired. Pro rata, as if the volumes of a
    period had passed evenly, in whole ticks.
    """
    clock = UTC if policy.local_time is LocalTime.UTC else zone
    tariffs = _versions(asked or charge.tariffs, charge.started_at, policy)
    periods = sorted(charge.periods, key=lambda period: period.started_at)
    lengths = [
        _seconds(max(until - period.started_at, timedelta()))
        for period, until in zip(periods, [*(one.started_at for one in periods[1:]), charge.ended_at], strict=True)
    ]
    said = [_volumes(period, length, policy) for period, length in zip(periods, lengths, strict=True)]
    if told is None:
        told = policy.expired is Expired.ONLY_RESERVED and bool(said) and all(map(_only_reserves, said))
    book = Book(policy, told)
    used, parked_at = NOTHING, None
    phases = set[str]()
    for place, (period, volumes, length) in enumerate(zip(periods, said, lengths, strict=True)):
        energy = volumes.get("ENERGY", NOTHING)
        parked_at = (parked_at or period.started_at) if volumes.get("PARKING_TIME") else None
        since_start = Since(clock, charge.started_at, parked_at)
        flow = (_range(period, "POWER", 1000), _range(period, "CURRENT", 1))
        start = since_start.moment(period.started_at, used, *flow)
        tariff = _tariff(tariffs, charge, period.tariff_id, policy, asked)
        # A fee is due where it applies as its phase begins, even if the Tariff of that period is none.
        begin = ["RESERVATION_FLAT"] if volumes.get("RESERVATION_TIME") and "RESERVATION_FLAT" not in phases else []
        again = policy.flats is Flats.PER_ELEMENT or "FLAT" not in phases
        begin += ["FLAT"] if again and not told and not _only_reserves(volumes) else []
        phases |= {*begin}
        if tariff is not None:
            book.held.append(tariff)
            for fee in begin:
                book.fee(fee, tariff, start)
            if not any(dimension.endswith("TIME") for dimension in volumes):
                unwritten = policy.unwritten_time is UnwrittenTime.TIMESTAMPS
                if unwritten and found(tariff, "TIME", start, policy) is not None:
                    volumes = {**volumes, "TIME": length}
        if tariff is not None and length and policy.crossing is Crossing.PRO_RATA:
            borders = [border - used for border in _energies(tariff)]
            for since, until in _pieces(length, _seconds(tick), energy, borders):
                middle, share = (since + until) / 2, (until - since) / length
                at, by_then = period.started_at + _length(middle), used + energy * middle / length
                shares = {kind: volume * share for kind, volume in volumes.items() if volume}
                book.piece(place, tariff, since_start.moment(at, by_then, *flow), shares)
        else:
            book.piece(place, tariff, start, volumes)
        used += energy
    return book.bill()


def _volumes(period: ChargingPeriod, length: Fraction, policy: Policy) -> dict[str, Fraction]:
    """Of what is priced, in Wh and seconds; what is written twice counts twice."""
    volumes: dict[str, Fraction] = {}
    for kind, unit in (("RESERVATION_TIME", HOUR), ("ENERGY", 1000), ("TIME", HOUR), ("PARKING_TIME", HOUR)):
        for one in period.dimensions:
            if one.type == kind:
                volumes[kind] = volumes.get(kind, NOTHING) + Fraction(one.volume) * unit
    if policy.volume is Volume.TIMESTAMPS:
        times = {kind: volume for kind, volume in volumes.items() if kind != "ENERGY"}
        whole = sum(times.values())
        for kind, seconds in times.items():
            volumes[kind] = length if len(times) == 1 else length * seconds / whole if whole else NOTHING
    return volumes


def _only_reserves(volumes: dict[str, Fraction]) -> bool:
    return {kind for kind, volume in volumes.items() if volume} == {"RESERVATION_TIME"}


def _range(period: ChargingPeriod, of: str, unit: int) -> Range:
    """Trough and peak; where only the mean is said, it stands for both."""

    def said(word: str) -> list[Fraction]:
        return [Fraction(one.volume) * unit for one in period.dimensions if one.type == word]

    low, high, mean = said(f"MIN_{of}"), said(f"MAX_{of}"), said(of)
    if not low and not high:
        low = high = mean[-1:]
    return Range(min(low, default=None), max(high, default=None))


def _versions(tariffs: Sequence[Tariff], at: datetime, policy: Policy) -> list[Tariff]:
    """One of each id: that which held when the session began."""
    found: list[Tariff] = []
    for id in dict.fromkeys(tariff.id.casefold() for tariff in tariffs):
        oldest_first = sorted((one for one in tariffs if one.id.casefold() == id), key=lambda one: one.last_updated)
        known = [one for one in oldest_first if one.last_updated <= at or policy.edited is Edited.NEWEST]
        found.append(known[-1] if known else oldest_first[0])
    return found


def _tariff(
    tariffs: Sequence[Tariff], charge: Charge, id: str | None, policy: Policy, asked: Sequence[Tariff]
) -> Tariff | None:
    """Without an id no Tariff is relevant, but where no period has one, there is no doubt which is meant.

    One Tariff that was asked for is meant where an unknown one is named.
    """
    named = {period.tariff_id.casefold() for period in charge.periods if period.tariff_id is not None}
    if id is None:
        if named and policy.untold is Untold.FIRST:
            return tariffs[0] if tariffs else None
        return tariffs[0] if not named and len(tariffs) == 1 else None
    known = [tariff for tariff in tariffs if tariff.id.casefold() == id.casefold()]
    if not known and asked and len(tariffs) == 1 and tariffs[0].id.casefold() not in named:
        return tariffs[0]
    return known[0] if known else None


# ---- Which component, and when (OCPI 2.2.1 mod_tariffs_tariff_object, mod_tariffs_tariffrestrictions_class)


def found(tariff: Tariff, dimension: str, moment: Moment, policy: Policy, reservation: str | None = None) -> By | None:
    """The first element that has the dimension and whose restrictions match; where there is none it is free."""
    for place, element in enumerate(tariff.elements):
        restriction = element.restriction
        leaks = policy.reservation_leaks and reservation is None
        if restriction.booking is not None or not (restriction.reservation == reservation or leaks):
            continue
        if not matches(restriction, moment, policy, parking=dimension == "PARKING_TIME"):
            continue
        for position, component in enumerate(element.components):
            if component.type == dimension:
                return By(tariff, place, position)
    return None


def matches(r: Restriction, moment: Moment, policy: Policy, *, parking: bool) -> bool:
    """Every restriction, taken one by one as the text has them; minimum inclusive, maximum exclusive."""
    local = moment.local
    lasted = moment.parked if parking and policy.duration_from is DurationFrom.PARKING else moment.elapsed
    return (
        _in_window(r, local, policy)
        and (r.start_date is None or local.date() >= r.start_date)
        and (r.end_date is None or local.date() < r.end_date)
        and (not r.weekdays or _day(r, local, policy) in r.weekdays)
        and (r.energy_min is None or moment.used >= Fraction(r.energy_min.wh))
        and (r.energy_max is None or moment.used < Fraction(r.energy_max.wh))
        and (r.duration_min is None or lasted >= _seconds(r.duration_min))
        and (r.duration_max is None or lasted < _seconds(r.duration_max))
        and _at_least(r.current_min, moment.current, policy)
        and _below(r.current_max, moment.current, policy)
        and _at_least(None if r.power_min is None else r.power_min.watts, moment.power, policy)
        and _below(None if r.power_max is None else r.power_max.watts, moment.power, policy)
    )


def _in_window(r: Restriction, local: datetime, policy: Policy) -> bool:
    """On a clock face: from its start so many seconds on, over midnight if need be; of no length is the whole day."""
    opens = 0 if r.start_time is None else r.start_time.hour * HOUR + r.start_time.minute * 60 + r.start_time.second
    closes = 0 if r.end_time is None else r.end_time.hour * HOUR + r.end_time.minute * 60 + r.end_time.second
    if opens == closes != 0 and policy.equal_window is EqualWindow.NEVER:
        return False
    since_midnight = local.hour * HOUR + local.minute * 60 + local.second
    return (since_midnight - opens) % DAY < ((closes - opens) % DAY or DAY)


def _day(r: Restriction, local: datetime, policy: Policy) -> str:
    """The day itself; for others the small hours of a window over midnight are of the day before."""
    if r.start_time is None or r.end_time is None or r.start_time <= r.end_time:
        return local.strftime("%A").upper()
    if policy.window_day is WindowDay.START and local.time() < r.end_time:
        local -= timedelta(days=1)
    return local.strftime("%A").upper()


def _at_least(least: Decimal | None, said: Range, policy: Policy) -> bool:
    """The peak reaches it; for others all of the time has to, and so the trough."""
    if least is None:
        return True
    if policy.extent is Extent.PEAK_AND_TROUGH:
        if said.high is not None:
            return said.high >= least
        if said.low is not None and said.low >= least:
            return True  # and so does the peak
    else:
        if said.low is not None:
            return said.low >= least
        if said.high is not None and said.high < least:
            return False  # and so does the trough
    return policy.missing is Missing.MATCHES


def _below(most: Decimal | None, said: Range, policy: Policy) -> bool:
    """The trough is below it; for others all of the time has to be, and so the peak."""
    if most is None:
        return True
    if policy.extent is Extent.PEAK_AND_TROUGH:
        if said.low is not None:
            return said.low < most
        if said.high is not None and said.high < most:
            return True
    else:
        if said.high is not None:
            return said.high < most
        if said.low is not None and said.low >= most:
            return False
    return policy.missing is Missing.MATCHES


def _seconds(length: timedelta) -> Fraction:
    return Fraction(length // timedelta(microseconds=1), 1_000_000)


def _length(seconds: Fraction) -> timedelta:
    return timedelta(microseconds=int(seconds * 1_000_000))
