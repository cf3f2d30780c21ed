"""Stretches of a session, split at the tariff's borders, times the tariff: the price.

One fold for everybody: a Tab is opened when the session starts, advanced by each stretch and read at any moment; what
the driver sees while charging and what the Cdr says at the end are the same reading of the same Tab.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.time import rfc3339
from laddnav.metering.model import Activity, ChargingPeriod, Dimension, Stretch
from laddnav.pricing import counts as counting
from laddnav.pricing.bill import billed
from laddnav.pricing.borders import Cut, cuts, days_touched, refuse_too_much
from laddnav.pricing.counts import Counted, Counts, Fee
from laddnav.pricing.flags import Flag, Flagged
from laddnav.pricing.holding import in_force
from laddnav.pricing.model import UNSAID, CannotPrice, Choice, Priced, Span, Stint, Tab
from laddnav.pricing.offers import Offers, Rate, first, offers
from laddnav.pricing.policy import OURS, Edited, Flats, Pause, Policy
from laddnav.pricing.restrictions import Moment
from laddnav.pricing.rounding import exact, hours_of, mean_kw, plain, seconds_of
from laddnav.pricing.zones import zone_named
from laddnav.tariffs.model import Tariff

# While energy flows back, what is used is below the border that it just touched.
_A_HAIR = Energy(Decimal("1e-12"))

# Looked up once: see the same in `charge`.
_RESERVED, _PARKS, _PAUSED = Activity.RESERVED, Activity.SUSPENDED_EV, Activity.SUSPENDED_EVSE
_PER_ELEMENT, _PARKING = Flats.PER_ELEMENT, Pause.PARKING


class Choices(Struct, frozen=True):
    """What prices a stretch at one moment: a Stint lasts as long as these are the same."""

    energy: Choice | None
    time: Choice | None
    expiry: Choice | None
    flat: Choice | None


@exact
def opened(tariff: Tariff, at: datetime, zone: str, *, reserved: bool = False, policy: Policy = OURS) -> Tab:
    """The Tab of a session that starts now, or of a reservation. Raises CannotPrice for a zone that does not exist.

    A flat fee is due here, once, and only if it applies at this moment; after a reservation, when the charge begins.
    """
    tab = Tab(tariffs=(tariff,), zone=zone, opened_at=at, reserved=reserved)
    return _with_fees(tab, offers(tariff, policy), Moment(at.astimezone(zone_named(zone, policy))))


def switched(tab: Tab, tariff: Tariff, *, policy: Policy = OURS) -> Tab:
    """The Tab on which another Tariff holds from the next stretch on, because the driver's preference changed.

    A new version of the Tariff that holds is no switch: the driver accepted the one that was promised at the start
    (OCPI 2.2.1 mod_tariffs_tariff_object, the last note but one). Others take the newest.
    """
    if tariff == tab.tariff:
        return tab
    if tariff.id == tab.tariff.id and tariff.owner == tab.tariff.owner and policy.edited is Edited.AT_START:
        return tab
    return replace(tab, tariffs=(*tab.tariffs, tariff))


@exact
def advanced(tab: Tab, stretch: Stretch, *, policy: Policy = OURS) -> Tab:
    """The Tab after one more stretch; stretches come in order of time. Raises CannotPrice."""
    course = _Course(tab, policy)
    course.add(stretch)
    return course.tab()


@exact
def priced(tab: Tab, *, over: bool = False, policy: Policy = OURS) -> Priced:
    """The price of a Tab as it stands. Reading it changes nothing, so it can be read at any moment.

    `over`: nothing follows, so a reservation that nobody used has expired.
    """
    return billed(_counts(tab, over, policy), tab.tariff.currency, policy)


@exact
def metered(
    tariff: Tariff,
    stretches: Iterable[Stretch],
    zone: str,
    *,
    started_at: datetime | None = None,
    then: Sequence[tuple[datetime, Tariff]] = (),
    policy: Policy = OURS,
) -> Priced:
    """A whole session at once; it starts with its first stretch unless told otherwise. Raises CannotPrice.

    `then` are the Tariffs that held later, each from its moment on, where stretches have to be cut.
    """
    in_order = tuple(stretches)
    if not in_order and started_at is None:
        raise CannotPrice("A session without a stretch and without a start cannot be priced")
    if in_order:
        days = days_touched(in_order[0].started_at, in_order[-1].ended_at)
        refuse_too_much(offers(tariff, policy), len(in_order), days)
    reserved = bool(in_order) and in_order[0].activity is _RESERVED
    tab = opened(tariff, started_at or in_order[0].started_at, zone, reserved=reserved, policy=policy)
    course, holding = _Course(tab, policy), tariff
    for stretch in in_order:
        newest = [later for at, later in then if at <= stretch.started_at]
        if newest and newest[-1] is not holding:
            holding = newest[-1]
            course = _Course(switched(course.tab(), holding, policy=policy), policy)
        course.add(stretch)
    return priced(course.tab(), over=True, policy=policy)


# ---- From stretches to Stints


class _Course:
    """A Tab while stretches are added to it; for one of them or for a whole session."""

    def __init__(self, tab: Tab, policy: Policy) -> None:
        self._tab, self._policy = tab, policy
        self._offers = offers(tab.tariff, policy)
        self._place = len(tab.tariffs) - 1
        self._zone = zone_named(tab.zone, policy)
        self._stints = list(tab.stints)
        self._used = tab.used
        self._fees = {tab.flat, *(stint.flat_by for stint in tab.stints)}

    def tab(self) -> Tab:
        return replace(self._tab, used=self._used, stints=tuple(self._stints))

    def add(self, stretch: Stretch) -> None:
        if stretch.ended_at < stretch.started_at:
            raise CannotPrice(f"The stretch from {rfc3339(stretch.started_at)} ends before it begins")
        if stretch.started_at < (self._stints[-1].ended_at if self._stints else self._tab.opened_at):
            raise CannotPrice(
                f"The stretch from {rfc3339(stretch.started_at)} begins before what is priced already ends"
            )
        power, current = self._flow(stretch)
        if not self._stints and (power is not UNSAID or current is not UNSAID):
            opened_at = self._tab.opened_at.astimezone(self._zone)
            self._tab = _with_fees(self._tab, self._offers, Moment(opened_at, power=power, current=current))
            self._fees = {self._tab.flat}
        if self._tab.reserved and stretch.activity is not _RESERVED:
            self._begin(stretch, power, current)
        for stint in self._split(stretch, power, current):
            if self._stints and _alike(self._stints[-1], stint, self._offers):
                self._stints[-1] = _joined(self._stints[-1], stint)
            else:
                self._stints.append(stint)
        self._used += stretch.energy

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
        if _dimension(stretch.activity, self._policy) != counting.PARKING_TIME:
            return None
        since = stretch.started_at
        for stint in reversed(self._stints):
            if _dimension(stint.activity, self._policy) != counting.PARKING_TIME:
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
        parks = _dimension(stretch.activity, self._policy) == counting.PARKING_TIME
        time = _place(first(asked.parking_time if parks else asked.time, moment), place)
        return Choices(energy, time, None, self._another_fee(moment))

    def _another_fee(self, moment: Moment) -> Choice | None:
        """The flat fee of an Element that applies for the first time, where each is due once."""
        if self._policy.flats is not _PER_ELEMENT:
            return None
        fee = _place(first(self._offers.flat, moment), self._place)
        return None if fee in self._fees else fee


def _with_fees(tab: Tab, asked: Offers, moment: Moment) -> Tab:
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


def _dimension(activity: Activity, policy: Policy) -> str:
    """The vehicle that asks for no power parks; paused by the charging point it still asks, and that is charging time.

    OCPI 2.2.1 mod_cdrs_cdrdimensiontype_enum, the note on PARKING_TIME.
    """
    if activity is _RESERVED:
        return counting.RESERVATION_TIME
    parks = activity is _PARKS or (activity is _PAUSED and policy.pause is _PARKING)
    return counting.PARKING_TIME if parks else counting.TIME


def _alike(before: Stint, after: Stint, asked: Offers) -> bool:
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


def _joined(before: Stint, after: Stint) -> Stint:
    return replace(
        before,
        ended_at=after.ended_at,
        energy=before.energy + after.energy,
        power=UNSAID if before.power is UNSAID else before.power.and_then(after.power),
        current=UNSAID if before.current is UNSAID else before.current.and_then(after.current),
        interpolated=before.interpolated or after.interpolated,
    )


# ---- From Stints to counts


def _counts(tab: Tab, over: bool, policy: Policy) -> Counts:
    only_reserved = tab.reserved or (bool(tab.stints) and all(stint.activity is _RESERVED for stint in tab.stints))
    expired = over and only_reserved
    asked = [offers(tariff, policy) for tariff in tab.tariffs]
    tab = _decided(tab, expired, asked)

    def rate(choice: Choice | None) -> Rate | None:
        return None if choice is None else asked[choice.tariff].rate(choice)

    counts = Counts(
        started_at=tab.opened_at,
        ended_at=tab.ended_at,
        fees=list(_fees(tab, expired, rate, policy)),
        tariffs=tab.tariffs,
        periods=tuple(_period(stint, tab.tariffs[stint.tariff].id, policy) for stint in tab.stints),
        used=tab.used,
    )
    for place, stint in enumerate(tab.stints):
        dimension = _dimension(stint.activity, policy)
        since, until, drawn = stint.started_at, stint.ended_at, stint.interpolated
        if stint.energy:
            energy = Counted(counting.ENERGY, rate(stint.energy_by), since, until, stint.energy.kwh, place, drawn)
            counts.energy.append(energy)
        if not stint.length:
            continue
        time = Counted(dimension, rate(stint.time_by), since, until, seconds_of(stint.length), place, drawn)
        if dimension == counting.RESERVATION_TIME:
            counts.reservation.append(time)
            counts.reserved += stint.length
        else:
            counts.times.append(time)
            counts.parked += stint.length if dimension == counting.PARKING_TIME else timedelta()
    counts.flags += _flags(tab, asked, policy)
    return counts


def _decided(tab: Tab, expired: bool, asked: list[Offers]) -> Tab:
    """Of a reservation's two prices, used or expired, the one that holds; where only the other changed, one Stint."""
    if not tab.stints or tab.stints[0].activity is not _RESERVED:
        return tab
    stints: list[Stint] = []
    for stint in tab.stints:
        if stint.activity is _RESERVED:
            stint = replace(stint, time_by=stint.expiry_by if expired else stint.time_by, expiry_by=None)
        if stints and _alike(stints[-1], stint, asked[stint.tariff]):
            stints[-1] = _joined(stints[-1], stint)
        else:
            stints.append(stint)
    return replace(tab, stints=tuple(stints))


