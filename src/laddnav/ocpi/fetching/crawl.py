"""One list of a partner from its beginning to its end, however it is handed out: links are a help and not the law."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.refusal import Trouble
from laddnav.ocpi.calls.calling import Reply
from laddnav.ocpi.deviations.policy import Lists
from laddnav.ocpi.wire import envelope, paging
from laddnav.ocpi.wire.paging import Page

PAGES_MAX = 100_000  # a list that never ends is a mistake of theirs
FIRST_WINDOWS = timedelta(days=730)  # how far back a list is fetched that is handed out by short stretches of time

Fetch = Callable[[str], Awaitable[Reply]]


class Endless(Trouble):
    """A list has more pages than any list can have."""


class Leaf(Struct, frozen=True):
    """What stood on one page, and the URL at which the list goes on; None where it ends.

    `total`: how many there are, as they say; 0 where they do not.
    """

    objects: list[Any]
    next_url: str | None
    total: int


async def leaves(
    fetch: Fetch, endpoint: str, since: datetime | None, now: datetime, lists: Lists, url: str | None = None
) -> AsyncGenerator[Leaf]:
    """Everything that changed `since` then, or all of it; `url` is where an earlier crawl broke off.

    Raises Endless, Unreadable, and what `fetch` raises.
    """
    page = first(since, now, lists) if url is None else paging.page_in(url, lists.asks)
    url = url or paging.with_query(endpoint, paging.query_of(page))
    crawl = _Crawl(endpoint, lists)
    while url is not None:
        reply = await fetch(url)
        back = crawl.looks_back(reply, page)
        if back is not None:
            page = back
            url = paging.with_query(endpoint, paging.query_of(page))
            continue
        objects = [] if crawl.is_again(reply) else envelope.members(reply.answer.data)
        url, page = crawl.onwards(url, reply, page, len(objects))
        if url is None and page.date_to is not None:
            page = window(page.date_to, now, lists)
            url = paging.with_query(endpoint, paging.query_of(page))
        yield Leaf(objects, url, _total(reply))


class _Crawl:
    """What one crawl has met so far."""

    def __init__(self, endpoint: str, lists: Lists) -> None:
        self._endpoint = endpoint
        self._lists = lists
        self._visited: set[str] = set()
        self._total = 0
        self._before: bytes | None = None
        self._looked_back = False

    def looks_back(self, reply: Reply, page: Page) -> Page | None:
        """Something left the list behind us, so that something else slipped by: look back that far, once for a page."""
        total = _total(reply)
        shrunk, self._total = self._total - total, total
        if shrunk <= 0 or page.offset == 0 or self._looked_back or not total:
            self._looked_back = False
            return None
        self._looked_back = True
        return replace(page, offset=max(0, page.offset - shrunk))

    def is_again(self, reply: Reply) -> bool:
        """Who ignores offsets hands out the same page for ever."""
        again, self._before = self._before == reply.answer.data, reply.answer.data
        return again

    def onwards(self, url: str, reply: Reply, page: Page, returned: int) -> tuple[str | None, Page]:
        """Raises Endless."""
        self._visited.add(url)
        if len(self._visited) >= PAGES_MAX:
            raise Endless(f"The list at {self._endpoint} has more than {PAGES_MAX} pages")
        asked, page = page.limit, replace(page, offset=page.offset + returned)
        if not returned:
            return None, page
        link = paging.next_link(reply.headers.get("link"))
        if link is not None and self._lists.follows_links:
            followed = paging.within(link, self._endpoint, page)
            if followed not in self._visited:
                return followed, replace(page, offset=paging.offset_of(followed))
        # No link, or one to where we have been: more is there if they say so, or if the page was full.
        if page.offset < _total(reply) or (returned >= min(asked, _limit(reply) or asked) and not _total(reply)):
            return paging.with_query(self._endpoint, paging.query_of(page)), page
        return None, page


def first(since: datetime | None, now: datetime, lists: Lists) -> Page:
    """Of a whole list, or of what changed since then: all at once, or the first stretch where only so much is given."""
    if since is None or not lists.window_days:
        return Page(limit=lists.asks, date_from=since)
    return window(max(since, now - FIRST_WINDOWS), now, lists)


def window(since: datetime, now: datetime, lists: Lists) -> Page:
    """The stretch that begins then; the last one has no end, for our clock is not theirs."""
    until = since + timedelta(days=lists.window_days)
    return Page(limit=lists.asks, date_from=since, date_to=until if until < now else None)


def _total(reply: Reply) -> int:
    return paging.count_in(reply.headers.get("x-total-count", ""))


def _limit(reply: Reply) -> int:
    return paging.count_in(reply.headers.get("x-limit", ""))
