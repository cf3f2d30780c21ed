"""Versions and details: who may see them, and what stands in them."""

from __future__ import annotations

from laddnav.ocpi.conform.conversation import Conversation
from laddnav.ocpi.conform.dialect import DIALECTS


async def find_version(talk: Conversation, wanted: str | None) -> bool:
    """Settle on the version, and learn the endpoints; False where there is nothing to talk about."""
    url = talk.record.versions_url
    first = await talk.ask("versions", "GET", url, module="versions", holds="Version*", routed=False)
    if first.answer.http == 401:
        talk.record.encodes_token = not talk.record.encodes_token
        first = await talk.ask("versions with the token spelt otherwise", "GET", url, module="versions", routed=False)
    listed = first.answer.data
    offered = {one["version"]: one.get("url") for one in listed or () if isinstance(one, dict) and "version" in one}
    common = [version for version in DIALECTS if version in offered and wanted in (None, version)]
    if not common:
        return False
    version = common[-1]
    talk.settle_on(version)
    for other, where in offered.items():
        if other == version:
            said = await talk.ask("details", "GET", str(where), module="versions", holds="VersionDetails", routed=False)
            talk.learn_endpoints(said)
        else:  # in words of its own, which are not those that this run judges by
            await talk.ask("details of another version", "GET", str(where), module="versions", routed=False)
    return bool(talk.record.endpoints)


async def guarded(talk: Conversation) -> None:
    """Nobody sees them without a token."""
    for name, where in _both(talk):
        await talk.ask(f"{name} without a token", "GET", where, module="versions", token="", routed=False)
        unknown = f"nobody-knows-{talk.ours.mark}"
        await talk.ask(f"{name} with an unknown token", "GET", where, module="versions", token=unknown, routed=False)
    other_scheme = {"Authorization": f"Bearer {talk.caller.token}"}
    url = talk.record.versions_url
    await talk.ask("versions with another scheme", "GET", url, module="versions", headers=other_scheme, routed=False)


async def unchangeable(talk: Conversation) -> None:
    """Nobody changes them."""
    for name, where in _both(talk):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            body = None if method == "DELETE" else b"{}"
            await talk.ask(f"{name}: {method}", method, where, body, module="versions", routed=False)


def _both(talk: Conversation) -> tuple[tuple[str, str], ...]:
    url, details = talk.record.versions_url, talk.record.last("details")
    return ("versions", url), ("details", details.request.url if details else url)