def _fees(tab: Tab, expired: bool, rate: Callable[[Choice | None], Rate | None], policy: Policy) -> Iterator[Fee]:
    """One for the reservation, used or expired, and one for the charge; others take one in all."""
    reservation = rate(tab.expiry_flat if expired else tab.reserved_flat)
    if reservation is not None:
        yield Fee(counting.RESERVATION_FLAT, reservation, tab.opened_at)
        if policy.flats is Flats.ONE:
            return
    if expired:
        return
    charge = rate(tab.flat)
    if charge is not None:
        begun = next((at for at in enumerate(tab.stints) if at[1].activity is not _RESERVED), None)
        place, at = (0, tab.opened_at) if begun is None else (begun[0], begun[1].started_at)
        yield Fee(counting.FLAT, charge, tab.opened_at if not place else at, place)
    for place, stint in enumerate(tab.stints):
        fee = rate(stint.flat_by)
        if fee is not None:
            yield Fee(counting.FLAT, fee, stint.started_at, place)


def _flags(tab: Tab, asked: list[Offers], policy: Policy) -> Iterator[Flagged]:
    for tariff in tab.tariffs:
        if not in_force(tariff, tab.opened_at):
            yield Flagged(flag=Flag.TARIFF_NOT_IN_FORCE, tariff_id=tariff.id)
    if any(stint.interpolated for stint in tab.stints):
        yield Flagged(flag=Flag.INTERPOLATED)
    for place, stint in enumerate(tab.stints):
        of = asked[stint.tariff]
        dimensions = {counting.ENERGY if stint.energy else "", _dimension(stint.activity, policy)}
        if (stint.power == UNSAID and not of.asks_power.isdisjoint(dimensions)) or (
            stint.current == UNSAID and not of.asks_current.isdisjoint(dimensions)
        ):
            yield Flagged(flag=Flag.POWER_UNKNOWN, period=place, tariff_id=tab.tariffs[stint.tariff].id)


def _period(stint: Stint, tariff_id: str, policy: Policy) -> ChargingPeriod:
    """Volumes as measured: what the step size adds is in the lines only. Power and current where a price asks."""
    dimensions = []
    if stint.energy:
        dimensions.append(Dimension(counting.ENERGY, plain(stint.energy.kwh)))
    if stint.length or not stint.energy:
        hours = hours_of(seconds_of(stint.length))
        dimensions.append(Dimension(_dimension(stint.activity, policy), hours))
    for (low, high), span in (
        (("MIN_POWER", "MAX_POWER"), stint.power),
        (("MIN_CURRENT", "MAX_CURRENT"), stint.current),
    ):
        if span.low is not None and span.high is not None:
            dimensions += [Dimension(low, span.low), Dimension(high, span.high)]
    return ChargingPeriod(started_at=stint.started_at, dimensions=tuple(dimensions), tariff_id=tariff_id)
