"""All that is known of a site at an instant, and what can be asked of it at once; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from laddnav.scheduling.beside import SILENT, Beside
from laddnav.sessions.model import Session
from laddnav.sites import needs
from laddnav.sites.model.plan import PlannedCar, SitePlan
from laddnav.sites.model.site import Site
from laddnav.sites.model.standing import BatteryTold, RoofTold, Standing
from laddnav.sites.model.told import Covers, Measurement, OutsideLimit, Place
from laddnav.sites.needs import Drawn, Need
from laddnav.sites.pace import Pace

Key = tuple[str, int]  # a Station and its number for the Evse


class Facts(Struct, frozen=True, kw_only=True):
    """All that is known of a site at `at`, on our clock.

    `sessions` by where they charge; `drawn` by Session: its last two samples, the newest last. `beside`: what was
    thought to be drawn beside the cars a tick ago; `battery_told`, `roof_told`: what these were told last.
    """

    site: Site
    at: datetime
    pace: Pace = Pace()
    sessions: Mapping[Key, Session]
    standings: Mapping[Key, Standing]
    online: frozenset[str]
    drawn: Mapping[str, tuple[Drawn, ...]] = {}
    measurements: Mapping[Place, Measurement] = {}
    limits: Sequence[OutsideLimit] = ()
    beside: Beside | None = None
    battery_told: BatteryTold | None = None
    roof_told: RoofTold | None = None
    plan: SitePlan | None = None

    def need(self, session: Session) -> Need:
        return needs.need(self.site, session, self.at)

    def newest(self, session: Session | None) -> Drawn | None:
        """What it drew last; None: it has not said."""
        samples = () if session is None else self.drawn.get(session.id, ())
        return samples[-1] if samples else None

    def newest_but_one(self, session: Session | None) -> Drawn | None:
        """What it said it drew before that."""
        samples = () if session is None else self.drawn.get(session.id, ())
        return samples[-2] if len(samples) > 1 else None

    def fresh(self, place: Place) -> Measurement | None:
        """What a meter says now; None: it says nothing, or it is silent."""
        one = self.measurements.get(place)
        return None if one is None or self.at - one.at > self.pace.length(SILENT) else one


def planned_car(plan: SitePlan | None, session_id: str) -> PlannedCar | None:
    return None if plan is None else next((one for one in plan.cars if one.session_id == session_id), None)


def at_step(plan: SitePlan, values: Sequence[float], at: datetime) -> float:
    """What a plan says for this instant; nothing after its end."""
    number = (at - plan.start_at) // timedelta(minutes=plan.step_minutes)
    return values[number] if 0 <= number < len(values) else 0.0


def while_there(plan: SitePlan, car: PlannedCar, at: datetime) -> float:
    """kW of a car at this instant: the mean that is planned for a step flows while it is there and the plan holds."""
    length = timedelta(minutes=plan.step_minutes)
    begin_at = plan.start_at + length * ((at - plan.start_at) // length)
    share = (min(begin_at + length, car.departs_at) - max(begin_at, plan.made_at)) / length
    mean = at_step(plan, car.power, at)
    return mean / share if share > 0 else mean


def kw_of(site: Site, amps: float, used: Sequence[int]) -> float:
    return amps * len(used) * float(site.volts) / 1000


def holds(limit: OutsideLimit, at: datetime, ahead: timedelta = timedelta()) -> bool:
    return limit.begin_at - ahead <= at and (limit.end_at is None or at < limit.end_at)


def allowed(facts: Facts, covers: Covers, begin_at: datetime, end_at: datetime) -> float | None:
    """kW at most at any time from the one to the other, as others say; None: nobody limits it."""
    return min(
        (
            float(one.kw)
            for one in facts.limits
            if one.covers is covers and one.begin_at < end_at and (one.end_at is None or one.end_at > begin_at)
        ),
        default=None,
    )
