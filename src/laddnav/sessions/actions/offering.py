"""Verbs about what a driver may choose between: the Tariffs that there are for it, and following what was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from laddnav.db.unit import Unit
from laddnav.kit.energy import kwh
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.kit.power import Power
from laddnav.locations import actions as locations
from laddnav.locations.model import Connector
from laddnav.locations.rules import NoStation, capacity
from laddnav.sessions import choices, limited, preferred
from laddnav.sessions.actions.grounds import members
from laddnav.sessions.actions.limiting import clear_limits, set_limits
from laddnav.sessions.choices import Around, Choice, Hours, Kind, Need
from laddnav.sessions.model import ProfileType, Session, Status, Voice
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Tariff, TariffType

# Evses that say it follow charging profiles (OCPI 2.2.1 mod_locations_capability_enum).
FOLLOWS = "CHARGING_PROFILE_CAPABLE"
# What is supposed of a car of which nobody says how much it needs.
USUAL_NEED = kwh(20)


async def tariffs_for(
    unit: Unit, holder: PartyId, connector: Connector, session: Session | None = None, *, at_station: bool = False
) -> Mapping[ProfileType, Tariff]:
    """By what each profile is priced, for a driver of ours or for that of a charge; {} where charging has no price.

    Who pays at the station, and whose provider another company is, pays the same whatever is chosen on our page.
    """
    if session is not None and not preferred.may_change_tariff(session, Voice.DRIVER):
        held = preferred.holding(session)
        return {} if held is None else dict.fromkeys(ProfileType, held)
    token = None if session is None else session.token
    party, group = None, ""
    if session is not None and token is not None:
        party = token.owner
        group = await members(unit, holder, party, token.contract_id, session.started_at)
    found = dict[ProfileType, Tariff]()
    for profile, kind in preferred.KINDS.items():
        kind = TariffType.AD_HOC_PAYMENT if at_station else kind
        tariff = await tariffs.offered(unit, holder, holder, connector.tariff_ids, unit.now, kind, party, group)
        if tariff is None:
            return {}
        found[profile] = tariff
    return found


async def hours_at(unit: Unit, holder: PartyId, where: EvseRef) -> Hours:
    """Of an Evse that belongs to no site: whether its Station can be told when to charge."""
    found = await locations.station_at(unit, holder, where)
    if found is None or found[0].connected_at is None or not await locations.can(unit, holder, where, FOLLOWS):
        return Hours.AT_ONCE
    return Hours.DRIVERS


async def follow(unit: Unit, session: Session, connector: Connector, around: Around, power: Power) -> None:
    """Have the Station charge in the hours of what was chosen; where that is at once, or nothing, in all of them.

    Of an Evse that belongs to no site. What its Station answers is seen with the charge.
    """
    wanted = preferred.wanted(session, unit.now)
    if session.status is not Status.ACTIVE:
        return
    chosen = await _chosen(unit, session, connector, around, power)
    waits = chosen is not None and (len(chosen.draws) > 1 or any(one.begin_at > unit.now for one in chosen.draws))
    request = f"hours/{session.id}/{len(session.preferred)}"
    try:
        if chosen is not None and waits and wanted is not None:
            profile = choices.following(chosen.draws, unit.now, Decimal(capacity(connector)))
            await set_limits(unit, session.holder, session.id, profile, by=session.holder, request=request)
        elif limited.limits_of(session, session.holder) is not None:
            await clear_limits(unit, session.holder, session.id, by=session.holder, request=request)
    except NoStation:
        return  # it charges at once, and when it is back nobody has promised it anything


async def _chosen(unit: Unit, session: Session, connector: Connector, around: Around, power: Power) -> Choice | None:
    """None: nothing that waits."""
    wanted = preferred.wanted(session, unit.now)
    if wanted is None or wanted.wants.departs_at is None or session.tab is None:
        return None
    kind = choices.chosen(wanted.wants)
    priced = await tariffs_for(unit, session.holder, connector, session)
    if kind not in (Kind.BY, Kind.GREENEST) or not priced:
        return None
    need = Need(
        energy=wanted.wants.energy or USUAL_NEED,
        power=choices.drawn(session.tab) or power,
        departs_at=wanted.wants.departs_at,
        amount=Decimal(1),
    )
    return next((one for one in choices.choices(need, priced, around, session.tab) if one.kind is kind), None)
