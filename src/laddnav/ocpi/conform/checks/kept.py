"""Whether the peer keeps what it was told: what it hears back is compared with what was pushed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from laddnav.ocpi.conform.checks.finding import Finding, found, shows
from laddnav.ocpi.conform.checks.paging import instant
from laddnav.ocpi.conform.record import Exchange, Record

MODULES = ("tokens", "locations", "tariffs", "sessions")
_WHOLE = {"tokens": "TOK-001", "locations": "LOC-012", "tariffs": "TAR-002", "sessions": "SES-008"}


def differing(said: Any, heard: Any, path: str = "") -> str | None:
    """The path of the first thing said that is not heard back; what is heard besides does not matter."""
    if isinstance(said, dict) and isinstance(heard, dict):
        places = ((name, value, heard.get(name)) for name, value in said.items() if value not in (None, []))
        return next((bad for name, one, other in places if (bad := differing(one, other, f"{path}/{name}"))), None)
    if isinstance(said, list) and isinstance(heard, list) and len(said) == len(heard):
        both = enumerate(zip(said, heard, strict=True))
        return next((bad for place, (one, other) in both if (bad := differing(one, other, f"{path}/{place}"))), None)
    same = said == heard or (instant(said) is not None and instant(said) == instant(heard))
    return None if same else path or "/"


def _pair(record: Record, said: str, heard: str) -> tuple[Exchange, Any, Any] | None:
    """(where it is heard, what was said, what is heard back), where both went well."""
    one, other = record.last(said), record.last(heard)
    if one is None or other is None or not one.answer.granted or not other.answer.granted:
        return None
    return other, one.request.words, other.answer.data


Compared = Callable[[Mapping[str, Any], Mapping[str, Any]], str | None]


def _judged(record: Record, said: str, heard: str, ids: tuple[str, ...], compare: Compared) -> Iterator[Finding]:
    pair = _pair(record, said, heard)
    if pair is not None:
        one, words, back = pair
        fits = isinstance(words, dict) and isinstance(back, dict)
        yield from found(ids, one, compare(words, back) if fits else "no object is heard back")


def _all_of_it(words: Mapping[str, Any], back: Mapping[str, Any]) -> str | None:
    bad = differing(words, back)
    return f"{bad} is not what was said" if bad else None


def _without(name: str) -> Compared:
    return lambda words, back: f"{name} is still there" if back.get(name) not in (None, []) else None


@shows("TRN-047", "TRN-057", "TYP-007", "TYP-017", "TOK-002", "TOK-004", *_WHOLE.values(), "CDR-009")
def a_put_is_kept_whole(record: Record) -> Iterator[Finding]:
    for module in MODULES:
        ids = ("TRN-047", "TYP-007", "TYP-017", _WHOLE[module])
        yield from _judged(record, f"{module}: PUT new", f"{module}: GET after PUT new", ids, _all_of_it)
        said, heard = f"{module}: PUT with a slash in its id", f"{module}: GET with a slash in its id"
        yield from _judged(record, said, heard, ("TRN-057",), _all_of_it)
    yield from _judged(record, "cdrs: POST", "cdrs: GET after POST", ("CDR-009",), _all_of_it)
    for what in ("a card", "a driver's app"):
        yield from _judged(
            record, f"tokens: PUT of {what}", f"tokens: GET of {what}", ("TOK-002", "TOK-004"), _all_of_it
        )


@shows("TRN-040", "SES-008")
def a_put_takes_back_what_it_leaves_out(record: Record) -> Iterator[Finding]:
    optional = {"tokens": "visual_number", "locations": "name", "tariffs": "tariff_alt_text", "sessions": "meter_id"}
    for module, name in optional.items():
        said = f"{module}: PUT without an optional field"
        ids = ("TRN-040", "SES-008") if module == "sessions" else ("TRN-040",)
        yield from _judged(record, said, f"{module}: GET after PUT without an optional field", ids, _without(name))


@shows("TRN-041", "LOC-019")
def a_patch_changes_what_it_says_and_nothing_else(record: Record) -> Iterator[Finding]:
    for module in MODULES:
        whole = record.last(f"{module}: PUT with a field that nobody knows")
        pair = _pair(record, f"{module}: PATCH", f"{module}: GET after PATCH")
        if whole is None or pair is None or not whole.answer.granted:
            continue
        one, change, back = pair
        expected = {name: value for name, value in whole.request.words.items() if name != "a_field_of_tomorrow"}
        bad = differing(expected | change, back)
        ids = ("TRN-041", "LOC-019") if module == "locations" else ("TRN-041",)
        yield from found(ids, one, f"{bad} is not what it has to be after the PATCH" if bad else None)


@shows("TRN-045")
def a_null_clears_an_optional_field(record: Record) -> Iterator[Finding]:
    for module, name in (("tokens", "visual_number"), ("locations", "name"), ("sessions", "meter_id")):
        yield from _judged(
            record, f"{module}: PATCH to null", f"{module}: GET after PATCH to null", ("TRN-045",), _without(name)
        )


@shows("TRN-046")
def older_news_change_nothing(record: Record) -> Iterator[Finding]:
    for module in MODULES:
        said, heard = record.last(f"{module}: PUT of older news"), record.last(f"{module}: GET after PUT of older news")
        if said is None or heard is None or not isinstance(heard.answer.data, dict):
            continue
        undone = instant(heard.answer.data.get("last_updated")) == instant(said.request.words["last_updated"])
        yield from found(("TRN-046",), heard, "older news replaced newer" if undone else None)


@shows("LOC-013", "LOC-019", "TRN-042")
def parts_of_a_location_are_kept(record: Record) -> Iterator[Finding]:
    yield from _judged(record, "locations: PUT of an EVSE", "locations: GET of an EVSE", ("LOC-013",), _all_of_it)
    said, heard = "locations: PATCH of an EVSE", "locations: GET of the EVSE after its PATCH"
    yield from _judged(record, said, heard, ("LOC-019", "TRN-042"), _all_of_it)
    said, heard = "locations: PUT of a Connector", "locations: GET of a Connector"
    yield from _judged(record, said, heard, ("LOC-013",), _all_of_it)


@shows("LOC-016")
def a_part_carries_its_parents_along(record: Record) -> Iterator[Finding]:
    for said, heard in (
        ("locations: PATCH of an EVSE", "locations: GET after PATCH of an EVSE"),
        ("locations: PUT of a Connector", "locations: GET of the EVSE after PUT of a Connector"),
        ("locations: PATCH of a Connector", "locations: GET after PATCH of a Connector"),
    ):
        yield from _judged(record, said, heard, ("LOC-016",), _as_new)


def _as_new(words: Mapping[str, Any], back: Mapping[str, Any]) -> str | None:
    same = instant(back.get("last_updated")) == instant(words.get("last_updated"))
    return (
        None if same else f"last_updated is {back.get('last_updated')}, the part was changed at {words['last_updated']}"
    )


@shows("SES-011", "SES-012", "SES-009")
def charging_periods_are_added_and_replaced(record: Record) -> Iterator[Finding]:
    for step, count, id in (
        ("sessions: GET after PATCH with a period", 2, "SES-011"),
        ("sessions: GET after PATCH without periods", 2, "SES-012"),
        ("sessions: GET after PUT without periods", 0, "SES-009"),
    ):
        one = record.last(step)
        if one is not None and isinstance(one.answer.data, dict):
            there = len(one.answer.data.get("charging_periods") or ())
            yield from found((id,), one, None if there == count else f"{there} charging periods instead of {count}")


@shows("CDR-008")
def a_posted_cdr_has_a_location(record: Record) -> Iterator[Finding]:
    one = record.last("cdrs: POST")
    if one is not None and one.answer.granted:
        yield from found(("CDR-008",), one, None if one.answer.headers.get("location") else "no Location header")


@shows("CDR-003", "CDR-004")
def a_second_post_changes_nothing(record: Record) -> Iterator[Finding]:
    one, first = record.last("cdrs: GET after POST"), record.last("cdrs: POST")
    if one is None or first is None or not isinstance(one.answer.data, dict):
        return
    changed = one.answer.data.get("remark") == "changed"
    yield from found(("CDR-003",), one, "a second POST changed the CDR" if changed else None)
    again = record.last("cdrs: POST again")
    if again is not None:
        where = again.answer.headers.get("location")
        twice = again.answer.granted and where is not None and where != first.answer.headers.get("location")
        yield from found(("CDR-004",), again, "the same CDR is there twice" if twice else None)
