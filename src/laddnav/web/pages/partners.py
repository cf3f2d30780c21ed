"""Partners: how each line stands, what still has to be told, what was said, and how a new one begins."""

from __future__ import annotations

from functools import partial

from msgspec import Struct
from starlette.responses import Response

from laddnav.cdrs import actions as cdrs
from laddnav.ocpi.commands import commands
from laddnav.ocpi.connections import offers, partners, settling
from laddnav.ocpi.deviations import policies
from laddnav.ocpi.hub import clients
from laddnav.ocpi.model import Delivery, Tls
from laddnav.ocpi.telling import losses
from laddnav.ocpi.wire.commands import Verdict
from laddnav.ocpi.wire.handshake import State
from laddnav.parties.model import Role as PartyRole
from laddnav.people import actions as people
from laddnav.people.model import Role
from laddnav.web.asked import Asked, Door, Flash, do, see
from laddnav.web.pages import handshakes, speakers
from laddnav.web.words import N_

# Of how a partner deviates, what has to be known before the first word.
KNOWN_BEFORE = {
    "bearer": N_("Its token stands under Bearer"),
    "flat_credentials": N_("It looks for our party as in 2.1.1"),
    "slashed": N_("Our endpoints' URLs end in a slash"),
}
LISTED = 12  # deliveries, exchanges and commands on the page of one partner; the rest have pages of their own
PAGE = 50


class DeliveryShown(Struct, frozen=True, kw_only=True):
    delivery: Delivery
    state: str


async def list_all(asked: Asked) -> Response:
    async with asked.unit() as unit:
        known = await partners.connections(unit, asked.visitor.holder)
    return asked.page("partners.html", partners=known)


async def one(asked: Asked) -> Response:
    return await _one(asked, asked.part("ref"))


async def _one(asked: Asked, ref: str, flash: Flash | None = None) -> Response:
    async with asked.unit() as unit:
        connection = await partners.fetch(unit, ref)
        deliveries = await partners.deliveries(unit, connection, LISTED)
        exchanges = await partners.exchanges(unit, connection, LISTED)
        pulls = await partners.pulls(unit, connection)
        asked_for = await partners.commands(unit, connection, LISTED)
        lost = await losses.of_partner(unit, connection)
        behind = await clients.behind(unit, connection)
        line = await partners.beside(unit, connection)
        # Of a CPO alone there are CDRs to be held.
        owes = connection.our_role is PartyRole.EMSP and connection.party is not None
        held = await cdrs.count_disputed(unit, connection.holder, connection.party) if owes else None
        handshaken = handshakes.latest(await partners.handshakes(unit, connection, 1), unit.now)
    return asked.page(
        "partner.html",
        path=f"/partners/{ref}",
        flash=flash,
        partner=connection,
        line=line,
        speaking={f"{each.holder} {each.our_role}" for each in line},
        ourselves=speakers.ourselves(asked),
        modules=sorted({endpoint.identifier for endpoint in connection.endpoints}),
        deliveries=[DeliveryShown(delivery=each, state=_state(each)) for each in deliveries],
        exchanges=exchanges,
        pulls=pulls,
        commands=asked_for,
        losses=lost,
        clients=behind,
        better=offers.better(connection) if connection.state is State.CONNECTED else None,
        may_suspend=connection.state is State.CONNECTED,
        handshaken=handshaken,
        held=held,
        may_resume=connection.state is State.SUSPENDED,
    )


async def outbox(asked: Asked) -> Response:
    """What waits, what was given up, or what was told, page by page."""
    state = next((each for each in ("dead", "done") if each == asked.query("state")), "waiting")
    cursor = asked.query("cursor")
    before = int(cursor) if cursor is not None and cursor.isascii() and cursor.isdigit() and len(cursor) < 19 else None
    async with asked.unit() as unit:
        connection = await partners.fetch(unit, asked.part("ref"))
        found = await partners.outbox(unit, connection, state, PAGE + 1, before=before)
    return asked.page(
        "outbox.html",
        partner=connection,
        shown=state,
        deliveries=[DeliveryShown(delivery=each, state=_state(each)) for each in found[:PAGE]],
        next=str(found[PAGE - 1].id) if len(found) > PAGE else None,
        begun=before is not None,
    )


async def new(asked: Asked) -> Response:
    return asked.page(
        "partner_new.html",
        ourselves=speakers.ourselves(asked),
        known_before=KNOWN_BEFORE,
        versions_url=asked.query("versions_url") or "",
    )


async def invite(asked: Asked) -> Response:
    ours = speakers.first(asked)
    async with asked.unit() as unit:
        invitation = await partners.invite(
            unit,
            asked.console.clients.settings,
            ours.holder,
            ours.role,
            also=speakers.ticked(asked),
            name=asked.said("name"),
        )
        people.note(unit, asked.visitor.name, "invite partner", f"partner {invitation.connection_id}")
    text = asked.say(
        "Send the partner this address, %(url)s, and this token, which is shown this once:", url=invitation.versions_url
    )
    return await _one(asked, invitation.connection_id, Flash("good", text, invitation.token))


