"""The limits of a charge, party by party: each changes, loses and is answered for its own, and leaves the others."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.ids import PartyId
from laddnav.locations import rules as places
from laddnav.locations.model import Connector
from laddnav.scheduling.fitted import with_fallback
from laddnav.scheduling.held import prolongs
from laddnav.scheduling.merged import NO_TIME, Feed
from laddnav.scheduling.model import ActiveChargingProfile, ChargingProfile, ProfileLimit, RateUnit
from laddnav.scheduling.rules import limit_at
from laddnav.sessions.model import Limits, Session

# Where nobody knows better: what most cars in Europe charge from.
USUAL = Feed(volts=Decimal(230), phases=3, watts=Decimal(22_000))


def limits_of(session: Session, by: PartyId) -> Limits | None:
    return next((one for one in session.limits if one.by == by), None)


def with_limits(session: Session, limits: Limits) -> Session:
    """In place of what this party had, or after all others."""
    if limits_of(session, limits.by) is None:
        return replace(session, limits=(*session.limits, limits))
    return replace(session, limits=tuple(limits if one.by == limits.by else one for one in session.limits))


def asked(session: Session, request: str | None) -> Limits | None:
    """Whose change this is, as long as no newer one of theirs has overtaken it."""
    pending = (one for one in session.limits if one.wanted is not None or one.leaving)
    return next((one for one in pending if one.request == request), None)


def wanted(session: Session) -> tuple[ChargingProfile, ...]:
    """What is to hold together now."""
    return tuple(_wanted(session).values())


def carried(session: Session, fallback: Decimal | None, feed: Feed) -> tuple[ChargingProfile, ...]:
    """As its Station is to be told it, which keeps to `fallback` amperes of the mains where we do not tell it more.

    What others want does not end that; where nobody wants anything, the Station does so by itself.
    """
    said = _wanted(session)
    if session.holder in said:
        said[session.holder] = _of_site(said[session.holder], feed)
    if not said or fallback is None:
        return tuple(said.values())
    unit, rate = feed.of_mains(fallback)
    lease = said.pop(session.holder, None)
    ours = with_fallback(lease, ProfileLimit(NO_TIME, rate), unit, begun_at=session.started_at)
    return (*said.values(), *ours)


def _of_site(profile: ChargingProfile, feed: Feed) -> ChargingProfile:
    """Amperes of a site are those of its mains: a Station that gives direct current is told the power they carry."""
    if not feed.direct or profile.unit is RateUnit.WATT:
        return profile
    limits = tuple(replace(one, rate=feed.of_mains(one.rate)[1], phases=None) for one in profile.limits)
    rate_min = None if profile.rate_min is None else feed.of_mains(profile.rate_min)[1]
    return replace(profile, unit=RateUnit.WATT, limits=limits, rate_min=rate_min)


def _wanted(session: Session) -> dict[PartyId, ChargingProfile]:
    said = ((one.by, one.wanted or one.profile) for one in session.limits if not one.leaving)
    return {by: one for by, one in said if one is not None}


def followed(session: Session, feed: Feed = USUAL) -> tuple[ChargingProfile, ...] | None:
    """What the Station has said it follows; None while something is asked that it has not answered."""
    if any(one.wanted is not None or one.leaving for one in session.limits):
        return None
    said = ((one.by, one.profile) for one in session.limits if one.profile is not None)
    return tuple(_of_site(profile, feed) if by == session.holder else profile for by, profile in said)


def answered(limits: Limits, *, accepted: bool) -> Limits:
    """After the Station's word on what was asked: that holds, or what held before."""
    done = replace(limits, wanted=None, leaving=False, request=None)
    if not accepted:
        return done
    return replace(done, held=limits.held or limits.wanted is not None, profile=limits.wanted)


def only_prolonged(before: Limits, after: Limits, *, now: datetime, begun_at: datetime) -> bool:
    """Whether the new profile says what the old one said, and no more than that it goes on."""
    old, new = before.profile, after.profile
    return old is not None and new is not None and prolongs(new, old, now=now, begun_at=begun_at)


class Standing(Struct, frozen=True, kw_only=True):
    """What one party limits a charge to now: `rate` in `unit`, None: to nothing at the moment; `until` it changes.

    `asked`: the Station has not said yet whether it follows.
    """

    by: PartyId
    rate: Decimal | None
    unit: RateUnit
    until: datetime | None
    asked: bool


def standing(session: Session, now: datetime) -> tuple[Standing, ...]:
    """Of each party that limits the charge, in the order in which they came."""
    found = []
    for one in session.limits:
        profile = one.wanted or one.profile
        if profile is not None and not one.leaving:
            active = ActiveChargingProfile(started_at=profile.started_at or session.started_at, profile=profile)
            ends = () if profile.duration is None else (profile.duration,)
            changes = [active.started_at + after for after in (*(each.after for each in profile.limits), *ends)]
            found.append(
                Standing(
                    by=one.by,
                    rate=limit_at(active, now),
                    unit=profile.unit,
                    until=min((at for at in changes if at > now), default=None),
                    asked=one.wanted is not None,
                )
            )
    return tuple(found)


def feed(connector: Connector) -> Feed:
    """What a car there charges from (OCPI 2.2.1 mod_locations_connector_object: volts to the neutral)."""
    direct = connector.power_type == "DC"
    return Feed(
        volts=Decimal(connector.voltage_max),
        phases=places.phases(connector),
        watts=Decimal(places.capacity(connector)),
        direct=direct,
        used=1 if places.phases(connector) == 1 and not direct else None,
    )


def drawn_from(session: Session, feed: Feed) -> Feed:
    """With the phases that its car uses, as far as anybody who limits it knows: the fewest that one of them names."""
    holding = (one for one in session.limits if (one.wanted or one.profile) is not None and not one.leaving)
    known = [one.phases for one in holding if one.phases is not None]
    if feed.direct or not known:
        return feed
    return replace(feed, used=min((*known, feed.phases)))
