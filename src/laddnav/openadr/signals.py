"""What events ask of a site: each payload of each interval as a GridSignal, and what is made of it; pure.

| Payload | What is made of it |
| --- | --- |
| IMPORT_CAPACITY_LIMIT | at most so many kW, of the site or of its cars as the resource says |
| DISPATCH_SETPOINT | at most so many kW of the site |
| SIMPLE 0, 1, 2, 3 | cars: no limit, 75 %, 50 %, nothing of what they may draw at level 0 |
| ALERT_BLACK_START | cars: nothing |
| PRICE, EXPORT_PRICE, GHG | what a kWh in costs, one out earns, and grams per kWh: for plans, if the resource says so |
| EXPORT_CAPACITY_LIMIT | at most so many kW out of the site: a plan has cars and battery give no more beside the roof |

Of limits that overlap the lowest holds, whatever their priorities: who keeps to it keeps to all. What is no limit but a
level or a set point is chosen by priority (a lower number counts more, none counts least), then the newest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from laddnav.kit.json import Unreadable
from laddnav.openadr.model import GridResource, GridSignal, SignalKind
from laddnav.openadr.wire import (
    INTERVALS_MAX,
    Odd,
    WireDescriptor,
    WireEvent,
    WireInterval,
    WirePeriod,
    duration,
    instant,
    number,
    targets,
)
from laddnav.sites.model.told import Covers
from laddnav.sites.priced import ToldKind, ToldPrice

LEVELS: Mapping[int, Decimal | None] = {0: None, 1: Decimal("0.75"), 2: Decimal("0.5"), 3: Decimal(0)}
CHOSEN = (
    SignalKind.SIMPLE,
    SignalKind.DISPATCH_SETPOINT,
    SignalKind.PRICE,
    SignalKind.EXPORT_PRICE,
    SignalKind.GHG,
)  # by priority
KILO = {"W": Decimal("0.001"), "KW": Decimal(1), "MW": Decimal(1000)}
TOLD = {
    SignalKind.PRICE: ToldKind.PRICE,
    SignalKind.EXPORT_PRICE: ToldKind.EXPORT_PRICE,
    SignalKind.GHG: ToldKind.CARBON,
}
PLANNED_AHEAD = timedelta(days=4)
PER_KWH = {"WH": Decimal(1000), "KWH": Decimal(1), "MWH": Decimal("0.001")}
LARGEST_PRICE = Decimal(100_000)  # of the smallest of currencies; more is a mistake
IN_KW = (SignalKind.IMPORT_CAPACITY_LIMIT, SignalKind.EXPORT_CAPACITY_LIMIT, SignalKind.DISPATCH_SETPOINT)
REPORTED = ("USAGE", "DEMAND")
LARGEST_KW = Decimal(1_000_000)


class Asked(Struct, frozen=True, kw_only=True):
    """What a VTN asks of one site: its Signals, and of which events reports are wanted, in which payload types."""

    signals: tuple[GridSignal, ...]
    reports: Mapping[str, tuple[str, ...]]
    odd: tuple[Odd, ...]


class Cap(Struct, frozen=True):
    """So many kW at most."""

    kw: Decimal
    covers: Covers


def asked(
    events: Iterable[WireEvent],
    resource: GridResource,
    *,
    ven_name: str,
    names: Collection[str],
    descriptors: Mapping[str, Sequence[WireDescriptor]],
    now: datetime,
) -> Asked:
    """`names` are those of all our resources there, `descriptors` those of programs, by id.

    An event that contradicts itself is odd, and spoils no other.
    """
    signals: list[GridSignal] = []
    reports: dict[str, tuple[str, ...]] = {}
    odd: list[Odd] = []
    for event in events:
        if not _concerns(event, resource, ven_name, names):
            continue
        try:
            signals += _signals(event, resource, ven_name, descriptors.get(event.program_id, ()), now)
        except Unreadable as error:
            odd.append(Odd(event.id, str(error)))
            continue
        wanted = {one.payload_type for one in event.report_descriptors or ()}
        if types := tuple(one for one in REPORTED if one in wanted):
            reports[event.id] = types
    return Asked(signals=tuple(signals), reports=reports, odd=tuple(odd))


def _concerns(event: WireEvent, resource: GridResource, ven_name: str, names: Collection[str]) -> bool:
    """Whom it is for, where it names VENs or resources; a group is for the VTN to know, which shows us its events."""
    vens, resources, words = targets(event.targets)
    if vens and ven_name not in vens:
        return False
    resources |= words.intersection(names)
    return not resources or resource.name in resources


def _signals(
    event: WireEvent, resource: GridResource, ven_name: str, of_program: Sequence[WireDescriptor], now: datetime
) -> list[GridSignal]:
    """Raises Unreadable."""
    if len(event.intervals) > INTERVALS_MAX:
        raise Unreadable(f"it has {len(event.intervals)} intervals")
    modified_at = instant(event.modification_date_time, now)
    # What begins now begins when it was said, however often it is heard.
    said_at = modified_at or instant(event.created_date_time, now) or now
    described = {one.payload_type: one for one in (*of_program, *(event.payload_descriptors or ()))}
    found: list[GridSignal] = []
    for interval, begin_at, end_at in _spans(event, said_at):
        shift = _shift(event, interval, f"{ven_name}/{resource.site_id}/{event.id}/{interval.id}")
        for payload in interval.payloads:
            if payload.type not in SignalKind.__members__:
                continue
            kind = SignalKind[payload.type]
            descriptor = described.get(payload.type)
            found.append(
                GridSignal(
                    event_id=event.id,
                    event_name=event.event_name,
                    program_id=event.program_id,
                    interval_id=interval.id,
                    kind=kind,
                    value=_value(kind, payload.values, descriptor),
                    currency=None if descriptor is None else descriptor.currency,
                    begin_at=begin_at + shift,
                    end_at=None if end_at is None else end_at + shift,
                    priority=event.priority,
                    modified_at=modified_at,
                )
            )
    return found


def _spans(event: WireEvent, said_at: datetime) -> Iterable[tuple[WireInterval, datetime, datetime | None]]:
    """When each interval holds: as it says itself, else after the one before, as long as the event says.

    Raises Unreadable.
    """
    whole = event.interval_period or WirePeriod()
    next_at = instant(whole.start, said_at)
    for interval in event.intervals:
        own = interval.interval_period or WirePeriod()
        begin_at = instant(own.start, said_at) or next_at
        if begin_at is None:
            raise Unreadable(f"interval {interval.id} does not say when it begins")
        length = duration(own.duration or whole.duration or (event.duration if len(event.intervals) == 1 else None))
        try:
            end_at = None if length is None else begin_at + length
        except OverflowError as error:
            raise Unreadable(f"interval {interval.id} ends beyond all time") from error
        yield interval, begin_at, end_at
        next_at = end_at


def _shift(event: WireEvent, interval: WireInterval, dice: str) -> timedelta:
    """The same for the same interval of the same site, however often it is read; spread evenly over what is allowed."""
    said = (interval.interval_period and interval.interval_period.randomize_start) or (
        event.interval_period and event.interval_period.randomize_start
    )
    most = duration(said) if said else None
    if most is None:
        return timedelta()
    share = int.from_bytes(hashlib.sha256(dice.encode()).digest()[:4]) / 2**32
    return timedelta(seconds=int(most.total_seconds() * share))


def _value(kind: SignalKind, values: Sequence[object], descriptor: WireDescriptor | None) -> Decimal:
    """Raises Unreadable."""
    if kind is SignalKind.ALERT_BLACK_START:
        return Decimal(0)
    if len(values) != 1:
        raise Unreadable(f"{kind} has {len(values)} values, and one is meant")
    value = number(values[0])  # type: ignore[arg-type]  # of a list that the wire filled with Raw
    if kind in IN_KW:
        units = (descriptor.units if descriptor is not None else None) or "KW"
        if units.upper() not in KILO:
            raise Unreadable(f"{kind} in {units[:20]!r} cannot be kept to; W, KW and MW can")
        value *= KILO[units.upper()]
        if not 0 <= value <= LARGEST_KW:
            raise Unreadable(f"{kind} of {value} kW cannot be meant")
    if kind in TOLD:
        units = (descriptor.units if descriptor is not None else None) or "KWH"
        if kind is not SignalKind.GHG and units.upper() not in PER_KWH:
            raise Unreadable(f"{kind} per {units[:20]!r} cannot be planned with; KWH and MWH can")
        value = value if kind is SignalKind.GHG else value * PER_KWH[units.upper()]
        if abs(value) > LARGEST_PRICE:
            raise Unreadable(f"{kind} of {value} per kWh cannot be meant")
    if kind is SignalKind.SIMPLE and value not in LEVELS:
        raise Unreadable(f"SIMPLE has the levels 0 to 3, and not {value}")
    return value


# What is made of them -------------------------------------------------------------------------------------------------


def cap(signal: GridSignal, resource: GridResource) -> Cap | None:
    """The limit that follows from a GridSignal; None: none does."""
    if signal.kind is SignalKind.IMPORT_CAPACITY_LIMIT:
        return Cap(signal.value, resource.covers)
    if signal.kind is SignalKind.DISPATCH_SETPOINT:
        return Cap(signal.value, Covers.SITE)
    if signal.kind is SignalKind.EXPORT_CAPACITY_LIMIT:
        return Cap(signal.value, Covers.EXPORT)
    if signal.kind is SignalKind.ALERT_BLACK_START:
        return Cap(Decimal(0), Covers.CARS)
    share = LEVELS[int(signal.value)] if signal.kind is SignalKind.SIMPLE else None
    if share is None or resource.full_kw is None:
        return None
    return Cap((share * resource.full_kw).quantize(Decimal("0.001")), Covers.CARS)


def told(signals: Iterable[GridSignal], now: datetime) -> list[ToldPrice]:
    """What plans of the next days may go by: each as long as nothing weightier of its kind holds."""
    soon = [
        one
        for one in signals
        if one.kind in TOLD and one.begin_at < now + PLANNED_AHEAD and (one.end_at is None or one.end_at > now)
    ]
    return [
        ToldPrice(
            kind=TOLD[one.kind],
            begin_at=begin_at,
            end_at=end_at,
            value=one.value,
            currency="" if one.kind is SignalKind.GHG else one.currency or "",
        )
        for one, others in _meeting(soon)
        for begin_at, end_at in holds(one, others)
    ]


def _meeting(signals: Iterable[GridSignal]) -> list[tuple[GridSignal, list[GridSignal]]]:
    """Each with those of its kind that hold at some of its time: a year of quarters is not compared with itself."""
    found: list[tuple[GridSignal, list[GridSignal]]] = []
    going_on: list[tuple[GridSignal, list[GridSignal]]] = []
    for one in sorted(signals, key=lambda one: one.begin_at):
        going_on = [known for known in going_on if known[0].end_at is None or known[0].end_at > one.begin_at]
        met = [known for known in going_on if known[0].kind is one.kind]
        for _, others in met:
            others.append(one)
        pair = (one, [other for other, _ in met])
        found.append(pair)
        going_on.append(pair)
    return found


Span = tuple[datetime, datetime | None]


def holds(signal: GridSignal, others: Iterable[GridSignal]) -> list[Span]:
    """When it counts: all of its time, but for what a weightier one of its kind has taken."""
    spans: list[Span] = [(signal.begin_at, signal.end_at)]
    if signal.kind in CHOSEN:
        for other in others:
            if other is not signal and other.kind is signal.kind and _weight(other) < _weight(signal):
                spans = [left for span in spans for left in _without(span, (other.begin_at, other.end_at))]
    return spans


def _weight(signal: GridSignal) -> tuple[float, float, str, int]:
    """The lowest counts most."""
    newest = -signal.modified_at.timestamp() if signal.modified_at else 0.0
    priority = float("inf") if signal.priority is None else float(signal.priority)
    return priority, newest, signal.event_id, signal.interval_id


def _without(span: Span, taken: Span) -> list[Span]:
    (begin_at, end_at), (from_at, until_at) = span, taken
    if (end_at is not None and end_at <= from_at) or (until_at is not None and until_at <= begin_at):
        return [span]
    left: list[Span] = []
    if begin_at < from_at:
        left.append((begin_at, from_at))
    if until_at is not None and (end_at is None or until_at < end_at):
        left.append((until_at, end_at))
    return left