async def register(asked: Asked) -> Response:
    """The handshake goes on while its steps are looked at. Raises NotAPartyId, UnfitTls, and who cannot speak there."""
    ours = speakers.first(asked)
    console = asked.console
    policy = policies.meant(
        {
            "calls": {name: bool(asked.said(name)) for name in KNOWN_BEFORE},
            "shares": {"price_group": asked.said("price_group")},
        }
    )
    tls = Tls(trusted=asked.said("trusted"), certificate=asked.said("certificate"))
    connection = await console.clients.errands.begun(
        partial(
            partners.register,
            console.database,
            console.clients,
            asked.said("versions_url"),
            asked.said("token"),
            ours.holder,
            ours.role,
            also=speakers.ticked(asked),
            policy=policy,
            tls=None if tls == Tls() else tls,
            key=asked.said("key"),
        )
    )
    async with asked.unit() as unit:
        people.note(unit, asked.visitor.name, "register with partner", f"partner {connection.ref}")
    return asked.done(f"/partners/{connection.ref}/handshakes")


async def resend(asked: Asked) -> Response:
    ref = asked.part("ref")
    one = asked.said("delivery")
    async with asked.unit() as unit:
        connection = await partners.fetch(unit, ref)
        many = await partners.resend(unit, connection, asked.number("delivery") or 0 if one else None)
        people.note(unit, asked.visitor.name, "send again", f"partner {ref}", f"{many}")
    asked.console.database.wake()
    return asked.done(asked.came_from(f"/partners/{ref}"), asked.say("Sent again: %(count)s.", count=many))


async def fetch_again(asked: Asked) -> Response:
    ref = asked.part("ref")
    async with asked.unit() as unit:
        settling.ask_for_everything(unit, [await partners.fetch(unit, ref)])
        people.note(unit, asked.visitor.name, "fetch everything", f"partner {ref}")
    return asked.done(f"/partners/{ref}", asked.say("Everything is fetched from the partner again."))


async def renew(asked: Asked) -> Response:
    """With other tokens, or another version too. Raises NotNow, NotRegistered."""
    ref = asked.part("ref")
    version = asked.said("version") or None
    async with asked.unit() as unit:
        connection = await partners.fetch(unit, ref)
        people.note(unit, asked.visitor.name, "renew the tokens of a partner", f"partner {ref}", version or "")
    database, clients = asked.console.database, asked.console.clients
    await clients.errands.begun(lambda began: partners.renew(database, clients, connection, version, began=began))
    return asked.done(f"/partners/{ref}/handshakes")


async def suspend(asked: Asked) -> Response:
    ref = asked.part("ref")
    async with asked.unit() as unit:
        await partners.suspend(unit, await partners.fetch(unit, ref))
        people.note(unit, asked.visitor.name, "suspend partner", f"partner {ref}")
    return asked.done(
        f"/partners/{ref}", asked.say("Nothing is sent to this partner or answered to it until you resume.")
    )


async def resume(asked: Asked) -> Response:
    ref = asked.part("ref")
    async with asked.unit() as unit:
        await partners.resume(unit, await partners.fetch(unit, ref))
        people.note(unit, asked.visitor.name, "resume partner", f"partner {ref}")
    return asked.done(f"/partners/{ref}", asked.say("The line to this partner is open again."))


async def remove(asked: Asked) -> Response:
    ref = asked.part("ref")
    async with asked.unit() as unit:
        connection = await partners.fetch(unit, ref)
        people.note(unit, asked.visitor.name, "remove partner", f"partner {ref}", connection.name)
    await partners.remove(asked.console.database, asked.console.clients, connection)
    return asked.done("/partners", asked.say("%(name)s is no partner any more.", name=connection.name))


def passed_on(asked: Asked, answer: commands.Asked, path: str) -> Response:
    """What a partner said at once to a command; what became of it stands among its commands."""
    if answer.verdict is Verdict.ACCEPTED:
        return asked.done(path, asked.say("The partner passes it on to its station."))
    why = next((message.text for message in answer.message), answer.verdict.value)
    return asked.done(path, asked.say("The partner refused: %(why)s", why=why), "bad")


def _state(delivery: Delivery) -> str:
    if delivery.dead_at is not None:
        return "dead"
    if delivery.delivered_at is not None:
        return "delivered"
    return "retrying" if delivery.attempts else "waiting"


DOORS: tuple[Door, ...] = (
    see("/partners", list_all),
    see("/partners/new", new, Role.ADMIN),
    do("/partners/invite", invite, Role.ADMIN),
    do("/partners/register", register, Role.ADMIN),
    see("/partners/{ref}", one),
    see("/partners/{ref}/outbox", outbox),
    do("/partners/{ref}/resend", resend),
    do("/partners/{ref}/fetch", fetch_again),
    do("/partners/{ref}/roles", speakers.change, Role.ADMIN),
    do("/partners/{ref}/renew", renew, Role.ADMIN),
    do("/partners/{ref}/suspend", suspend, Role.ADMIN),
    do("/partners/{ref}/resume", resume, Role.ADMIN),
    do("/partners/{ref}/remove", remove, Role.ADMIN),
)
