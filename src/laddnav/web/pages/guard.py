"""What guards the line to one partner: whom we trust there, and by what it knows us."""

from __future__ import annotations

from starlette.responses import Response

from laddnav.ocpi.calls import tls
from laddnav.ocpi.connections import partners
from laddnav.ocpi.model import Tls
from laddnav.people import actions as people
from laddnav.people.model import Role
from laddnav.web.asked import Asked, Door, do, see


async def shown(asked: Asked) -> Response:
    async with asked.unit() as unit:
        partner = await partners.fetch(unit, asked.part("ref"))
        guard = await tls.guard(unit, partner)
    return asked.page("guard.html", partner=partner, guard=guard)


async def kept(asked: Asked) -> Response:
    """Raises UnfitTls."""
    ref = asked.part("ref")
    given = Tls(trusted=asked.said("trusted"), certificate=asked.said("certificate"))
    async with asked.unit() as unit:
        connection = await tls.set_guard(unit, asked.console.clients.seal, ref, given, asked.said("key"))
        people.note(unit, asked.visitor.name, "change what guards the line", f"partner {ref}")
    return asked.done(
        f"/partners/{ref}/guard", asked.say("%(name)s is called like that from now on.", name=connection.name)
    )


DOORS: tuple[Door, ...] = (
    see("/partners/{ref}/guard", shown, Role.ADMIN),
    do("/partners/{ref}/guard", kept, Role.ADMIN),
)
