"""Who of us speaks with a partner: chosen when the line to it is opened, and changed while it is open."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from laddnav.kit.ids import PartyId
from laddnav.ocpi.connections import partners
from laddnav.ocpi.connections.lines import Speaker
from laddnav.ocpi.sides import OFFERED
from laddnav.parties.model import Role as PartyRole
from laddnav.people import actions as people
from laddnav.web.asked import Asked


def ourselves(asked: Asked) -> Sequence[tuple[str, str]]:
    """Each of our parties in each role that it speaks over OCPI."""
    return [
        (f"{party.holder} {role}", f"{party.name} ({party.holder}), {role}")
        for party in asked.parties
        for role in party.roles
        if role in OFFERED
    ]


def first(asked: Asked) -> Speaker:
    """Raises NotAPartyId."""
    return _speaker(asked.said("us"))


def ticked(asked: Asked) -> tuple[Speaker, ...]:
    return tuple(_speaker(each) for each, _ in ourselves(asked) if asked.said(f"as {each}"))


async def change(asked: Asked) -> Response:
    """Those who are not this visitor's to choose go on as they did."""
    ref = asked.part("ref")
    async with asked.unit() as unit:
        connection = await partners.fetch(unit, ref)
        there = [Speaker(one.holder, one.our_role) for one in await partners.beside(unit, connection)]
        own = {each for each, _ in ourselves(asked)}
        others = [one for one in there if f"{one.holder} {one.role}" not in own]
        people.note(unit, asked.visitor.name, "change who speaks", f"partner {ref}")
    console = asked.console
    after = await partners.renew(console.database, console.clients, connection, ours=[*ticked(asked), *others])
    return asked.done(f"/partners/{after.ref}", asked.say("The partner knows now who of us speaks there."))


def _speaker(said: str) -> Speaker:
    party, _, role = said.partition(" ")
    return Speaker(PartyId.parse(party), next((each for each in PartyRole if each.value == role), PartyRole.OTHER))
