"""The energy manager's pages: what a site draws against what it may, what is planned and why, and what that saves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec import Struct
from starlette.responses import Response

from laddnav.db.unit import Unit
from laddnav.market import actions as market
from laddnav.market import grid
from laddnav.market.model import Due, GridTariff
from laddnav.market.zones import ZONES
from laddnav.people.api import yours
from laddnav.scheduling.notes import NoteKind, noted
from laddnav.scheduling.site import Steps
from laddnav.scheduling.terms import MixedCurrencies, Terms, terms
from laddnav.sites import actions as sites
from laddnav.sites.actions import planning
from laddnav.sites.model.now import Picture
from laddnav.sites.model.plan import PlannedRoom, Quarter, Savings, SitePlan
from laddnav.sites.model.site import Site
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.drawn import Bar, Chart, Paper
from laddnav.web.format import Format
from laddnav.web.notes import worded
from laddnav.web.pages import site_set_up

QUARTER = timedelta(minutes=15)
PAST, AHEAD, FARTHEST = timedelta(hours=6), timedelta(hours=24), timedelta(hours=48)
SAVED_OVER = timedelta(days=7)
LISTED = 20
WORTH_SAYING = Decimal("0.005")  # of money


class Peaks(Struct, frozen=True, kw_only=True):
    """The highest hours of the month so far; `next_kw` is what one more kW in each of them would cost."""

    due: Due
    per_kw: Decimal
    count: int


class Kept(Struct, frozen=True, kw_only=True):
    """Room for `cars` that are expected, as `PlannedRoom` has it; `dearer` None: by no more than half a coin."""

    cars: int
    timetabled: int
    kwh: Decimal
    dearer: Decimal | None
    gave_way: bool


async def list_all(asked: Asked) -> Response:
    async with asked.unit() as unit:
        found = await sites.page(unit, asked.visitor.holder, after=asked.query("cursor"), limit=LISTED + 1)
        shown = [(one, await sites.moment_of(unit, one.holder, one.id)) for one in found[:LISTED]]
    return asked.page(
        "sites.html",
        sites=[(one, now, _limit_kw(one)) for one, now in shown],
        next=found[LISTED - 1].ref if len(found) > LISTED else None,
        begun=asked.query("cursor") is not None,
    )


async def show(asked: Asked) -> Response:
    """Raises UnknownSite, NotYours."""
    async with asked.unit() as unit:
        site = await _site(asked, unit)
        now = await sites.moment_of(unit, site.holder, site.id)
        plan = await sites.plan_of(unit, site.holder, site.id)
        begin = grid.hour_of(unit.now, timedelta(hours=1)) - PAST
        end = _until(plan, unit.now)
        history = await sites.history(unit, site.holder, site.id, begin, unit.now)
        found, tariff = await _terms(unit, site, begin, end)
        month = _month(site, unit.now)
        peaks = (
            []
            if tariff is None
            else _peaks(tariff, grid.peaks(tariff, await planning.came_in(unit, site, month, unit.now)))
        )
    saved = await _saved(asked, site, now.at)
    write = Format(asked.language)
    return asked.page(
        "site.html",
        site=site,
        now=now,
        plan=plan,
        plan_why="" if plan is None else worded(plan.why, asked.language),
        notes=() if plan is None else [worded(note, asked.language) for note in plan.notes],
        limit_kw=_limit_kw(site),
        power=_power(site, plan, history, now, begin, end, asked.language),
        prices=None if found is None else _prices(found, begin, end, now.at, site, write, asked.language),
        currency=site.currency if found is None else found.currency,
        peaks=peaks,
        saved=saved,
        saves=None if plan is None or plan.at_once is None else Decimal(str(round(plan.at_once - plan.cost, 4))),
        kept=None if plan is None or plan.room is None else _kept(plan.room),
        out=[(one, worded(one.out_why, asked.language)) for one in now.members if one.out_at is not None],
        unsure=[one for one in now.members if not one.fallback_known and one.out_at is None],
    )


async def bring_back(asked: Asked) -> Response:
    """Raises UnknownSite, NotYours."""
    async with asked.unit() as unit:
        site = await _site(asked, unit)
        station_id, evse_no = asked.said("station_id"), asked.number("evse_no") or 0
        await sites.bring_back(unit, site.holder, site.id, station_id, evse_no, by=asked.visitor.name)
    return asked.done(f"/sites/{site.ref}", asked.say("%(station)s takes part again.", station=station_id))


async def plan_anew(asked: Asked) -> Response:
    """Raises UnknownSite, NotYours."""
    async with asked.unit() as unit:
        site = await _site(asked, unit)
    await sites.plan(
        asked.console.database, site.holder, site.id, why=noted(NoteKind.ASKED_FOR, name=asked.visitor.name)
    )
    return asked.done(f"/sites/{site.ref}", asked.say("Another plan is in force."))


async def _site(asked: Asked, unit: Unit) -> Site:
    site = await sites.by_ref(unit, asked.part("ref"))
    yours(asked.visitor, site.holder)
    return site


async def _terms(unit: Unit, site: Site, begin: datetime, end: datetime) -> tuple[Terms | None, GridTariff | None]:
    """What a kWh costs by the quarter, all in; None where no zone says, or two currencies do not add up."""
    kept = None if site.grid_tariff_id is None else await market.find_tariff(unit, site.holder, site.grid_tariff_id)
    tariff = None if kept is None else kept.tariff
    if site.bidding_zone is None or site.bidding_zone not in ZONES:
        return None, tariff
    series = await market.prices(unit, site.bidding_zone, begin, end)
    steps = Steps(begin, QUARTER, (end - begin) // QUARTER)
    try:
        return (terms(steps, series, tariff) if series.steps else None), tariff
    except MixedCurrencies:
        return terms(steps, series), tariff


async def _saved(asked: Asked, site: Site, now: datetime) -> Savings | None:
    """None: nobody charged, or prices and grid tariff are in two currencies, as the notes of the plan say."""
    try:
        saved = await sites.savings(asked.console.database, site.holder, site.id, now - SAVED_OVER, now)
    except MixedCurrencies:
        return None
    return saved if saved.cars else None


def _until(plan: SitePlan | None, now: datetime) -> datetime:
    """Where the picture ends: with the plan, a day ahead at least and two at most."""
    planned = now if plan is None else plan.start_at + len(plan.prices) * timedelta(minutes=plan.step_minutes)
    return grid.hour_of(min(max(planned, now + AHEAD), now + FARTHEST), timedelta(hours=1))


def _limit_kw(site: Site) -> Decimal:
    return sum(site.amps, Decimal(0)) * site.volts / 1000


def _month(site: Site, at: datetime) -> datetime:
    local = at.astimezone(ZoneInfo(site.time_zone))
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0).astimezone(at.tzinfo)


def _peaks(tariff: GridTariff, dues: Sequence[Due]) -> list[Peaks]:
    charges = {one.name: one for one in tariff.peaks}
    return [
        Peaks(due=one, per_kw=charges[one.name].per_kw, count=charges[one.name].top_n)
        for one in dues
        if one.name in charges
    ]


def _kept(room: PlannedRoom) -> Kept:
    dearer = Decimal(str(room.dearer))
    return Kept(
        cars=room.cars,
        timetabled=room.timetabled,
        kwh=Decimal(str(room.energy)),
        dearer=dearer if dearer >= WORTH_SAYING else None,
        gave_way=room.gave_way,
    )


# ---- What is drawn


def _prices(
    found: Terms, begin: datetime, end: datetime, now: datetime, site: Site, write: Format, language: str
) -> Chart:
    paper = _paper(begin, end, [float(one) for one in found.prices], 120, site, write, language)
    bars = []
    for number, value in enumerate(found.prices):
        at = begin + number * QUARTER
        look = "guess" if found.guessed[number] else _tense(at, now)
        title = f"{_span(at, site)} · {write.number(Decimal(str(round(float(value), 3))))} {found.currency}/kWh"
        bars.append(paper.bar(at, QUARTER, 0, float(value), look, title))
    return paper.chart(bars, now=now)


def _tense(at: datetime, now: datetime) -> str:
    if at + QUARTER <= now:
        return "past"
    return "here" if at <= now else "price"


def _power(
    site: Site,
    plan: SitePlan | None,
    history: Sequence[Quarter],
    now: Picture,
    begin: datetime,
    end: datetime,
    language: str,
) -> Chart:
    """Until now what happened, from now on what is planned: what is drawn stands above zero, what gives below it.

    The building, on it the cars, a battery that charges and room that is kept; below the roof, a battery that gives,
    cars that give back.
    """
    write = Format(language)
    limit = float(_limit_kw(site))
    done = [one for one in history if one.at + QUARTER <= now.at]
    ahead = [] if plan is None else _ahead(plan, max(now.at - QUARTER, plan.start_at), end)
    tops = [_above(one.building, one.cars, one.battery) for one in done]
    tops += [one.building + one.cars + one.room + max(one.battery, 0.0) for one in ahead]
    lows = [-_above(one.solar, -(one.cars or 0.0), -(one.battery or 0.0)) for one in done]
    lows += [min(one.battery, 0.0) - one.solar - one.returned for one in ahead]
    known = [*tops, *lows, *(one.grid or 0.0 for one in done), *(one.grid for one in ahead)]
    # A connection far larger than what is drawn would make everything flat; then its line stands above the picture.
    shown = limit if max(known, default=0.0) > limit / 4 or limit <= 40 else max(known, default=0.0)
    paper = _paper(begin, end, [*known, shown], 240, site, write, language)
    bars: list[Bar] = []
    for one in done:
        flows = [("building", "", one.building), ("cars", "", one.cars), ("battery", "", one.battery)]
        bars += _stack(paper, site, write, one.at, QUARTER, [*flows, ("sun", "", -(one.solar or 0.0))])
    for step in ahead:
        each = [("cars-soft", name, kw) for name, kw in step.each]
        flows = [("building", "", step.building), *each, ("battery", "", step.battery), ("room", "", step.room)]
        flows.append(("sun", "", -step.solar))
        bars += _stack(paper, site, write, step.at, step.length, flows)
    strokes = paper.steps(
        [(one.at, one.at + QUARTER, one.planned_grid) for one in done if one.planned_grid is not None], "plan"
    )
    strokes += paper.steps([(one.at, one.at + QUARTER, one.grid) for one in done if one.grid is not None], "grid")
    strokes += paper.steps([(one.at, one.at + one.length, one.grid) for one in ahead], "plan")
    if shown == limit:
        limits = [(one.at, one.at + QUARTER, one.limit) for one in done if one.limit is not None]
        coming = [(one.at, one.at + one.length, one.limit) for one in ahead if one.limit is not None]
        strokes += paper.steps([*limits, *coming] or [(begin, end, limit)], "limit")
    return paper.chart(bars, strokes, now=now.at)


class Ahead(Struct, frozen=True, kw_only=True):
    """A step of a plan; `each` is (station, kW) of the cars, and `solar` what the roof is to give.

    `room` is kept for cars that are expected.
    """

    at: datetime
    length: timedelta
    building: float
    each: tuple[tuple[str, float], ...]
    solar: float
    battery: float
    grid: float
    room: float
    limit: float | None

    @property
    def cars(self) -> float:
        return sum(kw for _, kw in self.each if kw > 0)

    @property
    def returned(self) -> float:
        """What cars give back."""
        return -sum(kw for _, kw in self.each if kw < 0)


def _ahead(plan: SitePlan, since: datetime, until: datetime) -> list[Ahead]:
    length = timedelta(minutes=plan.step_minutes)
    found = []
    for number in range(len(plan.prices)):
        at = plan.start_at + number * length
        if not since <= at < until:
            continue
        each = tuple((car.station_id, _nth(car.power, number)) for car in plan.cars)
        found.append(
            Ahead(
                at=at,
                length=length,
                building=_nth(plan.building, number),
                each=tuple((name, kw) for name, kw in each if kw),
                solar=_nth(plan.solar, number) - _nth(plan.roof_down, number),
                battery=_nth(plan.battery, number),
                grid=_nth(plan.grid, number),
                room=0.0 if plan.room is None else _nth(plan.room.power, number),
                limit=plan.limit[number] if number < len(plan.limit) else None,
            )
        )
    return found


def _nth(values: Sequence[float], number: int) -> float:
    return values[number] if number < len(values) else 0.0


def _stack(
    paper: Paper,
    site: Site,
    write: Format,
    at: datetime,
    length: timedelta,
    flows: Sequence[tuple[str, str, float | None]],
) -> list[Bar]:
    """`flows`: (look, name, kW). What is drawn stands on zero in this order; what gives hangs below, the last first."""

    def said(name: str, kw: float) -> str:
        return f"{_span(at, site)} · {name} {write.number(Decimal(str(round(kw, 1))))} kW".replace("  ", " ")

    bars, up, down = list[Bar](), 0.0, 0.0
    for look, name, kw in flows:
        if kw is not None and kw > 0:
            bars.append(paper.bar(at, length, up, up + kw, look, said(name, kw)))
            up += kw
    for look, name, kw in reversed(flows):
        if kw is not None and kw < 0:
            bars.append(paper.bar(at, length, down, down + kw, look, said(name, abs(kw) if look == "sun" else kw)))
            down += kw
    return bars


def _above(*kw: float | None) -> float:
    return sum(max(one or 0.0, 0.0) for one in kw)


def _span(at: datetime, site: Site) -> str:
    zone = ZoneInfo(site.time_zone)
    return f"{at.astimezone(zone):%H:%M}–{(at + QUARTER).astimezone(zone):%H:%M}"


def _paper(
    begin: datetime, end: datetime, values: Sequence[float], height: float, site: Site, write: Format, language: str
) -> Paper:
    return Paper(
        begin,
        end,
        values,
        height=height,
        write=lambda value: write.number(Decimal(str(value))),
        zone=site.time_zone,
        language=language,
    )


DOORS: tuple[Door, ...] = (
    see("/sites", list_all),
    *site_set_up.DOORS,
    see("/sites/{ref}", show),
    do("/sites/{ref}/plan", plan_anew),
    do("/sites/{ref}/bring-back", bring_back),
)
