"""The operator API about what is done about ills, by a click or by rule."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.ocpp.cures import actions, together
from laddnav.ocpp.cures.model import CuredTogether, Rule, Tried
from laddnav.ocpp.ills import Cure, Ill
from laddnav.parties import actions as parties
from laddnav.people import actions as people
from laddnav.people.api import Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor

After = Annotated[int, Meta(ge=0, le=60 * 24 * 30)]
Every = Annotated[int, Meta(ge=10, le=60 * 24 * 30)]


class CureAsked(Struct, frozen=True, kw_only=True):
    """The ill as the list of attention has it; without a `cure`, the one that is proposed there."""

    station_id: str
    evse_no: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    ill: Ill
    cure: Cure | None = None


class CureForAllAsked(Struct, frozen=True, kw_only=True):
    """All of one place that have the ill, as the list of attention has them; bounds leave out what began elsewhen.

    `last_id` is the newest event that was shown, where what Stations noticed is marked as seen; without it, all is.
    """

    location_id: str
    ill: Ill
    since: Annotated[datetime, Meta(tz=True)] | None = None
    until: Annotated[datetime, Meta(tz=True)] | None = None
    last_id: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None
    holder: str | None = None


class RuleSaid(Struct, frozen=True, kw_only=True):
    """After how many minutes of the ill, and at most once in how many for the same EVSE."""

    cure: Cure | None = None
    after_minutes: After = 30
    every_minutes: Every = 60 * 24
    holder: str | None = None


async def list_cures(unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None) -> Page[Tried]:
    """What was tried about ills, with what came of it, the newest first."""
    found = await actions.page(unit, by.holder, after=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def begin_cure(unit: Unit, by: Visitor, body: CureAsked) -> Tried:
    """Ask a Station to do something about its ill: once, and never while a car charges that it would cut off."""
    holder = yours(by, (await locations.station(unit, body.station_id)).holder)
    return await actions.begin(unit, holder, body.station_id, body.evse_no, body.ill, cure=body.cure, by=by.name)


async def cure_together(unit: Unit, by: Visitor, body: CureForAllAsked) -> CuredTogether:
    """Do what is proposed for all of a place that have an ill: each Station once, however often this is asked."""
    party = await parties.meant(unit, PartyId.parse(body.holder) if body.holder else by.holder)
    return await together.cure(
        unit,
        yours(by, party.holder),
        body.location_id,
        body.ill,
        since=body.since,
        until=body.until,
        last_id=body.last_id,
        by=by.name,
    )


async def list_rules(unit: Unit, by: Visitor) -> Page[Rule]:
    """What is done about ills by itself."""
    return Page(items=tuple(await actions.kept_rules(unit, by.holder)), next=None)


async def keep_rule(unit: Unit, by: Visitor, ill: Ill, body: RuleSaid) -> Rule:
    """From now on this is done about such an ill by itself."""
    party = await parties.meant(unit, PartyId.parse(body.holder) if body.holder else by.holder)
    rule = await actions.keep_rule(
        unit,
        yours(by, party.holder),
        ill,
        cure=body.cure,
        after_minutes=body.after_minutes,
        every_minutes=body.every_minutes,
        by=by.name,
    )
    people.note(unit, by.name, "set a rule", f"rule {ill.value}", rule.cure.value)
    return rule


async def forget_rule(unit: Unit, by: Visitor, ill: Ill, *, holder: str | None = None) -> Rule:
    """It is only proposed again."""
    party = await parties.meant(unit, PartyId.parse(holder) if holder else by.holder)
    rule = await actions.forget_rule(unit, yours(by, party.holder), ill)
    people.note(unit, by.name, "forget a rule", f"rule {ill.value}")
    return rule


ROUTES = (
    Route(method="GET", path="/cures", does=list_cures),
    Route(method="POST", path="/cures", does=begin_cure, needs=Role.OPERATOR, status=201),
    Route(method="POST", path="/cures/together", does=cure_together, needs=Role.OPERATOR),
    Route(method="GET", path="/cure-rules", does=list_rules),
    Route(method="PUT", path="/cure-rules/{ill}", does=keep_rule, needs=Role.OPERATOR),
    Route(method="DELETE", path="/cure-rules/{ill}", does=forget_rule, needs=Role.OPERATOR),
)
