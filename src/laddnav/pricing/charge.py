"""A CDR's periods, as somebody wrote them, times its tariffs: the price it should have, and what to know of it.

Periods are priced as they are at their start and are not split, and volumes count as written; what the timestamps or
the tariff's borders would say otherwise is a flag, or the answer under another policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.metering.model import ChargingPeriod
from laddnav.pricing.bill import billed
from laddnav.pricing.borders import Cut, cuts, days_touched, refuse_too_much
from laddnav.pricing.counts import (
    ENERGY,
    FLAT,
    PARKING_TIME,
    RESERVATION_FLAT,
    RESERVATION_TIME,
    TIME,
    Counted,
    Counts,
    Fee,
)
from laddnav.pricing.flags import Flag, Flagged
from laddnav.pricing.holding import Holding
from laddnav.pricing.model import UNSAID, CannotPrice, Charge, Priced
from laddnav.pricing.offers import Offers, Rate, first
from laddnav.pricing.policy import OURS, Crossing, Expired, Flats, Policy, UnwrittenTime, Volume
from laddnav.pricing.restrictions import Moment
from laddnav.pricing.rounding import exact, length_of, quotient, seconds_of
from laddnav.pricing.written import Written, read
from laddnav.pricing.zones import zone_guessed, zone_named
from laddnav.tariffs.model import Tariff

MOST_PERIODS = 100_000
_ZERO = Decimal(0)
_NO_LENGTH = timedelta()
# Hours are often written with two decimal places, of which half of one is 18 seconds, and clocks with whole minutes.
_TIMESTAMP_SLACK = Decimal(60)
_NO_TIME: dict[str, Decimal] = {}

Rates = dict[str, Rate | None]  # what prices each dimension; None: nothing does

# The answers of a policy that differ from the usual. Looking a member up on its enumeration costs as much as pricing a
# kilowatt hour, and is therefore done once.
_BY_CLOCK, _BY_CLOCK_IF_UNWRITTEN = Volume.TIMESTAMPS, UnwrittenTime.TIMESTAMPS
_PRO_RATA, _TOLD = Crossing.PRO_RATA, Expired.TOLD
_ONE, _PER_ELEMENT = Flats.ONE, Flats.PER_ELEMENT


@exact
def price(
    charge: Charge,
    *,
    tariffs: tuple[Tariff, ...] = (),
    zone: str | None = None,
    policy: Policy = OURS,
    expired: bool | None = None,
) -> Priced:
    """Exact, with the reason for every cent. Raises CannotPrice.

    `tariffs` replace those that the charge carries, and `zone` the time zone that it names. `expired` says that its
    reservation was never used, or that it was; left out, a charge that is nothing but reserved time has expired.
    """
    return billed(_Reading(charge, tariffs, zone, policy, expired).counts(), charge.currency, policy)


class _Reading:
    """One charge while it is read, period after period."""

    def __init__(
        self, charge: Charge, tariffs: tuple[Tariff, ...], zone: str | None, policy: Policy, expired: bool | None
    ) -> None:
        if len(charge.periods) > MOST_PERIODS:
            raise CannotPrice(f"A charge of {len(charge.periods)} periods; more than {MOST_PERIODS} are not priced")
        self.charge, self.policy = charge, policy
        self.flags: list[Flagged] = []
        self.holding = Holding(charge, tariffs, policy)
        self.written = self._written()
        self.zone = self._zone(zone)
        self.expired = self._expired(expired)
        self.kwh = _ZERO
        self.reserved = self.begun = False
        self.parked_at: datetime | None = None

    @property
    def used(self) -> Energy:
        """In the periods so far."""
        return Energy(self.kwh * 1000)

    def counts(self) -> Counts:
        charge, holding = self.charge, self.holding
        self._refuse_what_takes_for_ever()
        counts = Counts(
            started_at=charge.started_at,
            ended_at=charge.ended_at,
            tariffs=tuple(holding.tariffs),
            periods=charge.periods,
        )
        for written in self.written:
            self._add(counts, written)
            self.kwh += written.energy
        counts.flags = self.flags + holding.flags
        counts.used = self.used
        if counts.times:
            counts.parked = _length(counts.times, PARKING_TIME)
        if counts.reservation:
            counts.reserved = _length(counts.reservation, RESERVATION_TIME)
        return counts

    # ---- What is written

    def _written(self) -> list[Written]:
        charge, periods = self.charge, self._in_order()
        found = []
        for place, period in enumerate(periods):
            ended_at = periods[place + 1].started_at if place + 1 < len(periods) else charge.ended_at
            found.append(read(place, period, ended_at, self.holding.at(period, place), self.policy))
        return found

    def _in_order(self) -> Sequence[ChargingPeriod]:
        periods = self.charge.periods
        before = None
        for period in periods:
            if before is not None and period.started_at < before:
                self._flag(Flag.PERIODS_OUT_OF_ORDER)
                return sorted(periods, key=lambda one: one.started_at)
            before = period.started_at
        return periods

    def _zone(self, asked: str | None) -> tzinfo:
        charge = self.charge
        name = asked if asked is not None else charge.zone
        if name is not None:
            return zone_named(name, self.policy)
        needed = any(written.offers is not None and written.offers.asks_clock for written in self.written)
        zone, flag = zone_guessed(charge.country, self.policy, asked=needed)
        if flag is not None:
            self._flag(flag)
        return zone

    def _expired(self, told: bool | None) -> bool:
        """OCPI has no word in a CDR for a reservation that nobody used; it is one without a charge."""
        if told is not None or self.policy.expired is _TOLD:
            return bool(told)
        for written in self.written:
            if not written.reserves:
                return False
        return bool(self.written)

    def _refuse_what_takes_for_ever(self) -> None:
        for offers in self.holding.offers:
            refuse_too_much(offers, len(self.written), self._days() if offers.times_of_day else 0)

    def _days(self) -> int:
        return days_touched(self.written[0].started_at, max(self.charge.ended_at, self.written[-1].started_at))

    # ---- What it counts

    def _add(self, counts: Counts, written: Written) -> None:
        offers, times = written.offers, written.times
        if times.get(PARKING_TIME):
            self.parked_at = self.parked_at or written.started_at
        else:
            self.parked_at = None
        begins = self._begins(written)
        if offers is None:
            self._count(counts, written, {}, written.energy, times)
            return
        moment = self._moment(written, offers, written.started_at, NO_ENERGY)
        if not times:
            times = self._unwritten(written, offers, moment)
        else:
            self._look_at_timestamps(written)
        for dimension in begins:
            self._fee(counts, dimension, offers, written, moment)
        rates = self._rates(offers, moment, written.energy, times)
        if (offers.asks_power and written.power is UNSAID and not offers.asks_power.isdisjoint(rates)) or (
            offers.asks_current and written.current is UNSAID and not offers.asks_current.isdisjoint(rates)
        ):
            self._flag(Flag.POWER_UNKNOWN, written)
        borders = () if offers.borderless else self._borders(written, offers)
        if borders:
            changes = self._changes(written, offers, times, rates, borders)
            if self.policy.crossing is not _PRO_RATA:
                if next(changes, None) is not None:
                    self._flag(Flag.PERIOD_CROSSES_BORDER, written)
            elif later := [*changes]:
                self._count_parts(counts, written, times, [(Cut(written.started_at, NO_ENERGY), rates), *later])
                return
        self._count(counts, written, rates, written.energy, times)

    def _begins(self, written: Written) -> tuple[str, ...]:
        """The flat fees that may be due, of the reservation and of the charge: each once, as its first period begins.

        So it is too where no tariff holds then, and the fee of that phase is none.
        """
        begins: tuple[str, ...] = ()
        if not self.reserved and written.times.get(RESERVATION_TIME):
            self.reserved, begins = True, (RESERVATION_FLAT,)
        if self.begun and self.policy.flats is not _PER_ELEMENT:
            return begins
        if self.expired or written.reserves:
            return begins
        self.begun = True
        return (*begins, FLAT)

    def _fee(self, counts: Counts, dimension: str, offers: Offers, written: Written, moment: Moment) -> None:
        if dimension == FLAT:
            shelf = offers.flat
        else:
            shelf = offers.expiry_flat if self.expired else offers.reservation_flat
        rate = first(shelf, moment)
        fees, flats = counts.fees, self.policy.flats
        if rate is None or (fees and flats is _ONE):
            return
        if flats is _PER_ELEMENT and rate in [fee.rate for fee in fees if fee.dimension == dimension]:
            return
        fees.append(Fee(dimension, rate, written.started_at, written.place))

    def _rates(self, offers: Offers, moment: Moment, energy: Decimal, times: dict[str, Decimal]) -> Rates:
        """What prices each dimension that was counted."""
        rates: Rates = {}
        for kind, seconds in times.items():
            if not seconds:
                continue
            if kind == TIME:
                shelf = offers.time
            elif kind == PARKING_TIME:
                shelf = offers.parking_time
            else:
                shelf = offers.expiry_time if self.expired else offers.reservation_time
            rates[kind] = first(shelf, moment)
        if energy:
            rates[ENERGY] = first(offers.energy, moment)
        return rates

    def _borders(self, written: Written, offers: Offers) -> list[Cut]:
        if written.ended_at <= written.started_at:
            return []
        return cuts(
            written.started_at,
            written.ended_at,
            written.used,
            offers,
            zone=self.zone,
            opened_at=self.charge.started_at,
            used=self.used,
            parked_at=self.parked_at,
        )

    def _count(
        self,
        counts: Counts,
        written: Written,
        rates: Rates,
        energy: Decimal,
        times: dict[str, Decimal],
        part: tuple[datetime, datetime] | None = None,
    ) -> None:
        """What the period says, or what falls on a `part` of it."""
        start, end = (written.started_at, written.ended_at) if part is None else part
        place, drawn = written.place, part is not None
        if energy:
            counts.energy.append(Counted(ENERGY, rates.get(ENERGY), start, end, energy, place, drawn))
        for kind, seconds in times.items():
            if seconds:
                counted = Counted(kind, rates.get(kind), start, end, seconds, place, drawn)
                (counts.reservation if kind == RESERVATION_TIME else counts.times).append(counted)

    def _changes(
        self, written: Written, offers: Offers, times: dict[str, Decimal], rates: Rates, borders: Iterable[Cut]
    ) -> Iterator[tuple[Cut, Rates]]:
        """From where on other prices hold for something that was counted in the period, and which."""
        for cut in borders:
            others = self._rates(offers, self._moment(written, offers, cut.at, cut.passed), written.energy, times)
            if others != rates:
                rates = others
                yield cut, rates

    def _count_parts(
        self, counts: Counts, written: Written, times: dict[str, Decimal], parts: list[tuple[Cut, Rates]]
    ) -> None:
        """Each as the period that should have been begun there, and as if time and energy had passed evenly.

        A CPO shall begin one whenever another PriceComponent applies (OCPI 2.2.1 mod_cdrs_charging_period).
        """
        whole = seconds_of(written.ended_at - written.started_at)
        given = dict.fromkeys(times, _ZERO)
        ends = [*(cut for cut, _ in parts[1:]), Cut(written.ended_at, written.used)]
        for (since, rates), until in zip(parts, ends, strict=True):
            passed = seconds_of(until.at - written.started_at)
            upto = {kind: quotient(seconds * passed, whole) for kind, seconds in times.items()}
            share = {kind: upto[kind] - given[kind] for kind in times}
            self._count(counts, written, rates, (until.passed - since.passed).kwh, share, (since.at, until.at))
            given = upto

    # ---- What to know of it

    def _unwritten(self, written: Written, offers: Offers, moment: Moment) -> dict[str, Decimal]:
        """What the time comes to of a period that says none."""
        length = written.ended_at - written.started_at
        if not offers.time or length <= _NO_LENGTH or first(offers.time, moment) is None:
            return _NO_TIME
        self._flag(Flag.TIME_NOT_WRITTEN, written)
        return {TIME: seconds_of(length)} if self.policy.unwritten_time is _BY_CLOCK_IF_UNWRITTEN else _NO_TIME

    def _look_at_timestamps(self, written: Written) -> None:
        if self.policy.volume is _BY_CLOCK:
            return
        over = -seconds_of(written.ended_at - written.started_at)
        for seconds in written.times.values():
            over += seconds
        if abs(over) > _TIMESTAMP_SLACK:
            self._flag(Flag.VOLUME_AGAINST_TIMESTAMPS, written)

    def _moment(self, written: Written, offers: Offers, at: datetime, passed: Energy) -> Moment:
        """As far as `offers` ask: a wall clock is slow to find, and most tariffs have no use for one."""
        return Moment(
            at.astimezone(self.zone) if offers.asks_clock else at,
            at - self.charge.started_at,
            self.used + passed if offers.energies else NO_ENERGY,
            written.power,
            written.current,
            _NO_LENGTH if self.parked_at is None else at - self.parked_at,
        )

    def _flag(self, flag: Flag, written: Written | None = None) -> None:
        self.flags.append(Flagged(flag=flag, period=None if written is None else written.place))


def _length(pieces: list[Counted], dimension: str) -> timedelta:
    seconds = _ZERO
    for piece in pieces:
        if piece.dimension == dimension:
            seconds += piece.volume
    return length_of(seconds) if seconds else _NO_LENGTH
