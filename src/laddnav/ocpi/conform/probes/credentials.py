"""The handshake, with everything that can go wrong in it before and after it goes right."""

from __future__ import annotations

from typing import Any

from laddnav.ocpi.conform import counterpart as faces
from laddnav.ocpi.conform.conversation import Conversation
from laddnav.ocpi.conform.record import Exchange


async def _credentials(
    talk: Conversation, step: str, method: str, body: Any = None, token: str | None = None
) -> Exchange:
    listed = (one.url for one in talk.record.endpoints if one.identifier == "credentials")
    url = next(listed, talk.record.versions_url)
    holds = "Credentials" if method in ("GET", "POST", "PUT") else None
    return await talk.ask(step, method, url, body, module="credentials", holds=holds, token=token, routed=False)


async def registration(talk: Conversation) -> None:
    """From token A to token C."""
    invited = talk.caller.token
    talk.shown("token A", invited)
    for endpoint in talk.record.endpoints:
        if endpoint.identifier in ("locations", "tariffs", "tokens", "sessions"):
            await talk.ask("a module with token A", "GET", endpoint.url, module=endpoint.identifier)
            break
    talk.counterpart.token = talk.new_token("token B")
    await _credentials(talk, "PUT before registration", "PUT", talk.counterpart.credentials(talk.counterpart.token))
    await _credentials(talk, "DELETE before registration", "DELETE")
    for face, step in (
        (faces.BROKEN, "POST of credentials that lead nowhere"),
        (faces.WITHOUT_VERSION, "POST of credentials without the version"),
        (faces.WITHOUT_ENDPOINTS, "POST of credentials without endpoints"),
    ):
        await _credentials(talk, step, "POST", talk.counterpart.credentials(talk.counterpart.token, face))
    lacking = talk.counterpart.credentials(talk.counterpart.token)
    del lacking["url"]
    await _credentials(talk, "POST of credentials that lack a field", "POST", lacking)
    done = await _credentials(talk, "POST credentials", "POST", talk.counterpart.credentials(talk.counterpart.token))
    if not _taken(talk, done, "token C"):
        return
    talk.registered = True
    await _credentials(talk, "POST with token A again", "POST", lacking, token=invited)
    await talk.ask(
        "versions with token A again", "GET", talk.record.versions_url, module="versions", token=invited, routed=False
    )
    again = talk.counterpart.credentials(talk.counterpart.token)
    await _credentials(talk, "POST when registered", "POST", again)
    await _credentials(talk, "PATCH credentials", "PATCH", again)
    await _credentials(talk, "GET credentials", "GET")


async def renewal(talk: Conversation) -> None:
    """A PUT gives both sides new tokens, and the old ones are over."""
    if not talk.registered:
        return
    before, theirs = talk.caller.token, talk.counterpart.token
    talk.counterpart.token = talk.new_token("token B, renewed")
    done = await _credentials(talk, "PUT credentials", "PUT", talk.counterpart.credentials(talk.counterpart.token))
    if not _taken(talk, done, "token C, renewed"):
        talk.counterpart.token = theirs
        return
    await talk.ask("versions with the new token", "GET", talk.record.versions_url, module="versions", routed=False)
    await talk.ask(
        "versions with the old token", "GET", talk.record.versions_url, module="versions", token=before, routed=False
    )


async def leaving(talk: Conversation) -> None:
    """Nothing of us stays behind."""
    if not talk.registered:
        return
    await _credentials(talk, "DELETE credentials", "DELETE")
    await talk.ask("versions after DELETE", "GET", talk.record.versions_url, module="versions", routed=False)


def _taken(talk: Conversation, answer: Exchange, name: str) -> bool:
    data = answer.answer.data
    if not answer.answer.granted or not isinstance(data, dict) or not isinstance(data.get("token"), str):
        return False
    talk.caller.token = talk.shown(name, data["token"])
    talk.learn_peer(data)
    return True
