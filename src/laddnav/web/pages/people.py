"""People and keys: who may sign in, what scripts may do, and what was done."""

from __future__ import annotations

import secrets

from starlette.responses import Response

from laddnav.kit.ids import PartyId
from laddnav.people import actions as people
from laddnav.people.model import Role
from laddnav.web.asked import Asked, Door, Flash, do, see

DEEDS = 30


async def show(asked: Asked) -> Response:
    return await _show(asked)


async def _show(asked: Asked, flash: Flash | None = None) -> Response:
    async with asked.unit() as unit:
        accounts = await people.accounts(unit)
        keys = await people.keys(unit)
        deeds = await people.deeds(unit, limit=DEEDS)
    return asked.page(
        "people.html",
        path="/people",
        flash=flash,
        accounts=accounts,
        keys=keys,
        deeds=deeds,
        roles=[(role.value, asked.term(role)) for role in Role],
        holders=[("", asked.say("the installation")), *((str(one.holder), str(one.holder)) for one in asked.parties)],
    )


async def add(asked: Asked) -> Response:
    """The password is made here and shown this once; its owner changes it."""
    password = secrets.token_urlsafe(15)
    account = await people.add_account(
        asked.console.database,
        name=asked.said("name"),
        password=password,
        role=_role(asked.said("role")),
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
    holder = asked.said("holder")
    async with asked.unit() as unit:
        made = await people.create_key(
            unit,
            name=asked.said("name"),
            role=_role(asked.said("role")),
            holder=PartyId.parse(holder) if holder else None,
            by=asked.visitor.name,
        )
    return await _show(asked, Flash("good", asked.say("The key is made. It is shown this once:"), made.secret))


async def revoke_key(asked: Asked) -> Response:
    async with asked.unit() as unit:
        await people.revoke_key(unit, asked.part("id"), by=asked.visitor.name)
    return asked.done("/people", asked.say("The key opens nothing any more."))


def _role(word: str) -> Role:
    """What no form of ours sends gets the least."""
    return next((role for role in Role if role.value == word), Role.VIEWER)


DOORS: tuple[Door, ...] = (
    see("/people", show, Role.ADMIN),
    do("/people", add, Role.ADMIN),
    do("/people/keys", make_key, Role.ADMIN),
    do("/people/keys/{id}/revoke", revoke_key, Role.ADMIN),
    do("/people/{id}/disable", disable, Role.ADMIN),
    do("/people/{id}/enable", enable, Role.ADMIN),
)
