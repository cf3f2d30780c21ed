"""What a site has to be to be accepted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from laddnav.kit.currencies import CURRENCIES
from laddnav.kit.refusal import Refusal
from laddnav.scheduling import committed
from laddnav.sites.fuses import floats, outlet, panels
from laddnav.sites.model.site import Amps, Member, Site
from laddnav.sites.model.told import Measurement, OutsideLimit, Place
from laddnav.sites.quarters import QUARTER, quarter_of

# A meter's clock may be off by so much, and a connection be overloaded so many times for a moment.
AHEAD = timedelta(minutes=2)
TIMES, MOST_AMPS = 20, Decimal(400)
LONGEST = timedelta(days=62)


class UnknownSite(Refusal):
    """No site of this name is known here."""

    def __init__(self, site_id: str) -> None:
        super().__init__(f"No site {site_id!r} is known here; set one up with POST /api/v1/sites")
        self.site_id = site_id


class UnsoundSite(Refusal):
    """Something about it cannot be; `what` says where and why."""


class MemberElsewhere(Refusal):
    """An EVSE is fed by one site."""

    def __init__(self, member: Member, site_id: str) -> None:
        super().__init__(f"EVSE {member.evse_no} of station {member.station_id!r} belongs to site {site_id!r} already")


class UnknownMember(Refusal):
    """The site feeds no such EVSE."""

    def __init__(self, station_id: str, evse_no: int) -> None:
        super().__init__(f"This site feeds no EVSE {evse_no} of a station {station_id!r}")


class Implausible(Refusal):
    """No meter of this site can have said so."""


class NoForecast(Refusal):
    """No such thing can be expected of a site; `what` says why."""


class NoSuchLimit(Refusal):
    """A limit is so many kW, zero or more, and ends after it begins."""

    def __init__(self) -> None:
        super().__init__(self.__doc__ or "")


class NoPlan(Refusal):
    """No plan was made for this site yet; one is made within seconds of its set-up while a server runs."""

    def __init__(self) -> None:
        super().__init__(self.__doc__ or "")


class NoSuchSpan(Refusal):
    """A time that can be looked at begins before it ends and is no longer than two months."""

    def __init__(self) -> None:
        super().__init__(self.__doc__ or "")


def sensible_limit(limit: OutsideLimit) -> OutsideLimit:
    """Raises NoSuchLimit."""
    if not (limit.kw.is_finite() and limit.kw >= 0) or (limit.end_at is not None and limit.end_at <= limit.begin_at):
        raise NoSuchLimit
    return limit


def sensible_span(since: datetime, until: datetime) -> datetime:
    """Its end. Raises NoSuchSpan."""
    if not timedelta() < until - since <= LONGEST:
        raise NoSuchSpan
    return until


def amps_of(site: Site, amps: Amps | None, kw: Amps | Decimal | None) -> Amps:
    """What was said in amperes or in kW, of each phase or of all three. Raises Implausible."""
    if (amps is None) == (kw is None):
        raise Implausible("Say either amps or kw")
    if amps is not None:
        return amps
    assert kw is not None
    each = kw if isinstance(kw, tuple) else (kw / 3,) * 3
    if any(not one.is_finite() for one in each):
        raise Implausible("kw: that is no number")
    one, other, third = ((part * 1000 / site.volts).quantize(Decimal("0.001")) for part in each)
    return one, other, third


# What is measured ----------------------------------------------------------------------------------------------------


def plausible(site: Site, one: Measurement, now: datetime) -> Measurement:
    """Raises Implausible."""
    if one.at > now + AHEAD:
        raise Implausible(f"at: {one.at:%Y-%m-%d %H:%M:%S} is later than it is here ({now:%H:%M:%S} UTC)")
    most = max(MOST_AMPS, *(TIMES * amps for amps in site.amps))
    if any(not amps.is_finite() or abs(amps) > most for amps in one.amps):
        raise Implausible(f"amps: a connection of {max(site.amps):f} A carries no such current")
    if one.stored_kwh is not None and not (one.stored_kwh.is_finite() and one.stored_kwh >= 0):
        raise Implausible("stored_kwh: a battery holds nought or more")
    return one


def foreseen(
    site: Site, place: Place, begin_at: datetime, minutes: int, kw: Sequence[Decimal]
) -> dict[datetime, float]:
    """kW of each quarter of an hour. Raises NoForecast."""
    if place not in (Place.BUILDING, Place.SOLAR):
        raise NoForecast("place: what is expected is that of a BUILDING or of SOLAR power")
    if minutes not in (15, 30, 60):
        raise NoForecast("minutes: a step is 15, 30 or 60 minutes long")
    if begin_at != quarter_of(begin_at):
        raise NoForecast("begin_at: the first step begins with a quarter of an hour")
    most = float(max(MOST_AMPS, *(TIMES * amps for amps in site.amps)) * 3 * site.volts / 1000)
    if any(not one.is_finite() or not 0 <= one <= most for one in kw):
        raise NoForecast(f"kw: each lies between 0 and {most:g}")
    each = minutes // 15
    return {
        begin_at + QUARTER * (number * each + part): float(one) for number, one in enumerate(kw) for part in range(each)
    }


# What is accepted ----------------------------------------------------------------------------------------------------


def accepted(site: Site) -> Site:
    """The site, when it can be kept safe whatever happens. Raises UnsoundSite, TooMuch."""
    for trouble in _troubles(site):
        raise UnsoundSite(trouble)
    outlets = [outlet(site, one) for one in site.members]
    committed.accepted(panels(site), outlets, floats(site.building))
    return site


def _troubles(site: Site) -> Iterator[str]:
    """In their order, most basic first."""
    if not site.id.strip() or not site.name.strip():
        yield "A site has an id and a name"
    try:
        ZoneInfo(site.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield f"time_zone {site.time_zone!r} is no IANA time zone, such as Europe/Stockholm"
    if site.currency not in CURRENCIES:
        yield f"currency {site.currency!r} is no code of ISO 4217, such as SEK"
    if any(amps < 0 for amps in (*site.amps, *site.building)) or not any(site.amps):
        yield "amps says what the connection gives on L1, L2 and L3, and building what is drawn there: none is negative"
    if not 50 <= site.volts <= 1000:
        yield f"volts is what lies between a phase and neutral, such as 230; {site.volts} is not"
    if not 5 <= site.reaction_seconds <= 900:
        yield "reaction_seconds lies between 5 and 900"
    if site.unbalance_amps is not None and site.unbalance_amps <= 0:
        yield "unbalance_amps is above nought, or left out"
    if site.unsaid.energy_kwh <= 0 or site.unsaid.stay_hours <= 0:
        yield "unsaid says how much a driver who says nothing is taken to need, and for how long to stay"
    if site.solar_follows and not site.solar_kwp:
        yield "solar_follows says that a roof can be told to give less: solar_kwp says how much it gives at most"
    if site.battery is not None and not 0 < site.battery.efficiency <= 1:
        yield "battery.efficiency is a share above nought and at most 1"
    yield from _troubles_with_panels(site)
    yield from _troubles_with_members(site)


def _troubles_with_panels(site: Site) -> Iterator[str]:
    known: set[str | None] = {None}
    for panel in site.panels:
        if not panel.name.strip() or panel.name in known:
            yield f"Panel {panel.name!r}: each panel has a name of its own"
        if panel.under not in known:
            yield f"Panel {panel.name!r} is under {panel.under!r}, which does not stand before it"
        if any(amps < 0 for amps in panel.amps):
            yield f"Panel {panel.name!r}: amps are not negative"
        known.add(panel.name)


def _troubles_with_members(site: Site) -> Iterator[str]:
    names: set[str | None] = {None, *(panel.name for panel in site.panels)}
    seen: set[tuple[str, int]] = set()
    for one in site.members:
        where = f"EVSE {one.evse_no} of station {one.station_id!r}"
        if (one.station_id, one.evse_no) in seen:
            yield f"{where} is named twice"
        seen.add((one.station_id, one.evse_no))
        if one.panel not in names:
            yield f"{where} hangs on panel {one.panel!r}, which is not there"
        if not one.phases or len(set(one.phases)) != len(one.phases):
            yield f"{where}: phases are those of the mains behind its L1, L2 and L3, each once"
        if not 0 < one.amps_min <= one.amps_max:
            yield f"{where}: amps_min lies above nought and not above amps_max"
        if not 0 <= one.discharge_amps_max <= one.amps_max:
            yield f"{where}: discharge_amps_max lies between nought and amps_max"
        if not (one.fallback_amps == 0 or one.amps_min <= one.fallback_amps <= one.amps_max):
            yield f"{where}: fallback_amps is 0, or lies between amps_min and amps_max: a car takes no less than that"
        if one.fallback_amps != one.fallback_amps.quantize(Decimal("0.1")):
            yield f"{where}: fallback_amps has one digit after the point at most, as a station can be told"
