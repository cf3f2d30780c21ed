"""The plan of a site, what came of it, and what it was worth."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from laddnav.scheduling.notes import Said
from laddnav.scheduling.site import Wish


class PlannedCar(Struct, frozen=True, kw_only=True):
    """A car as the plan saw it.

    `energy` is what it still wanted and `unmet` what it will miss, both kWh; `power` is kW a step.
    `said`: its driver, or whoever speaks for the vehicle, said what it needs; False: it is taken to need the usual.
    """

    session_id: str
    session_ref: str
    station_id: str
    evse_no: int
    since_at: datetime
    departs_at: datetime
    energy: float
    said: bool
    wish: Wish
    amps_max: float
    power: tuple[float, ...]
    unmet: float


class PlannedRoom(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a plan leaves to so many `cars` that are expected, beyond what their plugs fall back to.

    So many of them are `timetabled`, the others usually come. `power` is kW a step and `energy` what they would take,
    kWh. The plan is so much `dearer` for it. `gave_way`: a car that is there would have missed energy for them, so that
    nothing is left to them.
    """

    cars: int
    timetabled: int = 0
    energy: float
    power: tuple[float, ...] = ()
    dearer: float = 0.0
    gave_way: bool = False


class SitePlan(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is to happen at a site: kW a step, the mean over the step. `number` grows by one with each plan.

    It was made because of `why`, and another is due when the `situation` is a different one (`planning.situation`).
    `prices` are money per kWh that comes in. `cost` is that of all energy and peaks until the end, `bound` what no plan
    could do for less, `at_once` what the same energy costs when every car takes it as soon as it can. `roof_out`: kW at
    most that are to go out of a roof that can be told, None: all that it gives; it is `roof_down` less than `solar`, of
    which nothing is taken off. `room`: for who is expected, None: nobody is. `forecast_from`:
    prices from then on are not published yet. `notes` say what cannot be met, or was not known.
    """

    number: int
    made_at: datetime
    why: Said
    situation: str = ""
    start_at: datetime
    step_minutes: int
    prices: tuple[float, ...]
    carbon: tuple[float, ...] = ()
    cars: tuple[PlannedCar, ...] = ()
    grid: tuple[float, ...] = ()
    building: tuple[float, ...] = ()
    solar: tuple[float, ...] = ()
    roof_out: tuple[float | None, ...] = ()
    roof_down: tuple[float, ...] = ()
    battery: tuple[float, ...] = ()
    limit: tuple[float, ...] = ()
    cost: float
    bound: float | None = None
    at_once: float | None = None
    room: PlannedRoom | None = None
    currency: str
    forecast_from: datetime | None = None
    notes: tuple[Said, ...] = ()


class Quarter(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A quarter of an hour that has begun: what was planned for it and what happened, mean kW each; None: not known.

    `planned` is what the cars were to draw and `planned_grid` what was to come in, by the first plan that was made in
    it or for it; `grid_seconds` for how much of it the meter at the connection was heard.
    """

    at: datetime
    planned: float | None = None
    planned_grid: float | None = None
    limit: float | None = None
    cars: float | None = None
    grid: float | None = None
    grid_seconds: float = 0.0
    building: float | None = None
    solar: float | None = None
    battery: float | None = None


class Savings(Struct, frozen=True, kw_only=True):
    """What planning was worth in a time: the same cars and the same energy, as it was charged and as soon as it could.

    Both at the prices and peaks that came true. Cars that gave back are thought to have drawn at once what they kept,
    so that what was lost on the way out and in again is of `cost` alone. `energy_kwh` is what they drew less
    `returned_kwh`. `lent_kwh`: what left their batteries and was not in them again by the end; in `cost` it is bought
    again at the mean price of that time. `missed_kwh`: what the fuses would not have given in time to cars that
    do not wait, so that charging at once costs that much less. `carbon` in kg; None: nobody knew it.
    """

    begin_at: datetime
    end_at: datetime
    currency: str
    cars: int
    energy_kwh: Decimal
    cost: Decimal
    cost_at_once: Decimal
    returned_kwh: Decimal = Decimal(0)
    lent_kwh: Decimal = Decimal(0)
    missed_kwh: Decimal = Decimal(0)
    carbon: Decimal | None = None
    carbon_at_once: Decimal | None = None

    @property
    def saved(self) -> Decimal:
        return self.cost_at_once - self.cost
