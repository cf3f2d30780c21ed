"""What can be a vehicle, a departure and a swap, by what a vehicle is recognised, and who sees which fleet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation

from msgspec import Struct
from msgspec.structs import replace

from laddnav.fleets.filling import needed
from laddnav.fleets.model import (
    Departure,
    Depot,
    Fleet,
    Need,
    NeedUnit,
    PaidSince,
    Sign,
    SignKind,
    Vehicle,
)
from laddnav.kit.energy import kwh
from laddnav.kit.ids import PartyId, fold
from laddnav.kit.json import sane
from laddnav.kit.power import kw
from laddnav.kit.refusal import Refusal
from laddnav.people.api import NotYours
from laddnav.people.model import Role, Visitor
from laddnav.people.rules import require

WORD_MAX = 60
NOTE_MAX = 200
SIGNS_MAX = 10
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
NOBODY = "-"
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
_NEED = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*(km|kwh|%)", re.IGNORECASE)
_UNITS = {"km": NeedUnit.KM, "kwh": NeedUnit.KWH, "%": NeedUnit.PERCENT}
_HEX = re.compile(r"[0-9a-f]{12}")


class UnknownFleet(Refusal):
    """No fleet of this ref is known here."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"No fleet {ref!r} is known here")
        self.ref = ref


class UnknownVehicle(Refusal):
    """No vehicle of this ref or id is in this fleet."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"No vehicle {ref!r} is in this fleet")
        self.ref = ref


class UnknownDeparture(Refusal):
    """No departure of this ref is in this fleet."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"No departure {ref!r} is in this fleet")
        self.ref = ref


class FleetExists(Refusal):
    """Another fleet has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a fleet named {name!r} already")
        self.name = name


class SignTaken(Refusal):
    """Another vehicle is recognised by this."""

    def __init__(self, sign: Sign, vehicle: str) -> None:
        super().__init__(f"{sign.kind.value.lower()} {sign.value!r} is vehicle {vehicle!r} already")
        self.sign, self.vehicle = sign, vehicle


class NotSwappable(Refusal):
    """This vehicle cannot leave instead."""

    def __init__(self, why: str) -> None:
        super().__init__(f"This vehicle cannot leave instead: {why}")
        self.why = why


class Unfit(Refusal):
    """A field says what cannot be; `field` names it as whoever said it spells it."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field, self.why = field, why


# Who sees what --------------------------------------------------------------------------------------------------------


def reaches(by: Visitor, fleet: Fleet) -> bool:
    """Whether this one may see it: whoever is of one fleet sees that alone, everybody else what their holder has."""
    if by.role is Role.DRIVER:
        return False
    if by.role is Role.FLEET:
        return by.fleet is not None and by.fleet == fleet.ref and by.holder in (None, fleet.holder)
    return by.holder in (None, fleet.holder)


def seen(by: Visitor, fleet: Fleet) -> Fleet:
    """Raises NotYours."""
    if not reaches(by, fleet):
        raise NotYours
    return fleet


def changeable(by: Visitor, fleet: Fleet) -> Fleet:
    """By an operator, and by whoever is of this very fleet. Raises NotYours, NotAllowed."""
    seen(by, fleet)
    if by.role is not Role.FLEET:
        require(by, Role.OPERATOR)
    return fleet


def emptied(fleet: Fleet, id: str, vehicles: Sequence[Vehicle]) -> Depot:
    """The depot of this id, which may go. Raises Unfit, where there is none, and where vehicles belong to it."""
    depot = next((one for one in fleet.depots if fold(one.id) == fold(id.strip())), None)
    if depot is None:
        raise Unfit("depot", f"{id[:WORD_MAX]!r} is no depot of this fleet")
    there = [one.id for one in vehicles if fold(one.depot) == fold(depot.id)]
    if there:
        some = ", ".join(there[:5]) + (", …" if len(there) > 5 else "")
        raise Unfit(
            "depot", f"vehicles belong to {depot.id} ({some}): say another depot of them, or remove them, first"
        )
    return depot


# What is said of a vehicle --------------------------------------------------------------------------------------------


class VehicleSaid(Struct, frozen=True, kw_only=True):
    """A vehicle as somebody writes it down; several cards, EVCCIDs or contracts stand with spaces between them.

    `depot` may be left out where there is only one. `cost_centre`: who pays from today on; "": whoever did until now,
    "-": nobody in particular.
    """

    id: str
    name: str = ""
    plate: str = ""
    depot: str = ""
    battery_kwh: Decimal
    ac_amps: Decimal
    ac_phases: int = 3
    dc_kw: Decimal = Decimal(0)
    kwh_per_100_km: Decimal
    reserve_percent: Decimal = Decimal(10)
    cards: str = ""
    evccids: str = ""
    contracts: str = ""
    cost_centre: str = ""


