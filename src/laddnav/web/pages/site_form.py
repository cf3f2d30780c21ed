"""The form of a site: what stands in each field, and what is wrong where.

Rows that are left empty count for nothing, so that a form without scripts has room for more of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.parties import actions as parties
from laddnav.scheduling.site import Wish
from laddnav.sites import actions as sites
from laddnav.sites.model.site import NO_AMPS, Aim, Amps, Member, Panel, Phase, Site, SiteBattery, Unsaid
from laddnav.web.asked import Asked

ROWS_MAX = 100  # of a form; larger sites are written as JSON
MOST = Decimal(100_000)  # of anything that is typed as a number
PANEL = ("name", "under", "amps")
MEMBER = ("station", "evse", "panel", "phases", "most", "least", "fallback", "back")
_ID = re.compile(r"[!-~]{1,64}")

Words = Mapping[str, str]  # what stands in each field


class Typed:
    """A form being read: what stands in it, and what is wrong where."""

    def __init__(self, asked: Asked, words: Words) -> None:
        self._asked = asked
        self.words = words
        self.wrong: dict[str, str] = {}

    def say(self, text: str) -> str:
        return self._asked.say(text)

    def text(self, name: str) -> str:
        return self.words.get(name, "").strip()

    def fault(self, name: str, says: str) -> None:
        """In the language of whoever typed it."""
        self.wrong.setdefault(name, says)

    def needed(self, name: str, most: int = 200) -> str:
        text = self.text(name)
        if not text:
            self.fault(name, self.say("Fill this in"))
        elif len(text) > most or not text.isprintable():
            self.fault(name, self.say("That is too long, or cannot be printed"))
        return text

    def number(self, name: str, otherwise: str = "") -> Decimal:
        """Nought or more."""
        text = (self.text(name) or otherwise).replace(",", ".")
        found = _number(text)
        if found is None:
            self.fault(name, self.say("A number, nought or more"))
        return found or Decimal(0)

    def number_or_none(self, name: str) -> Decimal | None:
        return self.number(name) if self.text(name) else None

    def whole(self, name: str, otherwise: str = "") -> int:
        found = self.number(name, otherwise)
        if found != found.to_integral_value():
            self.fault(name, self.say("A whole number"))
        return int(found)

    def amps(self, name: str, otherwise: str = "") -> Amps:
        """One number for all three phases, or three."""
        parts = [_number(part.replace(",", ".")) for part in (self.text(name) or otherwise).split()]
        if len(parts) == 1:
            parts *= 3
        if len(parts) != 3 or None in parts:
            self.fault(name, self.say("One number for all phases, or three: 63 or 63 63 50"))
            return NO_AMPS
        one, other, third = (part or Decimal(0) for part in parts)
        return (one, other, third)

    def phases(self, name: str) -> tuple[Phase, ...]:
        """Those of the mains behind L1, L2 and L3 of a Station; all three where nothing is said."""
        parts = self.text(name).upper().replace(",", " ").split()
        found = tuple(one for part in parts for one in Phase if part in (one.value, one.value[1:]))
        if len(found) != len(parts) or len(set(found)) != len(found):
            self.fault(name, self.say("Phases of the mains, each once: L1 L2 L3, or L2"))
        return found or tuple(Phase)

    def rows(self, kind: str, fields: Sequence[str]) -> list[str]:
        """The beginnings of the names of those in which anything is said."""
        made = [f"{kind}{number}_" for number in range(ROWS_MAX)]
        return [row for row in made if any(self.text(row + field) for field in fields)]


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 <= found <= MOST else None


async def read(unit: Unit, typed: Typed, holder: PartyId, before: Site | None) -> Site:
    """As far as it can be read; what cannot stands in `typed.wrong`. What the form does not ask stays as it was."""
    party = await parties.fetch(unit, holder)
    id = before.id if before is not None else typed.needed("id", 64)
    if before is None and id:
        if not _ID.fullmatch(id):
            typed.fault("id", typed.say("Letters, digits and signs without a space"))
        elif await _exists(unit, holder, id):
            typed.fault("id", typed.say("There is a site of this id already"))
    battery = None
    if typed.text("battery_kwh"):
        battery = SiteBattery(
            capacity_kwh=typed.number("battery_kwh"),
            charge_kw=typed.number("battery_charge_kw"),
            discharge_kw=typed.number("battery_discharge_kw"),
        )
        if before is not None and before.battery is not None:
            battery = replace(battery, efficiency=before.battery.efficiency)
    of_before = () if before is None else before.location_ids
    place = typed.text("place")
    said: dict[str, Any] = {
        "name": typed.needed("name"),
        "location_ids": (place, *(one for one in of_before[1:] if one != place)) if place else (),
        "time_zone": typed.text("time_zone") or party.time_zone,
        "currency": typed.text("currency").upper() or party.currency,
        "bidding_zone": typed.text("bidding_zone") or None,
        "grid_tariff_id": typed.text("grid_tariff_id") or None,
        "amps": typed.amps("amps"),
        "building": typed.amps("building", "0"),
        "unbalance_amps": typed.number_or_none("unbalance_amps"),
        "solar_kwp": typed.number_or_none("solar_kwp"),
        "solar_follows": typed.text("solar_follows") == "yes",
        "battery": battery,
        "aim": next((one for one in Aim if one.value == typed.text("aim")), Aim.COST),
        "keeps_room": typed.text("keeps_room") != "no",
        "reaction_seconds": typed.whole("reaction_seconds", "60"),
        "unsaid": _unsaid(typed, Unsaid() if before is None else before.unsaid),
        "panels": tuple(_panel(typed, row) for row in typed.rows("p", PANEL)),
        "members": tuple(_member(typed, row, before) for row in typed.rows("m", MEMBER)),
        "last_updated": unit.now,
    }
    if before is not None:
        return replace(before, **said)
    return Site(holder=holder, id=id, ref=unit.new_id(), **said)


def _unsaid(typed: Typed, before: Unsaid) -> Unsaid:
    return Unsaid(
        energy_kwh=typed.number("unsaid_kwh", _said(before.energy_kwh)),
        stay_hours=typed.number("unsaid_hours", _said(before.stay_hours)),
        wish=next((one for one in Wish if one.value == typed.text("unsaid_wish")), before.wish),
    )


async def _exists(unit: Unit, holder: PartyId, id: str) -> bool:
    try:
        await sites.fetch(unit, holder, id)
    except Refusal:
        return False
    return True


def _panel(typed: Typed, row: str) -> Panel:
    return Panel(
        name=typed.needed(f"{row}name"), under=typed.text(f"{row}under") or None, amps=typed.amps(f"{row}amps")
    )


def _member(typed: Typed, row: str, before: Site | None) -> Member:
    station_id, evse_no = typed.needed(f"{row}station"), typed.whole(f"{row}evse", "1")
    known = () if before is None else before.members
    one = next((each for each in known if (each.station_id, each.evse_no) == (station_id, evse_no)), None)
    said: dict[str, Any] = {
        "panel": typed.text(f"{row}panel") or None,
        "amps_max": typed.number(f"{row}most"),
        "amps_min": typed.number(f"{row}least", "6"),
        "fallback_amps": typed.number(f"{row}fallback", "6"),
    }
    # Who writes the form by himself may leave these out, and they stay.
    if f"{row}phases" in typed.words:
        said["phases"] = typed.phases(f"{row}phases")
    if f"{row}back" in typed.words:
        said["discharge_amps_max"] = typed.number(f"{row}back", "0")
    if one is not None:
        return replace(one, **said)
    return Member(station_id=station_id, evse_no=evse_no, **said)


def place_of(error: str, typed: Typed) -> str | None:
    """The field that a refusal of the whole is about; None: all of it."""
    for row in typed.rows("m", MEMBER):
        station = typed.text(f"{row}station")
        if f"EVSE {typed.text(f'{row}evse') or '1'} of station {station!r}" in error:
            column = next((name for word, name in _COLUMNS.items() if f": {word}" in error), "station")
            return row + ("panel" if "hangs on panel" in error else column)
        if station and f"Station {station!r} is" in error:
            return f"{row}station"
    for row in typed.rows("p", PANEL):
        if error.startswith(f"Panel {typed.text(f'{row}name')!r}"):
            return row + ("under" if "is under" in error else "amps" if "amps" in error else "name")
    if error.startswith("unsaid"):
        return "unsaid_kwh"
    return next((name for name in _OF_ALL if error.startswith(name)), None)


_COLUMNS = {"amps_min": "least", "fallback_amps": "fallback", "phases": "phases", "discharge_amps_max": "back"}
_OF_ALL = ("time_zone", "currency", "amps", "reaction_seconds", "unbalance_amps")


def words_of(site: Site) -> Words:
    """What stands in the form of one that is known."""
    battery = site.battery
    words = {
        "holder": str(site.holder),
        "id": site.id,
        "name": site.name,
        "place": site.location_ids[0] if site.location_ids else "",
        "time_zone": site.time_zone,
        "currency": site.currency,
        "bidding_zone": site.bidding_zone or "",
        "grid_tariff_id": site.grid_tariff_id or "",
        "amps": _each(site.amps),
        "building": _each(site.building),
        "unbalance_amps": _said(site.unbalance_amps),
        "solar_kwp": _said(site.solar_kwp),
        "solar_follows": "yes" if site.solar_follows else "",
        "battery_kwh": _said(None if battery is None else battery.capacity_kwh),
        "battery_charge_kw": _said(None if battery is None else battery.charge_kw),
        "battery_discharge_kw": _said(None if battery is None else battery.discharge_kw),
        "aim": site.aim.value,
        "keeps_room": "yes" if site.keeps_room else "no",
        "reaction_seconds": str(site.reaction_seconds),
        **unsaid_words(site.unsaid),
    }
    for number, panel in enumerate(site.panels):
        of_panel = (panel.name, panel.under or "", _each(panel.amps))
        words |= {f"p{number}_{field}": text for field, text in zip(PANEL, of_panel, strict=True)}
    for number, one in enumerate(site.members):
        phases = "" if one.phases == tuple(Phase) else " ".join(one.phases)
        back = _said(one.discharge_amps_max) if one.discharge_amps_max else ""
        amps = (_said(one.amps_max), _said(one.amps_min), _said(one.fallback_amps), back)
        of_member = (one.station_id, str(one.evse_no), one.panel or "", phases, *amps)
        words |= {f"m{number}_{field}": text for field, text in zip(MEMBER, of_member, strict=True)}
    return words


def unsaid_words(unsaid: Unsaid) -> Words:
    return {
        "unsaid_kwh": _said(unsaid.energy_kwh),
        "unsaid_hours": _said(unsaid.stay_hours),
        "unsaid_wish": unsaid.wish.value,
    }


def _said(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def _each(amps: Amps) -> str:
    return _said(amps[0]) if len(set(amps)) == 1 else " ".join(_said(one) for one in amps)
