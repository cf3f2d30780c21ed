"""What the peer sends of itself: pushes, and the results of commands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from laddnav.ocpi.conform.checks.finding import Finding, found, shows
from laddnav.ocpi.conform.played import PUSHED
from laddnav.ocpi.conform.record import Exchange, Record
from laddnav.ocpi.wire.paging import next_link

_OWNED = {"locations": "LOC-021", "tariffs": "TAR-008", "sessions": "SES-007", "tokens": "TOK-006"}
_DATED = {"locations": "LOC-017", "sessions": "SES-010", "tokens": "TOK-010"}
_PUSHES = {"locations": ("TRN-048",), "tariffs": ("TAR-005",), "sessions": ("SES-001",), "tokens": ("TOK-008",)}


def _below(one: Exchange) -> tuple[str, ...]:
    """The segments behind the module in our URL: /face/version/module/…"""
    return tuple(unquote(part) for part in urlsplit(one.request.url).path.strip("/").split("/")[3:])


def pushes(record: Record, *methods: str) -> Iterator[tuple[Exchange, tuple[str, ...], Any]]:
    for one in record.theirs:
        if one.module in (*_OWNED, "cdrs") and one.request.method in methods and not one.step.endswith("authorize"):
            yield one, _below(one), one.request.words


@shows(*_OWNED.values(), "TRN-049")
def the_url_names_the_owner_of_what_is_put(record: Record) -> Iterator[Finding]:
    for one, path, words in pushes(record, "PUT"):
        if len(path) != 3 or not isinstance(words, dict) or not record.routes or one.module not in _OWNED:
            continue
        said = [
            str(words.get(name)) for name in ("country_code", "party_id", "uid" if one.module == "tokens" else "id")
        ]
        same = [part.lower() for part in path] == [part.lower() for part in said]
        problem = None if same else f"the URL says {'/'.join(path)}, the body {'/'.join(said)}"
        yield from found((_OWNED[one.module], "TRN-049"), one, problem)


@shows(*_DATED.values())
def every_patch_has_last_updated(record: Record) -> Iterator[Finding]:
    for one, _, words in pushes(record, "PATCH"):
        if one.module in _DATED:
            dated = isinstance(words, dict) and words.get("last_updated")
            yield from found((_DATED[one.module],), one, None if dated else "last_updated is missing")


@shows("LOC-120")
def a_patch_is_small(record: Record) -> Iterator[Finding]:
    for one, _, words in pushes(record, "PATCH"):
        if one.module == "locations" and isinstance(words, dict):
            yield from found(("LOC-120",), one, f"{len(words)} fields" if len(words) > 8 else None)


@shows(*{id for ids in _PUSHES.values() for id in ids}, "CDR-001", "CDR-007", "SES-002", "TOK-009", "LOC-022")
def pushes_use_the_method_of_their_module(record: Record) -> Iterator[Finding]:
    for one, path, words in pushes(record, "PUT", "PATCH", "POST", "DELETE"):
        method = one.request.method
        if one.module == "cdrs":
            fits = method == "POST" and not path
            yield from found(("CDR-001",), one, None if fits else f"{method} of a CDR")
            yield from found(("CDR-007",), one, None if isinstance(words, dict) else "not one single CDR")
        elif one.module is not None:
            allowed = {"PUT", "PATCH"} if one.module != "tariffs" else {"PUT", "DELETE"}
            if one.module == "tariffs" and not record.routes:
                allowed.add("PATCH")
            fits = method in allowed and (method == "DELETE" or (one.module, len(path)) in PUSHED)
            ids = (*_PUSHES[one.module], *_never_deleted(one.module))
            yield from found(ids, one, None if fits else f"{method} with {len(path)} segments in {one.module}")


def _never_deleted(module: str) -> tuple[str, ...]:
    return {"sessions": ("SES-002",), "tokens": ("TOK-009",), "locations": ("LOC-022",)}.get(module, ())


@shows("SES-035")
def a_completed_session_stays_as_it_is(record: Record) -> Iterator[Finding]:
    over: dict[tuple[str, ...], Any] = {}
    for one, path, words in pushes(record, "PUT", "PATCH"):
        if one.module != "sessions" or not isinstance(words, dict):
            continue
        if path in over:
            changed = any(over[path].get(name) != value for name, value in words.items() if name in over[path])
            yield from found(("SES-035",), one, "it changed after it was COMPLETED" if changed else None)
        if words.get("status") == "COMPLETED":
            yield from found(("SES-035",), one)
            over[path] = words


@shows("CMD-008", "CMD-009", "CMD-015", "CMD-032")
def an_accepted_command_has_a_result(record: Record) -> Iterator[Finding]:
    asked = record.last("commands: START_SESSION")
    if asked is None or not isinstance(asked.answer.data, dict):
        return
    result = record.last("their result of START_SESSION")
    accepted = asked.answer.data.get("result") == "ACCEPTED"
    if not accepted:
        yield from found(("CMD-008",), asked, None if result is None else "a result of what was not accepted")
        return
    yield from found(("CMD-008",), asked, None if result is not None else "no result came to response_url in time")
    if result is None:
        return
    where = asked.request.words["response_url"]
    exactly = result.request.url == where and result.request.method == "POST" and result.answer.http != 401
    yield from found(
        ("CMD-015",), result, None if exactly else f"{result.summary} instead of POST {where} with token B"
    )
    shaped = isinstance(result.request.words, dict) and "result" in result.request.words
    yield from found(("CMD-009",), result, None if shaped else "no CommandResult")
    uid = asked.request.words["token"]["uid"]
    for one, _, words in pushes(record, "PUT"):
        if one.module == "sessions" and isinstance(words, dict) and one.number > asked.number:
            token = words.get("cdr_token") or {}
            if token.get("uid") == uid:
                fits = words.get("auth_method") == "COMMAND"
                yield from found(("CMD-032",), one, None if fits else f"auth_method is {words.get('auth_method')}")


_REFUSED = {
    "commands: START_SESSION at no Location": "CMD-008",
    "commands: STOP_SESSION of no session": "CMD-008",
    "chargingprofiles: PUT of no session": "CHP-008",
}


@shows("CMD-008", "CHP-008")
def what_was_refused_has_no_result(record: Record) -> Iterator[Finding]:
    for one in record.of(*_REFUSED):
        words = one.request.words
        url = words.get("response_url") if isinstance(words, dict) else None
        data = one.answer.data if isinstance(one.answer.data, dict) else {}
        if data.get("result") in (None, "ACCEPTED"):
            continue
        told = any(other.request.url == url for other in record.theirs)
        yield from found((_REFUSED[one.step],), one, "a result of what was not accepted" if told else None)


@shows("TRN-078")
def the_peer_follows_links_as_they_are_given(record: Record) -> Iterator[Finding]:
    """A link of ours is asked for before long, exactly so."""
    asked = [one for one in record.theirs if one.step.endswith(" list")]
    for place, one in enumerate(asked):
        link = next_link(one.answer.headers.get("Link"))
        if link is not None:
            followed = any(later.request.url == link for later in asked[place + 1 :])
            yield from found(("TRN-078",), one, None if followed else f"it never asked for {link}")


@shows("SES-004")
def the_peer_names_a_date_where_it_has_to(record: Record) -> Iterator[Finding]:
    for one in record.of("their GET sessions list"):
        yield from found(("SES-004",), one, None if "date_from=" in one.request.url else "date_from is missing")


@shows("TOK-046")
def a_place_comes_back_only_where_it_was_named(record: Record) -> Iterator[Finding]:
    for one in record.of("tokens: authorize"):
        if one.answer.granted and isinstance(one.answer.data, dict):
            named = one.answer.data.get("location")
            yield from found(("TOK-046",), one, "a location that nobody asked about" if named else None)
    for one in record.of("tokens: authorize at a place"):
        if one.answer.granted and isinstance(one.answer.data, dict):
            refused = one.answer.data.get("allowed") != "ALLOWED" and one.answer.data.get("location")
            yield from found(("TOK-046",), one, "a location, though charging is refused" if refused else None)


@shows("TOK-040", "TOK-042")
def an_authorization_names_the_token_that_was_asked_for(record: Record) -> Iterator[Finding]:
    for one in record.of("tokens: authorize", "tokens: authorize at a place", "tokens: authorize with a type"):
        data = one.answer.data
        if one.answer.granted and isinstance(data, dict) and isinstance(data.get("token"), dict):
            asked = unquote(urlsplit(one.request.url).path.rstrip("/").split("/")[-2])
            same = str(data["token"].get("uid")).lower() == asked.lower()
            yield from found(("TOK-042",), one, None if same else "it names another Token")
    for one in record.of("tokens: authorize an unknown Token"):
        data = one.answer.data
        yield from found(("TOK-040",), one, None if data in (None, {}) else "data for an unknown Token")


@shows("LOC-004")
def an_object_is_the_one_that_was_asked_for(record: Record) -> Iterator[Finding]:
    for step, field in (("locations: object", "id"), ("locations: EVSE", "uid"), ("locations: Connector", "id")):
        one = record.last(step)
        if one is not None and isinstance(one.answer.data, dict):
            asked = unquote(urlsplit(one.request.url).path.rstrip("/").split("/")[-1])
            same = str(one.answer.data.get(field)) == asked
            yield from found(("LOC-004",), one, None if same else f"{field} is {one.answer.data.get(field)!r}")