def vehicle(
    said: VehicleSaid, fleet: Fleet, ref: str, before: Vehicle | None, *, today: date, now: datetime
) -> Vehicle:
    """Raises Unfit, naming the first field that cannot be."""
    depot = said.depot.strip() or (fleet.depots[0].id if len(fleet.depots) == 1 else "")
    known = next((one for one in fleet.depots if fold(one.id) == fold(depot)), None)
    if known is None:
        among = ", ".join(one.id for one in fleet.depots) or "none yet: add one first"
        raise Unfit("depot", f"{depot!r} is no depot of this fleet (there are {among})")
    one = Vehicle(
        holder=fleet.holder,
        fleet=fleet.ref,
        ref=ref,
        id=_word("id", said.id),
        name=_word("name", said.name, may_be_empty=True),
        plate=_word("plate", said.plate, may_be_empty=True) or None,
        depot=known.id,
        battery=kwh(_between("battery_kwh", said.battery_kwh, "1", "2000")),
        ac_amps_max=_between("ac_amps", said.ac_amps, "0", "125"),
        ac_phases=int(_between("ac_phases", Decimal(said.ac_phases), "1", "3")),
        dc_max=kw(_between("dc_kw", said.dc_kw, "0", "4000")) if said.dc_kw else None,
        per_100_km=kwh(_between("kwh_per_100_km", said.kwh_per_100_km, "1", "1000")),
        reserve_percent=_between("reserve_percent", said.reserve_percent, "0", "90"),
        signs=signs(said),
        paid=() if before is None else before.paid,
        last_updated=now,
    )
    if not one.ac_amps_max and one.dc_max is None:
        raise Unfit("ac_amps", "it takes neither alternating nor direct current, and so it cannot be charged")
    if not said.cost_centre.strip():
        return one
    return paid_by(one, cost_centre(fleet, said.cost_centre), today)


def cost_centre(fleet: Fleet, code: str) -> str | None:
    """As it is spelt in the fleet; "" and "-" are nobody. Raises Unfit."""
    if code.strip() in ("", NOBODY):
        return None
    for one in fleet.cost_centres:
        if fold(one.code) == fold(code.strip()):
            return one.code
    among = ", ".join(one.code for one in fleet.cost_centres) or "none yet: add it first"
    raise Unfit("cost_centre", f"{code!r} is no cost centre of this fleet (there are {among})")


def paid_by(one: Vehicle, code: str | None, since: date) -> Vehicle:
    """From this day on somebody else pays; what was before stays as it was, and what was foreseen for later goes."""
    kept = tuple(each for each in one.paid if each.since < since)
    if (kept[-1].code if kept else None) == code:
        return replace(one, paid=kept)
    return replace(one, paid=(*kept, PaidSince(since=since, code=code)))


def signs(said: VehicleSaid) -> tuple[Sign, ...]:
    """Raises Unfit."""
    found = [
        *(Sign(SignKind.CARD, one) for one in said.cards.split()),
        *(Sign(SignKind.EVCCID, _evccid(one)) for one in said.evccids.split()),
        *(Sign(SignKind.CONTRACT, one) for one in said.contracts.split()),
    ]
    if len(found) > SIGNS_MAX:
        raise Unfit("cards", f"a vehicle is recognised by at most {SIGNS_MAX}")
    return tuple(dict.fromkeys(found))


def _evccid(text: str) -> str:
    bare = bare_evccid(text)
    if bare is None:
        raise Unfit("evccids", f"{text!r} is not an EVCCID: twelve hexadecimal digits, as 00:1A:2B:3C:4D:5E")
    return bare.upper()


def bare_evccid(text: str) -> str | None:
    """Its twelve digits, however a station writes them; None: it is none."""
    bare = re.sub(r"[:\-\s]", "", fold(text)).removeprefix("vid")
    return bare if _HEX.fullmatch(bare) else None


def key_of(sign: Sign) -> tuple[str, str]:
    """By which it is found, however it is spelt."""
    match sign.kind:
        case SignKind.EVCCID:
            return sign.kind.value, bare_evccid(sign.value) or fold(sign.value)
        case SignKind.CONTRACT:
            return sign.kind.value, re.sub(r"[*\-]", "", fold(sign.value))
        case SignKind.CARD:
            return sign.kind.value, fold(sign.value)


