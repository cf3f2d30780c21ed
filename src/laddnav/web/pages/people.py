"""People and keys: who may sign in, what scripts may do, and what was done."""

from __future__ import annotations

import secrets

from starlette.responses import Response

from laddnav.fleets import actions as fleets
from laddnav.kit.ids import PartyId
from laddnav.people import actions as people
from laddnav.people.model import Role
from laddnav.people.rules import CUSTOMERS
from laddnav.web.asked import Asked, Door, Flash, do, see

DEEDS = 30
FLEETS = 500  # to choose from
OF_FLEET = "fleet:"


async def show(asked: Asked) -> Response:
    return await _show(asked)


async def _show(asked: Asked, flash: Flash | None = None) -> Response:
    async with asked.unit() as unit:
        accounts = await people.accounts(unit)
        keys = await people.keys(unit)
        deeds = await people.deeds(unit, limit=DEEDS)
        served = await fleets.page(unit, None, limit=FLEETS)
    return asked.page(
        "people.html",
        path="/people",
        flash=flash,
        accounts=accounts,
        keys=keys,
        deeds=deeds,
        roles=[
            *((role.value, asked.term(role)) for role in Role if role not in CUSTOMERS),
            *((f"{OF_FLEET}{one.ref}", asked.say("Fleet manager of %(fleet)s", fleet=one.name)) for one in served),
        ],
        holders=[("", asked.say("the installation")), *((str(one.holder), str(one.holder)) for one in asked.parties)],
    )


async def add(asked: Asked) -> Response:
    """The password is made here and shown this once; its owner changes it."""
    password = secrets.token_urlsafe(15)
    role, fleet = _role(asked.said("role"))
    account = await people.add_account(
        asked.console.database,
        name=asked.said("name"),
        password=password,
        role=role,
        fleet=fleet,
        language=asked.language,
        by=asked.visitor.name,
    )
    text = asked.say("%(name)s may sign in now. The password is shown this once:", name=account.name)
    return await _show(asked, Flash("good", text, password))


async def disable(asked: Asked) -> Response:
    async with asked.unit() as unit:
        account = await people.change_account(unit, asked.part("id"), disabled=True, by=asked.visitor.name)
    return asked.done("/people", asked.say("%(name)s is signed out and may not sign in.", name=account.name))


async def enable(asked: Asked) -> Response:
    async with asked.unit() as unit:
        account = await people.change_account(unit, asked.part("id"), disabled=False, by=asked.visitor.name)
    return asked.done("/people", asked.say("%(name)s may sign in again.", name=account.name))


async def make_key(asked: Asked) -> Response:
    said = asked.said("holder")
    role, fleet = _role(asked.said("role"))
    async with asked.unit() as unit:
        holder = PartyId.parse(said) if said else None
        made = await people.create_key(
            unit,
            name=asked.said("name"),
            role=role,
            holder=holder if fleet is None else (await fleets.by_ref(unit, fleet)).holder,
            fleet=fleet,
            by=asked.visitor.name,
        )
    return await _show(asked, Flash("good", asked.say("The key is made. It is shown this once:"), made.secret))


async def revoke_key(asked: Asked) -> Response:
    async with asked.unit() as unit:
        await people.revoke_key(unit, asked.part("id"), by=asked.visitor.name)
    return asked.done("/people", asked.say("The key opens nothing any more."))


def _role(word: str) -> tuple[Role, str | None]:
    """With the fleet, where somebody is of one. What no form of ours sends may look, and no more."""
    if word.startswith(OF_FLEET):
        return Role.FLEET, word.removeprefix(OF_FLEET)
    return next((role for role in Role if role.value == word and role not in CUSTOMERS), Role.VIEWER), None


DOORS: tuple[Door, ...] = (
    see("/people", show, Role.ADMIN),
    do("/people", add, Role.ADMIN),
    do("/people/keys", make_key, Role.ADMIN),
    do("/people/keys/{id}/revoke", revoke_key, Role.ADMIN),
    do("/people/{id}/disable", disable, Role.ADMIN),
    do("/people/{id}/enable", enable, Role.ADMIN),
)
