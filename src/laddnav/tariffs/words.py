"""A tariff's conditions and amounts in plain words, English, Swedish and German; another language is English."""

from __future__ import annotations

from datetime import time, timedelta
from decimal import Decimal
from itertools import pairwise

from laddnav.tariffs.model import Restriction, Weekday

_ENGLISH = {
    "always": "always",
    "hours": "from {start} to {end}",
    "start_time": "from {start} to midnight",
    "end_time": "from midnight to {end}",
    "days": "{first} to {last}",
    "start_date": "from {day} on",
    "end_date": "before {day}",
    "energy_min": "from {amount} kWh on",
    "energy_max": "up to {amount} kWh",
    "power_min": "at {amount} kW or more",
    "power_max": "below {amount} kW",
    "current_min": "at {amount} A or more",
    "current_max": "below {amount} A",
    "duration_min": "from {length} after the start",
    "duration_max": "within {length} of the start",
    "RESERVATION": "for a reservation",
    "RESERVATION_EXPIRES": "for a reservation that expires",
} | {day.value: day.value.capitalize() for day in Weekday}

_SWEDISH = {
    "always": "alltid",
    "hours": "kl. {start}–{end}",
    "start_time": "från kl. {start} till midnatt",
    "end_time": "från midnatt till kl. {end}",
    "days": "{first} till {last}",
    "start_date": "från och med {day}",
    "end_date": "före {day}",
    "energy_min": "från {amount} kWh",
    "energy_max": "upp till {amount} kWh",
    "power_min": "vid {amount} kW eller mer",
    "power_max": "under {amount} kW",
    "current_min": "vid {amount} A eller mer",
    "current_max": "under {amount} A",
    "duration_min": "från {length} efter start",
    "duration_max": "inom {length} från start",
    "RESERVATION": "för en reservation",
    "RESERVATION_EXPIRES": "för en reservation som löper ut",
    "MONDAY": "måndag",
    "TUESDAY": "tisdag",
    "WEDNESDAY": "onsdag",
    "THURSDAY": "torsdag",
    "FRIDAY": "fredag",
    "SATURDAY": "lördag",
    "SUNDAY": "söndag",
}

_GERMAN = {
    "always": "immer",
    "hours": "von {start} bis {end}",
    "start_time": "von {start} bis Mitternacht",
    "end_time": "von Mitternacht bis {end}",
    "days": "{first} bis {last}",
    "start_date": "ab {day}",
    "end_date": "vor {day}",
    "energy_min": "ab {amount} kWh",
    "energy_max": "bis {amount} kWh",
    "power_min": "bei {amount} kW oder mehr",
    "power_max": "unter {amount} kW",
    "current_min": "bei {amount} A oder mehr",
    "current_max": "unter {amount} A",
    "duration_min": "ab {length} nach dem Start",
    "duration_max": "bis {length} nach dem Start",
    "RESERVATION": "für eine Reservierung",
    "RESERVATION_EXPIRES": "für eine Reservierung, die verfällt",
    "MONDAY": "Montag",
    "TUESDAY": "Dienstag",
    "WEDNESDAY": "Mittwoch",
    "THURSDAY": "Donnerstag",
    "FRIDAY": "Freitag",
    "SATURDAY": "Samstag",
    "SUNDAY": "Sonntag",
}

_WORDS = {"en": _ENGLISH, "sv": _SWEDISH, "de": _GERMAN}


def when(restriction: Restriction, language: str = "en") -> str:
    """`Monday to Friday, from 09:00 to 18:00`; a restriction without conditions is `always`."""
    r, words = restriction, _WORDS.get(language, _ENGLISH)
    amounts = {
        "energy_min": r.energy_min.kwh if r.energy_min else None,
        "energy_max": r.energy_max.kwh if r.energy_max else None,
        "power_min": r.power_min.kw if r.power_min else None,
        "power_max": r.power_max.kw if r.power_max else None,
        "current_min": r.current_min,
        "current_max": r.current_max,
    }
    lengths = {"duration_min": r.duration_min, "duration_max": r.duration_max}
    days = {"start_date": r.start_date, "end_date": r.end_date}
    parts = [
        *([_days(r.weekdays, words)] if r.weekdays else []),
        *_hours(r.start_time, r.end_time, words),
        *(words[name].format(day=day.isoformat()) for name, day in days.items() if day is not None),
        *(words[name].format(amount=number(of, language)) for name, of in amounts.items() if of is not None),
        *(words[name].format(length=length(of, language)) for name, of in lengths.items() if of is not None),
        *([words.get(r.reservation, r.reservation)] if r.reservation else []),
    ]
    return ", ".join(parts) or words["always"]


def number(amount: Decimal, language: str = "en") -> str:
    """All digits that say something, with the language's decimal sign."""
    text = f"{amount:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace(".", ",") if language in ("sv", "de") else text


def length(of: timedelta, language: str = "en") -> str:
    """`1 h 30 min`, `45 s`; the units are written alike in all languages."""
    seconds = of // timedelta(seconds=1)
    parts = ((seconds // 3600, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"


def _hours(start: time | None, end: time | None, words: dict[str, str]) -> list[str]:
    """00:00 is the day's own beginning and end."""
    since, until = (None if at == time() else at for at in (start, end))
    if since is None and until is None:
        return []
    kind = "hours" if since and until else "start_time" if since else "end_time"
    return [words[kind].format(start=since and _clock(since), end=until and _clock(until))]


def _clock(moment: time) -> str:
    return moment.strftime("%H:%M:%S" if moment.second else "%H:%M")


def _days(days: tuple[Weekday, ...], words: dict[str, str]) -> str:
    week = list(Weekday)
    places = sorted(week.index(day) for day in days)
    if len(places) > 2 and all(after == before + 1 for before, after in pairwise(places)):
        return words["days"].format(first=words[week[places[0]]], last=words[week[places[-1]]])
    return ", ".join(words[week[place]] for place in places)
