"""The lists of a Sender: whole, page by page, by date, beyond their ends, and with parameters that are none."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from laddnav.ocpi.conform.conversation import OBJECTS, SINCE, Conversation
from laddnav.ocpi.conform.record import Exchange
from laddnav.ocpi.wire.paging import next_link, with_query

_PAGES_MAX = 20  # enough to see how it pages; a network of a million places is not read to its end
MODULES = ("locations", "tariffs", "sessions", "cdrs", "tokens", "hubclientinfo", "invoicereconciliation")


async def lists(talk: Conversation) -> None:
    for module in MODULES:
        url = talk.record.url(module, "SENDER")
        if url is not None:
            await _one(talk, module, url)


async def _one(talk: Conversation, module: str, url: str) -> None:
    whole = await _crawled(talk, f"{module}: list", module, "", _PAGES_MAX)
    objects = [one for page in whole for one in page.answer.data or () if isinstance(one, dict)]
    talk.found[module] = objects
    total = whole[0].answer.headers.get("x-total-count", "")
    await _crawled(talk, f"{module}: page by page", module, "limit=1", 4)
    await _page(talk, f"{module}: more than the most", module, "limit=1000000")
    await _page(talk, f"{module}: beyond the end", module, f"offset={int(total) + 1000 if total.isdigit() else 10**6}")
    for step, query in _windows(objects):
        await _page(talk, f"{module}: {step}", module, query)
    await _page(talk, f"{module}: of the future", module, "date_from=2099-01-01T00:00:00Z")
    await _page(talk, f"{module}: since a fraction", module, "date_from=2015-01-01T00:00:00.5Z")
    await _page(talk, f"{module}: since no zone", module, "date_from=2015-01-01T00:00:00")
    await _page(talk, f"{module}: offset that is no number", module, "offset=some")
    await _page(talk, f"{module}: date that is none", module, "date_from=yesterday")
    if module == "sessions":
        await talk.ask("sessions: without date_from", "GET", url, module=module)
    await talk.ask(f"{module}: with a slash", "GET", with_query(f"{url.rstrip('/')}/", SINCE), module=module)


async def unchangeable(talk: Conversation) -> None:
    """Nobody changes a list."""
    for module in MODULES:
        url = talk.record.url(module, "SENDER")
        if url is None:
            continue
        # Where both sides of a module are at one URL, a POST is for the other.
        both = url == talk.record.url(module, "RECEIVER")
        for method in ("PUT", "PATCH", "DELETE") if both else ("POST", "PUT", "PATCH", "DELETE"):
            body: Any = None if method == "DELETE" else {}
            await talk.ask(f"{module}: {method} at the Sender", method, url, body, module=module)


def _windows(objects: list[dict[str, object]]) -> list[tuple[str, str]]:
    """From and until the very instants of what is there."""
    said = sorted({str(one["last_updated"]) for one in objects if one.get("last_updated")})
    if not said:
        return []
    first, last = quote(said[0], safe=":"), quote(said[-1], safe=":")
    return [
        ("from its last", f"date_from={last}"),
        ("until its last", f"date_from=2015-01-01T00:00:00Z&date_to={last}"),
        ("until its first", f"date_from=2015-01-01T00:00:00Z&date_to={first}"),
    ]


async def _page(talk: Conversation, step: str, module: str, query: str) -> Exchange:
    url = talk.record.url(module, "SENDER")
    assert url is not None
    if "date_from" not in query and (module == "sessions" or step.endswith("page by page")):
        query = f"{SINCE}&{query}" if query else SINCE
    where, routed = with_query(url, query), module != "hubclientinfo"
    return await talk.ask(step, "GET", where, module=module, holds=f"{OBJECTS[module]}*", routed=routed)


async def _crawled(talk: Conversation, step: str, module: str, query: str, most: int) -> list[Exchange]:
    """Page after page as the links lead."""
    pages = [await _page(talk, step, module, query)]
    visited = {pages[0].request.url}
    while len(pages) < most:
        link = next_link(pages[-1].answer.headers.get("link"))
        if link is None or link in visited or not link.startswith("http"):
            break
        visited.add(link)
        pages.append(await talk.ask(step, "GET", link, module=module, holds=f"{OBJECTS[module]}*"))
    return pages
