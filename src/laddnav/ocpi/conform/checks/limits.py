"""What others ask of the charges and places of a CPO, which we play: limits, and that a charge begins."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import unquote, urlsplit

from laddnav.ocpi.conform.checks.finding import Finding, found, shows
from laddnav.ocpi.conform.record import Exchange, Record

_ASKED = tuple(f"their {method} chargingprofiles" for method in ("GET", "PUT", "DELETE"))


def _asked(record: Record) -> Iterator[Exchange]:
    """What came to us as CPO."""
    if record.our_role == "CPO":
        yield from record.of(*_ASKED)


def _back(one: Exchange) -> str | None:
    """Where the result is wanted, as it was written."""
    words = one.request.words
    if isinstance(words, dict):
        return words.get("response_url")
    pairs = (pair.partition("=") for pair in urlsplit(one.request.url).query.split("&"))
    return next((value for name, _, value in pairs if name == "response_url"), None)


@shows("CHP-005")
def a_url_in_a_query_is_encoded(record: Record) -> Iterator[Finding]:
    for one in _asked(record):
        url = _back(one)
        if one.request.method != "PUT" and url is not None:
            yield from found(("CHP-005",), one, f"{url} is not percent-encoded" if ":" in url or "/" in url else None)


@shows("CHP-038", "CMD-016")
def every_result_has_a_url_of_its_own(record: Record) -> Iterator[Finding]:
    commands = [one for one in record.theirs if one.step.startswith("their command ")]
    for id, asked in (("CHP-038", list(_asked(record))), ("CMD-016", commands)):
        seen: set[str] = set()
        for one in asked:
            url = _back(one)
            if url is not None:
                yield from found((id,), one, f"{url} came before" if unquote(url) in seen else None)
                seen.add(unquote(url))


@shows("CHP-036")
def only_charges_that_were_told_are_limited(record: Record) -> Iterator[Finding]:
    told = {_last(one) for one in record.ours if one.module == "sessions" and one.request.method in ("PUT", "PATCH")}
    for one in _asked(record):
        known = _last(one) in told
        yield from found(("CHP-036",), one, None if known else f"nobody told it of a charge {_last(one)!r}")


def _last(one: Exchange) -> str:
    return unquote(urlsplit(one.request.url).path.rstrip("/").rpartition("/")[2])


@shows("CHP-012", "CHP-013")
def results_of_limits_are_taken_without_data(record: Record) -> Iterator[Finding]:
    steps = ("chargingprofiles: PUT of the active profile", *(f"result of {one}" for one in _ASKED))
    for one in record.of(*steps):
        granted, data = one.answer.granted, one.answer.data
        problem = None if granted else f"HTTP {one.answer.http}, status {one.answer.status} for a result that it wanted"
        yield from found(("CHP-013",), one, problem)
        if granted:
            yield from found(("CHP-012",), one, None if data is None else "data where none is defined")


@shows("CHP-025", "CHP-027")
def a_profile_begins_at_once_and_goes_on_in_order(record: Record) -> Iterator[Finding]:
    for one in _asked(record):
        words = one.request.words
        profile = words.get("charging_profile") if isinstance(words, dict) else None
        periods = profile.get("charging_profile_period") if isinstance(profile, dict) else None
        if not isinstance(periods, list) or not all(isinstance(period, dict) for period in periods):
            continue
        starts = [period.get("start_period") for period in periods]
        numbers = [start for start in starts if isinstance(start, int)]
        in_order = numbers == starts and numbers == sorted(numbers) and numbers[:1] == [0]
        yield from found(("CHP-027",), one, None if in_order else f"periods start at {starts}")
        fine = [limit for period in periods if (limit := _tenths(period.get("limit"))) is not None]
        yield from found(("CHP-025",), one, f"limit {fine[0]} has more than one decimal" if fine else None)


def _tenths(limit: object) -> object | None:
    """The limit, where it is finer than that."""
    return limit if isinstance(limit, Decimal) and limit != round(limit, 1) else None


@shows("SES-053")
def whoever_limits_charges_hears_of_them(record: Record) -> Iterator[Finding]:
    one = record.last("sessions: PUT new")
    if one is not None and record.their_role == "SCSP":
        yield from found(("SES-053",), one, None if one.answer.granted else "it does not take a Session")


@shows("CMD-033")
def charges_are_started_with_tokens_of_the_sender(record: Record) -> Iterator[Finding]:
    for one in record.of("their command START_SESSION", "their command RESERVE_NOW") if record.routes else ():
        token = one.request.words.get("token") if isinstance(one.request.words, dict) else None
        if isinstance(token, dict) and record.their_role != "HUB":
            owner = f"{token.get('country_code')}*{token.get('party_id')}"
            same = owner.upper() == record.notes.get("peer", "").upper()
            yield from found(("CMD-033",), one, None if same else f"a Token of {owner}")
