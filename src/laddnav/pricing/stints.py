"""Stretches become Stints: split where another PriceComponent begins to apply, joined where nothing priced changes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.time import rfc3339
from laddnav.metering.model import Activity, Stretch
from laddnav.pricing.borders import Cut, cuts, unbroken
from laddnav.pricing.counts import PARKING_TIME, RESERVATION_TIME, TIME
from laddnav.pricing.model import UNSAID, CannotPrice, Choice, Span, Stint, Tab
from laddnav.pricing.offers import Offers, Rate, first, offers
from laddnav.pricing.policy import Flats, Pause, Policy
from laddnav.pricing.restrictions import Moment
from laddnav.pricing.rounding import mean_kw
from laddnav.pricing.zones import zone_named

# While energy flows back, what is used is below the border that it just touched.
_A_HAIR = Energy(Decimal("1e-12"))

# Looked up once: see the same in `charge`.
_RESERVED, _CHARGES = Activity.RESERVED, Activity.CHARGING
_PARKS, _PAUSED = Activity.SUSPENDED_EV, Activity.SUSPENDED_EVSE
_PER_ELEMENT, _PARKING = Flats.PER_ELEMENT, Pause.PARKING


class Choices(Struct, frozen=True):
    """What prices a stretch at one moment: a Stint lasts as long as these are the same."""

    energy: Choice | None
    time: Choice | None
    expiry: Choice | None
    flat: Choice | None


class Course:
    """A Tab while stretches are added to it; for one of them or for a whole session."""

    def __init__(self, tab: Tab, policy: Policy) -> None:
        self._tab, self._policy = tab, policy
        self._offers = offers(tab.tariff, policy)
        self._place = len(tab.tariffs) - 1
        self._zone = zone_named(tab.zone, policy)
        self._stints = list(tab.stints)
        self._used = tab.used
        self._fees = {tab.flat, *[stint.flat_by for stint in tab.stints]} if policy.flats is _PER_ELEMENT else set()

    def tab(self) -> Tab:
        return replace(self._tab, used=self._used, stints=tuple(self._stints))

    def add(self, stretch: Stretch) -> None:
        if stretch.ended_at < stretch.started_at:
            raise CannotPrice(f"The stretch from {rfc3339(stretch.started_at)} ends before it begins")
        if self._stints and self._goes_on(self._stints[-1], stretch):
            self._stints[-1] = _prolonged(self._stints[-1], stretch)
            self._used += stretch.energy
            return
        if stretch.started_at < (self._stints[-1].ended_at if self._stints else self._tab.opened_at):
            raise CannotPrice(
                f"The stretch from {rfc3339(stretch.started_at)} begins before what is priced already ends"
            )
        power, current = self._flow(stretch)
        if not self._stints and (power is not UNSAID or current is not UNSAID):
            opened_at = self._tab.opened_at.astimezone(self._zone)
            self._tab = with_fees(self._tab, self._offers, Moment(opened_at, power=power, current=current))
            self._fees = {self._tab.flat}
        if self._tab.reserved and stretch.activity is not _RESERVED:
            self._begin(stretch, power, current)
        for stint in self._split(stretch, power, current):
            if self._stints and alike(self._stints[-1], stint, self._offers):
                self._stints[-1] = joined(self._stints[-1], stint)
            else:
                self._stints.append(stint)
        self._used += stretch.energy

    def _goes_on(self, last: Stint, stretch: Stretch) -> bool:
        """Whether it is surely priced as the moment before it was, as are nearly all: then nothing has to be asked."""
        asked = self._offers
        return (
            last.ended_at == stretch.started_at
            and stretch.activity is _CHARGES
            and last.activity is _CHARGES
            and last.tariff == self._place
            and not (asked.powers or asked.currents)
            and self._policy.flats is not _PER_ELEMENT
            and stretch.energy >= NO_ENERGY
            and unbroken(
                stretch.started_at,
                stretch.ended_at,
                stretch.energy,
                asked,
                zone=self._zone,
                opened_at=self._tab.opened_at,
                used=self._used,
            )
        )

    def _begin(self, stretch: Stretch, power: Span, current: Span) -> None:
        """The reservation is used, and the start fee due."""
        moment = self._moment(stretch, Cut(stretch.started_at, NO_ENERGY), power, current, None)
        moment = replace(moment, used=self._used)  # energy that is to flow back has not flowed yet
        flat = _place(first(self._offers.flat, moment), self._place)
        self._tab = replace(self._tab, reserved=False, flat=flat)
        self._fees.add(flat)

    def _split(self, stretch: Stretch, power: Span, current: Span) -> Iterator[Stint]:
        """The stretch, split where another component begins to apply; each part as from its first moment."""
        parked_at = self._parked_at(stretch)
        borders = cuts(
            stretch.started_at,
            stretch.ended_at,
            stretch.energy,
            self._offers,
            zone=self._zone,
            opened_at=self._tab.opened_at,
            used=self._used,
            parked_at=parked_at,
        )
        changes = list[tuple[Cut, Choices]]()
        for cut in (Cut(stretch.started_at, NO_ENERGY), *borders):
            choices = self._choices(stretch, self._moment(stretch, cut, power, current, parked_at))
            if not changes or choices != changes[-1][1]:
                changes.append((cut, choices))
                self._fees.add(choices.flat)
        ends = [*(cut for cut, _ in changes[1:]), Cut(stretch.ended_at, stretch.energy)]
        for (since, choices), until in zip(changes, ends, strict=True):
            yield Stint(
                started_at=since.at,
                ended_at=until.at,
                activity=stretch.activity,
                energy=until.passed - since.passed,
                energy_by=choices.energy,
                time_by=choices.time,
                expiry_by=choices.expiry,
                flat_by=choices.flat,
                tariff=self._place,
                power=power if self._offers.powers else UNSAID,
                current=current if self._offers.currents else UNSAID,
                interpolated=bool(stretch.energy) and (stretch.interpolated or len(changes) > 1),
            )

    def _flow(self, stretch: Stretch) -> tuple[Span, Span]:
        """Power and current, where a price asks; of a stretch only the mean is known, its peak and its trough."""
        if not (self._offers.powers or self._offers.currents):
            return UNSAID, UNSAID
        kw = mean_kw(stretch.energy, stretch.length) if stretch.length else None
        return Span(kw, kw), Span(stretch.current, stretch.current)

    def _parked_at(self, stretch: Stretch) -> datetime | None:
        if dimension_of(stretch.activity, self._policy) != PARKING_TIME:
            return None
        since = stretch.started_at
        for stint in reversed(self._stints):
            if dimension_of(stint.activity, self._policy) != PARKING_TIME:
                break
            since = stint.started_at
        return since

    def _moment(self, stretch: Stretch, cut: Cut, power: Span, current: Span, parked_at: datetime | None) -> Moment:
        used = self._used + cut.passed
        return Moment(
            local=cut.at.astimezone(self._zone),
            elapsed=cut.at - self._tab.opened_at,
            used=used - _A_HAIR if stretch.energy < NO_ENERGY else used,
            power=power,
            current=current,
            parked=timedelta() if parked_at is None else cut.at - parked_at,
        )

    def _choices(self, stretch: Stretch, moment: Moment) -> Choices:
        asked, place = self._offers, self._place
        energy = _place(first(asked.energy, moment), place)
        if stretch.activity is _RESERVED:
            used = _place(first(asked.reservation_time, moment), place)
            expired = _place(first(asked.expiry_time, moment), place)
            return Choices(energy if stretch.energy else None, used, expired, None)
        parks = dimension_of(stretch.activity, self._policy) == PARKING_TIME
        time = _place(first(asked.parking_time if parks else asked.time, moment), place)
        return Choices(energy, time, None, self._another_fee(moment))

    def _another_fee(self, moment: Moment) -> Choice | None:
        """The flat fee of an Element that applies for the first time, where each is due once."""
        if self._policy.flats is not _PER_ELEMENT:
            return None
        fee = _place(first(self._offers.flat, moment), self._place)
        return None if fee in self._fees else fee


def with_fees(tab: Tab, asked: Offers, moment: Moment) -> Tab:
    """The flat fee of the charge or of the reservation, as it is due at the first moment.

    At the opening nobody knows yet what power there will be; the first stretch says it.
    """
    place = len(tab.tariffs) - 1
    if not tab.reserved:
        return replace(tab, flat=_place(first(asked.flat, moment), place))
    return replace(
        tab,
        reserved_flat=_place(first(asked.reservation_flat, moment), place),
        expiry_flat=_place(first(asked.expiry_flat, moment), place),
    )


def _place(rate: Rate | None, tariff: int) -> Choice | None:
    if rate is None or not tariff:
        return None if rate is None else rate.choice
    return Choice(rate.choice.element, rate.choice.component, tariff)


def dimension_of(activity: Activity, policy: Policy) -> str:
    """The vehicle that asks for no power parks; paused by the charging point it still asks, and that is charging time.

    OCPI 2.2.1 mod_cdrs_cdrdimensiontype_enum, the note on PARKING_TIME.
    """
    if activity is _RESERVED:
        return RESERVATION_TIME
    parks = activity is _PARKS or (activity is _PAUSED and policy.pause is _PARKING)
    return PARKING_TIME if parks else TIME


def alike(before: Stint, after: Stint, asked: Offers) -> bool:
    """Power on both sides of a limit is not alike even at one price: together it could seem to lie on the other."""
    return (
        before.ended_at == after.started_at
        and before.activity is after.activity
        and before.energy_by == after.energy_by
        and before.time_by == after.time_by
        and before.expiry_by == after.expiry_by
        and after.flat_by is None
        and before.tariff == after.tariff
        and (not asked.powers or _band(before.power, asked.powers) == _band(after.power, asked.powers))
        and (not asked.currents or _band(before.current, asked.currents) == _band(after.current, asked.currents))
    )


def _band(span: Span, limits: tuple[Decimal, ...]) -> int | None:
    return None if span.low is None else bisect_right(limits, span.low)


def joined(before: Stint, after: Stint) -> Stint:
    return replace(
        before,
        ended_at=after.ended_at,
        energy=before.energy + after.energy,
        power=UNSAID if before.power is UNSAID else before.power.and_then(after.power),
        current=UNSAID if before.current is UNSAID else before.current.and_then(after.current),
        interpolated=before.interpolated or after.interpolated,
    )


def _prolonged(before: Stint, after: Stretch) -> Stint:
    return replace(
        before,
        ended_at=after.ended_at,
        energy=before.energy + after.energy,
        interpolated=before.interpolated or (after.interpolated and bool(after.energy)),
    )
