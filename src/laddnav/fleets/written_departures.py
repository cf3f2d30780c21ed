"""What somebody writes down of a departure, read and written again; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from laddnav.fleets.filling import needed
from laddnav.fleets.model import Departure, Fleet, Need, NeedUnit, Vehicle
from laddnav.fleets.rules import Unfit
from laddnav.fleets.words import a_date, date_or_nothing, one_date, time_of_day, word
from laddnav.kit.ids import fold

NOTE_MAX = 200
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
_NEED = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*(km|kwh|%)", re.IGNORECASE)
_UNITS = {"km": NeedUnit.KM, "kwh": NeedUnit.KWH, "%": NeedUnit.PERCENT}


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
    once = one_date(said.days)
    begins_on, ends_on = date_or_nothing("begins_on", said.begins_on), date_or_nothing("ends_on", said.ends_on)
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
        id=word("id", said.id),
        vehicle=leaves.ref,
        days=days(said.days) if once is None else (once.isoweekday(),),
        begins_on=begins_on if once is None else once,
        ends_on=ends_on if once is None else once,
        but_on=tuple(sorted({a_date("but_on", one) for one in said.but_on.split()})),
        at=time_of_day("at", said.at),
        back=time_of_day("back", said.back) if said.back.strip() else None,
        need=wanted,
        note=word("note", said.note, may_be_empty=True, most=NOTE_MAX),
        last_updated=now,
    )


def days(text: str) -> tuple[int, ...]:
    """Days of the week, 1 is Monday. Raises Unfit."""
    spans = re.split(r"[\s,;]+", text.strip())
    if spans in (["daily"], ["*"]):
        return EVERY_DAY
    found: set[int] = set()
    for span in spans:
        first, _, last = span.partition("-")
        begin, end = _weekday(first, text), _weekday(last or first, text)
        found |= {(begin + step - 1) % 7 + 1 for step in range((end - begin) % 7 + 1)}
    return tuple(sorted(found))


def _weekday(day: str, text: str) -> int:
    for number, name in enumerate(DAYS, 1):
        if fold(day[:3]) == fold(name):
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