def keys_shown(uid: str, contract_id: str) -> tuple[tuple[str, str], ...]:
    """What a Token may be known by, the surest first: the car itself, its card, the contract of either."""
    evccid = bare_evccid(uid)
    shown = [Sign(SignKind.EVCCID, uid)] if evccid is not None else []
    shown += [Sign(SignKind.CARD, uid), Sign(SignKind.CONTRACT, contract_id)]
    return tuple(key_of(one) for one in shown if one.value)


# What is said of a departure ------------------------------------------------------------------------------------------


class DepartureSaid(Struct, frozen=True, kw_only=True):
    """A departure as somebody writes it down.

    `vehicle` is its id. `days` are `Mon-Fri`, `Mon Wed Sat` or `daily`, or a single date; `at` and `back` are HH:MM by
    the clock at the depot; `need` is `120 km`, `35 kWh` or `80 %`; `but_on` are dates with spaces between them.
    """

    id: str
    vehicle: str
    days: str
    at: str
    back: str = ""
    need: str
    begins_on: str = ""
    ends_on: str = ""
    but_on: str = ""
    note: str = ""


def departure(said: DepartureSaid, fleet: Fleet, vehicles: Mapping[str, Vehicle], ref: str, now: datetime) -> Departure:
    """`vehicles` by id, folded. Raises Unfit, naming the first field that cannot be."""
    leaves = vehicles.get(fold(said.vehicle.strip()))
    if leaves is None:
        raise Unfit("vehicle", f"{said.vehicle!r} is no vehicle of this fleet")
    once = _date_or_none(said.days)
    begins_on, ends_on = _date("begins_on", said.begins_on), _date("ends_on", said.ends_on)
    if once is not None and (begins_on or ends_on):
        raise Unfit("begins_on", "what is on a single date neither begins nor ends on another")
    if begins_on is not None and ends_on is not None and ends_on < begins_on:
        raise Unfit("ends_on", "it ends before it begins")
    wanted = need(said.need)
    if needed(wanted, leaves) > leaves.battery:
        most = (leaves.battery - leaves.reserve).kwh
        raise Unfit(
            "need",
            f"{wanted} is more than {leaves.id} can have: {most.normalize():f} kWh beside its reserve, "
            f"{(most * 100 / leaves.per_100_km.kwh).quantize(Decimal(1))} km",
        )
    return Departure(
        holder=fleet.holder,
        fleet=fleet.ref,
        ref=ref,
        id=_word("id", said.id),
        vehicle=leaves.ref,
        days=days(said.days) if once is None else (once.isoweekday(),),
        begins_on=begins_on if once is None else once,
        ends_on=ends_on if once is None else once,
        but_on=tuple(sorted({_must_date("but_on", one) for one in said.but_on.split()})),
        at=_time("at", said.at),
        back=_time("back", said.back) if said.back.strip() else None,
        need=wanted,
        note=_word("note", said.note, may_be_empty=True, most=NOTE_MAX),
        last_updated=now,
    )


def days(text: str) -> tuple[int, ...]:
    """Days of the week, 1 is Monday. Raises Unfit."""
    words = re.split(r"[\s,;]+", text.strip())
    if words in (["daily"], ["*"]):
        return EVERY_DAY
    found: set[int] = set()
    for word in words:
        first, _, last = word.partition("-")
        begin, end = _weekday(first, text), _weekday(last or first, text)
        found |= {(begin + step - 1) % 7 + 1 for step in range((end - begin) % 7 + 1)}
    return tuple(sorted(found))


def _weekday(word: str, text: str) -> int:
    for number, name in enumerate(DAYS, 1):
        if fold(word[:3]) == fold(name):
            return number
    raise Unfit("days", f"{text[:40]!r} are no days: Mon-Fri, Mon Wed Sat, daily, or a date as 2026-11-23")


def days_said(one: Departure) -> str:
    """As `days` reads it."""
    if one.once is not None:
        return one.once.isoformat()
    if one.days == EVERY_DAY:
        return "daily"
    parts: list[list[int]] = []
    for day in one.days:
        if parts and parts[-1][-1] == day - 1:
            parts[-1].append(day)
        else:
            parts.append([day])
    return " ".join(DAYS[part[0] - 1] + (f"-{DAYS[part[-1] - 1]}" if len(part) > 1 else "") for part in parts)


def need(text: str) -> Need:
    """Raises Unfit."""
    found = _NEED.fullmatch(text.strip().replace(",", "."))
    if found is None:
        raise Unfit("need", f"{text[:40]!r} is none: 120 km, 35 kWh or 80 %")
    one = Need(Decimal(found[1]), _UNITS[found[2].lower()])
    if one.unit is NeedUnit.PERCENT and one.amount > 100:
        raise Unfit("need", "no battery is fuller than 100 %")
    return one


