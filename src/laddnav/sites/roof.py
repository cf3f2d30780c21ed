"""What the roof of a site may give now, where its inverter can be told: what is used there, and what may go out; pure.

What is used is what meters show at this moment, and the roof is told anew as soon as that changes. Who is not told
again in time gives no more than may go out, which is within every limit whatever is used there.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import floor

from msgspec.structs import replace

from laddnav.scheduling.outlets import Moment
from laddnav.sites.facts import Facts, allowed
from laddnav.sites.fuses import floats
from laddnav.sites.model.plan import SitePlan
from laddnav.sites.model.standing import RoofTold, RoofWhy
from laddnav.sites.model.told import Covers, Place

LASTS = timedelta(minutes=5)
# A limit that holds within this time is what an inverter keeps to that hears nothing any more.
AHEAD = timedelta(days=1)
# More is told once it is worth a message; less is told at once.
MORE = 0.5  # kW
_STEP = 0.1


def told(facts: Facts, now: Moment) -> RoofTold | None:
    """None: it cannot be told."""
    if not facts.site.solar_follows:
        return None
    after = allowed(facts, Covers.EXPORT, facts.at, facts.at + AHEAD)
    kw, why = _most(facts, now)
    if kw is None and after is None:
        return RoofTold(at=facts.at) if facts.roof_told is None or _limits(facts.roof_told) else facts.roof_told
    return _steady(facts, RoofTold(at=facts.at, kw=kw, until_at=facts.at + LASTS, after_kw=after, why=why))


def _most(facts: Facts, now: Moment) -> tuple[float | None, RoofWhy]:
    """kW; None: all that it can."""
    limit, costs = now.export_kw_max, may_be_sold(facts.plan, facts.at)
    if limit is None and costs is None:
        return None, RoofWhy.FREE
    used = used_there(facts)
    if used is None:
        return (None, RoofWhy.FREE) if limit is None else (_down(limit), RoofWhy.UNKNOWN)
    out = min(one for one in (limit, costs) if one is not None)
    kw, own = _down(used + out), facts.site.solar_kwp
    if own is not None and kw >= own:
        return None, RoofWhy.FREE
    return kw, RoofWhy.LIMITED if limit is not None and limit <= out else RoofWhy.COSTS


def may_be_sold(plan: SitePlan | None, at: datetime) -> float | None:
    """kW that the plan lets go out now; None: whatever there is."""
    if plan is None:
        return None
    number = (at - plan.start_at) // timedelta(minutes=plan.step_minutes)
    return plan.roof_out[number] if 0 <= number < len(plan.roof_out) else None


def used_there(facts: Facts) -> float | None:
    """kW that cars, building and battery have from roof and grid together; None: a meter is silent."""
    solar, mains = facts.fresh(Place.SOLAR), facts.fresh(Place.GRID)
    if solar is None or mains is None:
        return None
    return max(0.0, sum(floats(solar.amps)) + sum(floats(mains.amps))) * float(facts.site.volts) / 1000


def held_down(facts: Facts, gives_kw: float) -> bool:
    """Whether it may give no more than it gives: then nobody knows what it could."""
    told = facts.roof_told
    return told is not None and told.kw is not None and gives_kw >= told.kw - MORE


def heard(told: RoofTold, now: datetime) -> RoofTold:
    """What it keeps to now; once its time is over, that is what it was told for then."""
    if told.until_at is None or now < told.until_at:
        return told
    return RoofTold(at=told.until_at, kw=told.after_kw, after_kw=told.after_kw, why=RoofWhy.UNKNOWN)


def _limits(told: RoofTold) -> bool:
    return told.kw is not None or told.after_kw is not None


def _steady(facts: Facts, now: RoofTold) -> RoofTold:
    """The same again only when half of its time is over; a little more only with it."""
    before = facts.roof_told
    if before is None or before.until_at is None or facts.at >= before.until_at:
        return now
    if (before.after_kw, before.why) != (now.after_kw, now.why) or (before.kw is None) != (now.kw is None):
        return now
    if before.kw is not None and now.kw is not None and not before.kw <= now.kw < before.kw + MORE:
        return now
    return replace(before, until_at=now.until_at) if before.until_at - facts.at < LASTS / 2 else before


def _down(kw: float) -> float:
    return round(floor(kw / _STEP + 1e-6) * _STEP, 1)
