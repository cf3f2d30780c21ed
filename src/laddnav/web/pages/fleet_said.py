"""What the pages of a fleet have in common: who sees which, how a departure is shown, what was filled in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec import Struct
from starlette.responses import Response

from laddnav.db.unit import Unit
from laddnav.fleets import actions as fleets
from laddnav.fleets import filling, rules, written_vehicles
from laddnav.fleets.model import Depot, Fleet, Outlook, Proposal, Vehicle
from laddnav.fleets.readiness import expected
from laddnav.fleets.rules import Unfit
from laddnav.kit import json
from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.people.model import Role
from laddnav.web.asked import Asked


class Row(Struct, frozen=True, kw_only=True):
    """A departure. `has`, `comes` and `needs` are percent of the battery: now, with the charge, and at least."""

    outlook: Outlook
    zone: str
    depot: Depot
    has: int
    comes: int
    needs: int
    swaps: tuple[tuple[Proposal, Vehicle], ...]
    swapped_for: Vehicle | None


def row_of(one: Outlook, fleet: Fleet, known: Mapping[str, Vehicle]) -> Row:
    depot = fleet.depot(one.vehicle.depot)
    assert depot is not None, "a vehicle stands at a depot of its fleet"
    coming = NO_ENERGY
    if one.plugged is not None and one.plugged.works:
        blocks = expected(one.plugged, one.content.at, one.trip.departs_at)
        coming = min(filling.planned(blocks, one.content.at, one.trip.departs_at), one.readiness.missing)
    return Row(
        outlook=one,
        zone=depot.time_zone,
        depot=depot,
        has=percent(one.content.low, one.vehicle),
        comes=percent(one.content.low + coming, one.vehicle),
        needs=percent(filling.needed(one.trip.need, one.vehicle), one.vehicle),
        swaps=tuple((each, known[each.vehicle]) for each in one.swaps),
        swapped_for=None if one.trip.swapped_for is None else known.get(one.trip.swapped_for),
    )


def percent(energy: Energy, vehicle: Vehicle) -> int:
    return max(0, min(100, round(energy.wh * 100 / vehicle.battery.wh)))


async def seen_by(asked: Asked, unit: Unit) -> Fleet:
    """Its page goes by the clock of its first depot. Raises UnknownFleet, NotYours."""
    fleet = rules.seen(asked.visitor, await fleets.by_ref(unit, asked.part("ref")))
    asked.zone = fleet.depots[0].time_zone if fleet.depots else asked.zone
    return fleet


async def changed_by(asked: Asked, unit: Unit) -> Fleet:
    """Raises UnknownFleet, NotYours, NotAllowed."""
    return rules.changeable(asked.visitor, await fleets.by_ref(unit, asked.part("ref")))


def may_change(asked: Asked) -> bool:
    return asked.visitor.role is not Role.VIEWER


def path_of(fleet: Fleet) -> str:
    return f"/fleets/{fleet.ref}"


def centres(asked: Asked, fleet: Fleet) -> list[tuple[str, str]]:
    named = [(one.code, f"{one.code} · {one.name}" if one.name else one.code) for one in fleet.cost_centres]
    return [(written_vehicles.NOBODY, asked.say("nobody in particular")), *named]


def words_of(asked: Asked) -> dict[str, str]:
    return {name: value.strip() for name, value in asked.form.items() if name != "csrf"}


def number(asked: Asked, name: str) -> Decimal | None:
    """Raises Unfit."""
    text = asked.said(name).replace(",", ".")
    if not text:
        return None
    if not text.replace(".", "", 1).isdecimal() or len(text) > 12:
        raise Unfit(name, asked.say("this is no number"))
    return Decimal(text)


def day(text: str) -> date:
    """Raises Unfit."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Unfit("on", f"{text[:20]!r} is no date as 2026-11-23") from error


def month(asked: Asked, now: datetime) -> date:
    """Its first day; this month where none is said. Raises Unfit."""
    text = asked.query("month")
    return now.astimezone(ZoneInfo(asked.zone)).date().replace(day=1) if text is None else day(f"{text[:7]}-01")


def file_of(asked: Asked) -> str:
    """The text of the one that was chosen."""
    texts = json.decode(asked.said("files") or "{}", dict[str, str])
    return next(iter(texts.values()), "")


def what_became(asked: Asked, new: int, changed: int, same: int) -> str:
    return asked.say(
        "Taken: %(new)s new, %(changed)s changed, %(same)s as before.", new=new, changed=changed, same=same
    )


def as_csv(text: str, name: str) -> Response:
    return Response(text, media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}.csv"'})