def percent(value: Decimal) -> Decimal:
    """A state of charge. Raises Unfit."""
    return _between("percent", value, "0", "100")


# Words and numbers ----------------------------------------------------------------------------------------------------


def _word(field: str, text: str, *, may_be_empty: bool = False, most: int = WORD_MAX) -> str:
    word = text.strip()
    if not word and not may_be_empty:
        raise Unfit(field, "it is empty")
    if len(word) > most or not (word.isprintable()):
        raise Unfit(field, f"it has 1 to {most} printable characters")
    return word


def name(field: str, text: str) -> str:
    """Raises Unfit."""
    return _word(field, text)


def _between(field: str, value: Decimal, least: str, most: str) -> Decimal:
    try:
        number = sane(value)
    except (ValueError, InvalidOperation) as error:
        raise Unfit(field, f"it is a number from {least} to {most}") from error
    if not Decimal(least) <= number <= Decimal(most):
        raise Unfit(field, f"{number:f} is not from {least} to {most}")
    return number


def _time(field: str, text: str) -> time:
    try:
        if re.fullmatch(r"\d\d?:\d\d", text.strip()):
            return time.fromisoformat(text.strip().zfill(5))
    except ValueError:
        pass
    raise Unfit(field, f"{text[:20]!r} is no time of day as 06:30")


def _date_or_none(text: str) -> date | None:
    return _must_date("days", text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text.strip()) else None


def _date(field: str, text: str) -> date | None:
    return _must_date(field, text) if text.strip() else None


def _must_date(field: str, text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise Unfit(field, f"{text[:20]!r} is no date as 2026-11-23") from error


# As it is written down again ------------------------------------------------------------------------------------------


def said_of(one: Vehicle, today: date) -> VehicleSaid:
    return VehicleSaid(
        id=one.id,
        name=one.name,
        plate=one.plate or "",
        depot=one.depot,
        battery_kwh=_plain(one.battery.kwh),
        ac_amps=_plain(one.ac_amps_max),
        ac_phases=one.ac_phases,
        dc_kw=_plain(Decimal(0) if one.dc_max is None else one.dc_max.kw),
        kwh_per_100_km=_plain(one.per_100_km.kwh),
        reserve_percent=_plain(one.reserve_percent),
        cards=_of_kind(one.signs, SignKind.CARD),
        evccids=_of_kind(one.signs, SignKind.EVCCID),
        contracts=_of_kind(one.signs, SignKind.CONTRACT),
        cost_centre=one.cost_centre(today) or "",
    )


def said_of_departure(one: Departure, vehicle_id: str) -> DepartureSaid:
    return DepartureSaid(
        id=one.id,
        vehicle=vehicle_id,
        days=days_said(one),
        at=f"{one.at:%H:%M}",
        back="" if one.back is None else f"{one.back:%H:%M}",
        need=str(one.need),
        begins_on="" if one.once or one.begins_on is None else one.begins_on.isoformat(),
        ends_on="" if one.once or one.ends_on is None else one.ends_on.isoformat(),
        but_on=" ".join(day.isoformat() for day in one.but_on),
        note=one.note,
    )


def _of_kind(signs: Iterable[Sign], kind: SignKind) -> str:
    return " ".join(one.value for one in signs if one.kind is kind)


def _plain(number: Decimal) -> Decimal:
    """Without noughts at its end."""
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()


# Swaps ----------------------------------------------------------------------------------------------------------------


def instead(first: Vehicle, other: Vehicle, wanted: Need) -> Vehicle:
    """The other, if it stands at the same depot and can have so much at all. Raises NotSwappable."""
    if other.fleet != first.fleet or other.depot != first.depot:
        raise NotSwappable("it stands at another depot")
    if needed(wanted, other) > other.battery:
        raise NotSwappable("its battery is too small for this trip")
    return other


def known_by(vehicles: Sequence[Vehicle]) -> dict[str, Vehicle]:
    """By id, folded."""
    return {fold(one.id): one for one in vehicles}


def same(before: Vehicle | Departure | None, after: Vehicle | Departure) -> bool:
    """Whether it says nothing new."""
    return before is not None and replace(before, last_updated=after.last_updated) == after


def of_holder(holder: PartyId, by: Visitor) -> PartyId:
    """Raises NotYours."""
    if by.holder not in (None, holder):
        raise NotYours
    return holder
