"""What was asked of us is in the log in its order."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from laddnav.ocpi.connections import partners
from laddnav.ocpi.wire.codec import encoded
from laddnav.parties.model import Role
from tests import things
from tests.ocpi.network import EMSP, Installation, befriended, stranger
from tests.ocpi.wording import words


async def test_a_request_is_noted_before_its_answer_is_sent(cpo: Installation) -> None:
    """So the log has the requests of one who waits for each answer in their order."""
    noted: list[int] = []

    def watching(app: ASGIApp) -> ASGIApp:
        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            async def looking(message: Message) -> None:
                if message["type"] == "http.response.start":
                    await cpo.clients.journal.flush()
                    async with cpo.database.unit() as unit:
                        noted.append(len(await partners.exchanges(unit, await cpo.connection())))
                await send(message)

            await app(scope, receive, looking)

        return watched

    token = await befriended(cpo, EMSP, Role.EMSP)
    await cpo.down()
    cpo.outside = watching
    await cpo.up()
    async with stranger(token) as ask:
        for uid in ("U1", "U2"):
            body = words(things.token(uid, EMSP))
            assert (await ask("PUT", f"{cpo.url}/ocpi/cpo/2.2.1/tokens/NL/TNM/{uid}", encoded(body))).http == 201
    assert noted == [1, 2]
