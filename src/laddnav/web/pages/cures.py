"""What is done about ills: the rules by which it is done by itself, and what was tried with what came of it."""

from __future__ import annotations

from msgspec import Struct
from starlette.responses import Response

from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.ocpp.cures import actions as cures
from laddnav.ocpp.cures.model import Rule
from laddnav.ocpp.ills import CURES, Cure, Ill
from laddnav.people import actions as people
from laddnav.people.api import yours
from laddnav.web.asked import Asked, Door, do, see

PAGE = 50
AFTER, EVERY = 30, 24 * 60  # minutes that a form proposes


class IllShown(Struct, frozen=True, kw_only=True):
    """What may be done by itself about an ill; `rules` are those that are on, of one party each."""

    ill: Ill
    cures: tuple[Cure, ...]
    rules: tuple[Rule, ...]


async def list_all(asked: Asked) -> Response:
    cursor = asked.query("cursor")
    async with asked.unit() as unit:
        rules = await cures.kept_rules(unit, asked.visitor.holder)
        tried = await cures.page(unit, asked.visitor.holder, after=cursor, limit=PAGE + 1)
    shown = [
        IllShown(ill=ill, cures=known, rules=tuple(rule for rule in rules if rule.ill is ill))
        for ill, known in CURES.items()
        if known and Cure.SEE not in known
    ]
    return asked.page(
        "cures.html",
        ills=shown,
        tried=tried[:PAGE],
        next=tried[PAGE - 1].ref if len(tried) > PAGE else None,
        begun=cursor is not None,
        after=AFTER,
        every=EVERY,
        parties=[(str(party.holder), f"{party.holder} · {party.name}") for party in asked.parties],
    )


async def begin(asked: Asked) -> Response:
    """One click on the list of attention."""
    id, by = asked.said("station"), asked.visitor.name
    async with asked.unit() as unit:
        holder = yours(asked.visitor, (await locations.station(unit, id)).holder)
        await cures.begin(unit, holder, id, asked.number("evse") or 0, _ill(asked), by=by)
    asked.console.database.wake()
    said = asked.say("The station is asked; what comes of it is shown here.")
    return asked.done(asked.came_from("/attention"), said)


async def keep(asked: Asked) -> Response:
    cure = next((one for one in Cure if one.value == asked.said("cure")), None)
    async with asked.unit() as unit:
        rule = await cures.keep_rule(
            unit,
            yours(asked.visitor, PartyId.parse(asked.said("holder"))),
            _ill(asked),
            cure=cure,
            after_minutes=_minutes(asked, "after", AFTER),
            every_minutes=max(10, _minutes(asked, "every", EVERY)),
            by=asked.visitor.name,
        )
        people.note(unit, asked.visitor.name, "set a rule", f"rule {rule.ill.value}", rule.cure.value)
    return asked.done("/cures", asked.say("The rule is on."))


async def forget(asked: Asked) -> Response:
    async with asked.unit() as unit:
        holder = yours(asked.visitor, PartyId.parse(asked.said("holder")))
        rule = await cures.forget_rule(unit, holder, _ill(asked))
        people.note(unit, asked.visitor.name, "forget a rule", f"rule {rule.ill.value}")
    return asked.done("/cures", asked.say("The rule is off; the cure is only proposed."))


def _ill(asked: Asked) -> Ill:
    return next((ill for ill in Ill if ill.value == asked.said("ill")), Ill.FAULTED)


def _minutes(asked: Asked, name: str, otherwise: int) -> int:
    said = asked.number(name)
    return otherwise if said is None else min(said, 30 * 24 * 60)


DOORS: tuple[Door, ...] = (
    see("/cures", list_all),
    do("/cures", begin),
    do("/cures/rules", keep),
    do("/cures/rules/forget", forget),
)
