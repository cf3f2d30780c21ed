"""Lists by pages: headers, links, windows of dates, and that nothing is lost or comes twice on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from laddnav.kit.time import utc
from laddnav.ocpi.conform.checks.finding import Finding, found, shows
from laddnav.ocpi.conform.record import Exchange, Record
from laddnav.ocpi.wire.paging import next_link

_FILTERS = ("date_from", "date_to")


def pages(record: Record) -> Iterator[Exchange]:
    """Every page of a list that was granted."""
    for one in record.ours:
        if one.holds and one.holds.endswith("*") and one.module not in ("versions", None) and one.answer.granted:
            yield one


def query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None


def _members(one: Exchange) -> list[Any]:
    return one.answer.data if isinstance(one.answer.data, list) else []


@shows("TRN-073", "TRN-074", "TRN-075")
def every_page_counts(record: Record) -> Iterator[Finding]:
    for one in pages(record):
        total, limit = (_number(one.answer.headers.get(name)) for name in ("x-total-count", "x-limit"))
        problem = "X-Total-Count is missing or no number" if total is None else None
        offset = _number(query(one.request.url).get("offset")) or 0
        if total is not None and total < offset + len(_members(one)) and _members(one):
            problem = f"X-Total-Count is {total}, and yet there are {len(_members(one))} objects from {offset} on"
        yield from found(("TRN-073",), one, problem)
        short = limit is not None and limit < len(_members(one))
        problem = "X-Limit is missing or no number" if limit is None else "more objects than X-Limit" if short else None
        yield from found(("TRN-074", "TRN-075"), one, problem)


@shows("TRN-074")
def the_limit_is_that_of_the_server(record: Record) -> Iterator[Finding]:
    """Also where less was asked for."""
    for module in {name_of(one.step) for one in pages(record)}:
        large, small = record.last(f"{module}: more than the most"), record.last(f"{module}: page by page")
        if large is None or small is None or not (large.answer.granted and small.answer.granted):
            continue
        most, said = large.answer.headers.get("x-limit"), small.answer.headers.get("x-limit")
        yield from found(("TRN-074",), small, None if most == said else f"X-Limit is {said} here and {most} elsewhere")


@shows("TRN-062", "TRN-069", "TRN-076")
def no_page_is_longer_than_asked(record: Record) -> Iterator[Finding]:
    for one in pages(record):
        limit, most = _number(query(one.request.url).get("limit")), _number(one.answer.headers.get("x-limit"))
        count = len(_members(one))
        if limit:
            yield from found(("TRN-062", "TRN-069"), one, f"{count} objects" if count > limit else None)
        if limit and most and limit > most:
            link = query(next_link(one.answer.headers.get("link")) or "")
            strayed = "limit" in link and _number(link["limit"]) != most
            yield from found(("TRN-076",), one, f"the next link asks for limit={link['limit']}" if strayed else None)


@shows("TRN-070", "TRN-071")
def a_link_leads_on_until_the_last_page(record: Record) -> Iterator[Finding]:
    for one in pages(record):
        total, offset = _number(one.answer.headers.get("x-total-count")), query(one.request.url).get("offset", "0")
        start = _number(offset)
        if total is None or start is None:
            continue
        link, count = next_link(one.answer.headers.get("link")), len(_members(one))
        more = count > 0 and start + count < total
        if more:
            yield from found(
                ("TRN-070",), one, None if link else f"no next link, though {start + count} of {total} came"
            )
        else:
            yield from found(("TRN-071",), one, f"a next link after the last of {total}" if link else None)


@shows("TRN-068")
def a_link_begins_where_the_page_ended(record: Record) -> Iterator[Finding]:
    for one in pages(record):
        link = next_link(one.answer.headers.get("link"))
        start = _number(query(one.request.url).get("offset", "0"))
        following = _number(query(link or "").get("offset"))
        if link and start is not None and following is not None:
            end = start + len(_members(one))
            problem = None if following == end else f"the next page begins at {following}, this one ended at {end}"
            yield from found(("TRN-068",), one, problem)


@shows("TRN-072", "SES-004")
def a_link_keeps_the_filters(record: Record) -> Iterator[Finding]:
    for one in pages(record):
        link, asked = next_link(one.answer.headers.get("link")), query(one.request.url)
        if not link:
            continue
        kept = query(link)
        lost = [name for name in _FILTERS if name in asked and instant(kept.get(name)) != instant(asked[name])]
        ids = ("TRN-072", "SES-004") if one.module == "sessions" else ("TRN-072",)
        if any(name in asked for name in _FILTERS):
            yield from found(ids, one, f"{lost[0]} is lost in the next link" if lost else None)


@shows("TRN-066", "TRN-063", "TRN-064", "TRN-067", "LOC-002")
def a_window_holds_what_belongs_in_it(record: Record) -> Iterator[Finding]:
    for one in pages(record):
        asked = query(one.request.url)
        begin, end = (instant(asked.get(name)) for name in _FILTERS)
        more = ("LOC-002",) if one.module == "locations" else ()
        instants = [at for words in _members(one) if (at := _updated(words)) is not None]
        if begin is not None and instants:
            early = min(instants) < begin
            yield from found(("TRN-063", "TRN-064", *more), one, "an object from before date_from" if early else None)
        if end is not None:
            late = any(at >= end for at in instants)
            yield from found(("TRN-066", "TRN-067", *more), one, "an object not before date_to" if late else None)


@shows("TRN-073")
def the_count_is_that_of_the_whole_list(record: Record) -> Iterator[Finding]:
    """A list that was read to its end has as many objects as was said; a few may have been added meanwhile."""
    for module, crawled in _crawls(record).items():
        first, last = (_number(one.answer.headers.get("x-total-count")) for one in (crawled[0], crawled[-1]))
        if first is None or last is None or next_link(crawled[-1].answer.headers.get("link")) is not None:
            continue
        count = sum(len(_members(one)) for one in crawled)
        fits = min(first, last) <= count <= max(first, last)
        problem = None if fits else f"X-Total-Count said {first}, and {count} {module} came"
        yield from found(("TRN-073",), crawled[0], problem)


@shows("TRN-077", "TRN-062")
def pages_follow_one_order(record: Record) -> Iterator[Finding]:
    """Page by page the same objects come in the same order as in one piece, and none twice."""
    for module, crawled in _crawls(record).items():
        whole = [_key(words) for one in crawled for words in _members(one)]
        singly = [one for one in record.of(f"{module}: page by page") if one.answer.granted]
        if len(whole) > len(set(whole)):
            yield from found(("TRN-077",), crawled[-1], "an object comes twice in one crawl")
        if singly and whole:
            pieces = [_key(words) for one in singly for words in _members(one)]
            same = pieces == whole[: len(pieces)]
            problem = None if same else "page by page other objects come, or in another order"
            yield from found(("TRN-077", "TRN-062"), singly[-1], problem)


@shows("TRN-063", "TRN-065", "LOC-002")
def what_changed_since_is_there(record: Record) -> Iterator[Finding]:
    """What was in the list with this date or a later one; it may have changed again since, and is then later still."""
    for module, crawled in _crawls(record).items():
        whole = {_key(words): _updated(words) for one in crawled for words in _members(one)}
        for one in record.of(f"{module}: from its last"):
            begin = instant(query(one.request.url).get("date_from"))
            if not one.answer.granted or begin is None or next_link(one.answer.headers.get("link")):
                continue
            there = {_key(words) for words in _members(one)}
            missing = sorted(key for key, at in whole.items() if at and at >= begin and key not in there)
            ids = ("TRN-063", "TRN-065", "LOC-002") if module == "locations" else ("TRN-063", "TRN-065")
            yield from found(ids, one, f"{missing[0]} is missing" if missing else None)


def _crawls(record: Record) -> dict[str, list[Exchange]]:
    """The pages of each list that was read as a whole, by its name: of most there is one in a module."""
    crawls: dict[str, list[Exchange]] = {}
    for one in pages(record):
        if one.step.endswith(": list"):
            crawls.setdefault(name_of(one.step), []).append(one)
    return crawls


def name_of(step: str) -> str:
    """What stands before what is asked of it."""
    return step.partition(": ")[0]


def _key(words: Any) -> str:
    if not isinstance(words, dict):
        return repr(words)
    owner = (words.get(name, "") for name in ("country_code", "party_id"))
    id = next((words[name] for name in ("uid", "id", "terminal_id") if name in words), None)
    return "*".join(map(str, (*owner, id, words.get("type", ""), words.get("role", "")))).lower()


def _updated(words: Any) -> datetime | None:
    return instant(words.get("last_updated")) if isinstance(words, dict) else None


def instant(text: Any) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        return utc(datetime.fromisoformat(text))
    except ValueError:
        return None
