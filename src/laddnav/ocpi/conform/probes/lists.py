"""The lists of a Sender: whole, page by page, by date, beyond their ends, and with parameters that are none."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from msgspec import Struct

from laddnav.ocpi.conform.conversation import OBJECTS, PAYMENTS, SINCE, Conversation
from laddnav.ocpi.conform.record import CONFIGURATION, Exchange
from laddnav.ocpi.conform.roles import OFFERED
from laddnav.ocpi.wire.paging import joined, next_link, with_query

_PAGES_MAX = 20  # enough to see how it pages; a network of a million places is not read to its end
_COLLECTED = frozenset({"locations", "tariffs", "sessions", "cdrs", "tokens"})


class List(Struct, frozen=True, kw_only=True):
    """One list of a Sender: `name` is its module, or what there is one list of among several in a module."""

    name: str
    module: str
    holds: str
    url: str

    def page(self, query: str) -> str:
        return with_query(self.url, query)


def offered(talk: Conversation) -> list[List]:
    """What can be listed at the peer; a hub has collected what our role reads, and passes on the rest."""
    every = [(module, module, "", holds) for module, holds in OBJECTS.items()]
    every += [(name, "payments", path, holds) for name, (path, holds) in PAYMENTS.items()]
    return [
        List(name=name, module=module, holds=f"{holds}*", url=joined(url, path) if path else url)
        for name, module, path, holds in every
        if (url := talk.record.url(module, "SENDER")) is not None and _is_listed(talk, module)
    ]


def _is_listed(talk: Conversation, module: str) -> bool:
    if talk.record.their_role != "HUB" or module == "hubclientinfo":
        return True
    return module in _COLLECTED and OFFERED[talk.record.our_role].get(module) == "RECEIVER"


async def lists(talk: Conversation) -> None:
    for one in offered(talk):
        await _whole(talk, one)


async def _whole(talk: Conversation, one: List) -> None:
    whole = await _crawled(talk, one, "list", "", _PAGES_MAX)
    objects = [words for page in whole for words in page.answer.data or () if isinstance(words, dict)]
    talk.found[one.name] = objects
    total = whole[0].answer.headers.get("x-total-count", "")
    await _crawled(talk, one, "page by page", "limit=1", 4)
    await _page(talk, one, "more than the most", "limit=1000000")
    await _page(talk, one, "beyond the end", f"offset={int(total) + 1000 if total.isdigit() else 10**6}")
    for what, query in _windows(objects):
        await _page(talk, one, what, query)
    await _page(talk, one, "of the future", "date_from=2099-01-01T00:00:00Z")
    await _page(talk, one, "since a fraction", "date_from=2015-01-01T00:00:00.5Z")
    await _page(talk, one, "since no zone", "date_from=2015-01-01T00:00:00")
    await _page(talk, one, "offset that is no number", "offset=some")
    await _page(talk, one, "date that is none", "date_from=yesterday")
    if one.name == "sessions":
        await talk.ask("sessions: without date_from", "GET", one.url, module=one.module)
    slashed = with_query(f"{one.url.rstrip('/')}/", SINCE)
    await talk.ask(f"{one.name}: with a slash", "GET", slashed, module=one.module, routed=_is_routed(one))


async def unchangeable(talk: Conversation) -> None:
    """Nobody changes a list; what a hub lists for others, it may take from them at the same URL."""
    at_hub = talk.record.their_role == "HUB"
    for one in (one for one in offered(talk) if not at_hub or one.module == "hubclientinfo"):
        # Where both sides of a module are at one URL, a POST is for the other.
        both = one.url == talk.record.url(one.module, "RECEIVER")
        for method in ("PUT", "PATCH", "DELETE") if both else ("POST", "PUT", "PATCH", "DELETE"):
            body: Any = None if method == "DELETE" else {}
            step = f"{one.name}: {method} at the Sender"
            await talk.ask(step, method, one.url, body, module=one.module, routed=_is_routed(one))


def _is_routed(one: List) -> bool:
    return one.module not in CONFIGURATION


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


async def _page(talk: Conversation, one: List, what: str, query: str) -> Exchange:
    if "date_from" not in query and (one.name == "sessions" or what == "page by page"):
        query = f"{SINCE}&{query}" if query else SINCE
    step = f"{one.name}: {what}"
    return await talk.ask(step, "GET", one.page(query), module=one.module, holds=one.holds, routed=_is_routed(one))


async def _crawled(talk: Conversation, one: List, what: str, query: str, most: int) -> list[Exchange]:
    """Page after page as the links lead."""
    pages = [await _page(talk, one, what, query)]
    visited = {pages[0].request.url}
    while len(pages) < most:
        link = next_link(pages[-1].answer.headers.get("link"))
        if link is None or link in visited or not link.startswith("http"):
            break
        visited.add(link)
        step = f"{one.name}: {what}"
        pages.append(await talk.ask(step, "GET", link, module=one.module, holds=one.holds, routed=_is_routed(one)))
    return pages
