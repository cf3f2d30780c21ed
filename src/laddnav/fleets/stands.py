"""How a vehicle stands: what is in it, where it is plugged in, and what is planned for it there; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from laddnav.fleets import filling
from laddnav.fleets.model import Block, Content, Plugged, Standing, Trip, Vehicle
from laddnav.fleets.readiness import over_at
from laddnav.kit.energy import Energy
from laddnav.kit.ids import fold
from laddnav.kit.power import Power, kw
from laddnav.locations.model import Connector, Evse, Location, Station, Status
from laddnav.sessions.model import Session
from laddnav.sites.model.plan import SitePlan

AFTER_PLAN = timedelta(days=3)  # what a charge takes that the plan does not reach to
BROKEN = (Status.OUTOFORDER, Status.INOPERATIVE, Status.REMOVED, Status.UNKNOWN)
NO_POWER = Power(Decimal(0))


class Yard(Struct, frozen=True, kw_only=True):
    """What stands at a depot: its Evses, and which of them work."""

    location: Location
    working: Mapping[str, bool]  # by folded Evse uid

    def evse(self, uid: str) -> Evse | None:
        return next((one for one in self.location.evses if fold(one.uid) == fold(uid)), None)

    def works(self, uid: str) -> bool:
        return self.working.get(fold(uid), False)

    def plugs(self) -> Sequence[Connector]:
        """Of the Evses that work."""
        return [plug for evse in self.location.evses if self.works(evse.uid) for plug in evse.connectors]


def yard_of(location: Location, stations: Iterable[Station]) -> Yard:
    """An Evse works that says nothing else, if its Station is on the line."""
    away = {fold(where.evse_uid) for one in stations for _, where in one.evses if one.connected_at is None}
    working = {fold(one.uid): one.status not in BROKEN and fold(one.uid) not in away for one in location.evses}
    return Yard(location=location, working=working)


def standing(
    vehicle: Vehicle,
    *,
    base: Content,
    trips: Sequence[Trip],
    session: Session | None,
    said: tuple[datetime, Decimal] | None,
    yard: Yard | None,
    plan: SitePlan | None,
    now: datetime,
) -> Standing:
    """By what was in it last, its own `trips`, the charge under way, and the plan of the site at its depot's yard."""
    plugged = None
    if session is not None and yard is not None and is_at(session, yard):
        plugged = plugged_in(vehicle, session, yard, plan)
    return Standing(
        vehicle=vehicle,
        content=content_now(vehicle, base, trips, session, said, now),
        home_at=home_at(trips, None if plugged is None else plugged.since_at, now),
        plugged=plugged,
        fastest=_fastest(vehicle, yard),
    )


def content_now(
    vehicle: Vehicle,
    base: Content,
    trips: Sequence[Trip],
    session: Session | None,
    said: tuple[datetime, Decimal] | None,
    now: datetime,
) -> Content:
    """From what was known last: less what it drove since, and with what the charge under way gave it."""
    if session is None:
        return filling.driven(base, vehicle, trips, now)
    content = base
    if content.at < session.started_at:
        content = filling.over(filling.driven(base, vehicle, trips, session.started_at))
    if said is not None and said[0] > content.at:
        at, percent = said
        content = filling.told(vehicle, percent, at, charged=session.energy, odometer=content.odometer)
    return filling.counted(content, vehicle, session.energy, now)


def home_at(trips: Sequence[Trip], plugged_at: datetime | None, now: datetime) -> datetime | None:
    """When it came, or comes, back to its depot; None: nobody knows."""
    if plugged_at is not None:
        return max((over_at(one) for one in trips if over_at(one) <= plugged_at), default=None)
    return max((over_at(one) for one in trips if one.departs_at <= now), default=None)


def is_at(session: Session, yard: Yard) -> bool:
    here = session.owner == session.holder and fold(session.location_id) == fold(yard.location.id)
    return here and yard.evse(session.evse_uid) is not None


def _fastest(vehicle: Vehicle, yard: Yard | None) -> Power:
    plugs = () if yard is None else yard.plugs()
    return max((filling.power_at(vehicle, plug) for plug in plugs), default=NO_POWER)


def plugged_in(vehicle: Vehicle, session: Session, yard: Yard, plan: SitePlan | None) -> Plugged:
    evse = yard.evse(session.evse_uid)
    assert evse is not None, "it is at this place"
    plug = next((one for one in evse.connectors if fold(one.id) == fold(session.connector_id)), evse.connectors[0])
    power_max = filling.power_at(vehicle, plug)
    return Plugged(
        session=session.ref,
        location_id=session.location_id,
        evse=evse.physical_reference or evse.evse_id or evse.uid,
        since_at=session.started_at,
        energy=session.energy,
        power_max=power_max,
        works=yard.works(evse.uid),
        planned=None if plan is None else blocks(plan, session.id, power_max),
    )


def blocks(plan: SitePlan, session_id: str, power_max: Power) -> tuple[Block, ...] | None:
    """What the plan gives it; what comes after the plan is open, and counts as all that it takes.

    None: the plan does not know this charge yet.
    """
    car = next((one for one in plan.cars if one.session_id == session_id), None)
    if car is None:
        return None
    step = timedelta(minutes=plan.step_minutes)
    found: list[Block] = []
    for number, power in enumerate(car.power):
        if power <= 0:
            continue
        begin_at = plan.start_at + step * number
        exact = kw(Decimal(str(round(power, 3))))
        if found and found[-1].end_at == begin_at and found[-1].power == exact:
            found[-1] = replace(found[-1], end_at=begin_at + step)
        else:
            found.append(Block(begin_at=begin_at, end_at=begin_at + step, power=exact))
    end_at = plan.start_at + step * len(car.power)
    return (*found, Block(begin_at=end_at, end_at=end_at + AFTER_PLAN, power=power_max))


def wanted(session: Session, missing: Energy) -> Energy:
    """What the charge has to give in all, by its meter, to a tenth of a kWh upwards."""
    more = Energy(missing.wh / filling.EFFICIENCY)
    return (session.energy + more).up_to(Energy(Decimal(100)))
