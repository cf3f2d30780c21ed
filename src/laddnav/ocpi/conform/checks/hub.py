"""What a hub does with what goes through it: our question beside what it became where our other party heard it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from laddnav.ocpi.conform.checks.finding import Finding, found, shows
from laddnav.ocpi.conform.checks.handshake import credentials_in
from laddnav.ocpi.conform.counterpart import SECONDLY
from laddnav.ocpi.conform.dialect import DIALECTS
from laddnav.ocpi.conform.record import Exchange, Record
from laddnav.ocpi.conform.roles import other
from laddnav.ocpi.wire.paging import next_link

_SIDES = ("to", "from")
_FORWARDED = (
    "hub: PUT of a Session to one",
    "hub: GET of a Session from one",
    "hub: GET of what one does not have",
    "hub: POST of a CDR to one",
    "hub: list of one",
    "hub: START_SESSION to one",
)
_BROADCAST = ("hub: PUT locations to all", "hub: PUT tariffs to all", "hub: PUT tokens to all")


def party(headers: Mapping[str, str], side: str) -> str | None:
    """Whom two of the routing headers name."""
    said = {name.lower(): value for name, value in headers.items()}
    country, id = (said.get(f"ocpi-{side}-{what}") for what in ("country-code", "party-id"))
    return f"{country}*{id}".upper() if country and id else None


def _heard(record: Record, asked: Exchange) -> Exchange | None:
    """What it became at the other party, between the question and its answer."""
    between = (one for one in record.theirs if asked.at <= one.at and one.number < asked.number)
    fitting = [one for one in between if one.module == asked.module and one.request.method == asked.request.method]
    return fitting[-1] if fitting else None


def _forwarded(record: Record) -> Iterator[tuple[Exchange, Exchange]]:
    """(our question, what the other party was asked)."""
    for one in record.of(*_FORWARDED):
        heard = _heard(record, one)
        if heard is not None:
            yield one, heard


@shows("HUB-013")
def a_question_and_its_answer_keep_their_parties(record: Record) -> Iterator[Finding]:
    for asked, heard in _forwarded(record):
        changed = [side for side in _SIDES if party(heard.request.headers, side) != party(asked.request.headers, side)]
        yield from found(
            ("HUB-013",), heard, f"{changed[0].upper()} is another party than in our request" if changed else None
        )
        back = [side for side in _SIDES if party(asked.answer.headers, side) != party(heard.answer.headers, side)]
        yield from found(
            ("HUB-013",), asked, f"{back[0].upper()} is another party than in the answer" if back else None
        )


@shows("HUB-015")
def nobody_sees_the_token_of_another(record: Record) -> Iterator[Finding]:
    for asked, heard in _forwarded(record):
        shown = heard.request.headers.get("authorization")
        same = shown == asked.request.headers.get("authorization")
        yield from found(("HUB-015",), heard, "it shows the token of whoever asked" if same else None)


@shows("HUB-016", "HUB-017", "HUB-018")
def ids_are_new_on_the_way_and_the_correlation_is_kept(record: Record) -> Iterator[Finding]:
    for asked, heard in _forwarded(record):
        before, after = asked.request.headers, heard.request.headers
        same = before.get("x-request-id") == after.get("x-request-id")
        yield from found(("HUB-016",), heard, "X-Request-ID is the one of our request" if same else None)
        kept = before.get("x-correlation-id") == after.get("x-correlation-id")
        yield from found(("HUB-017",), heard, None if kept else "X-Correlation-ID is another than in our request")
        own = asked.answer.headers.get("x-request-id") == before.get("x-request-id")
        yield from found(("HUB-018",), asked, None if own else "X-Request-ID is not the one of our request")


@shows("HUB-019")
def what_is_passed_on_stays_as_it_is(record: Record) -> Iterator[Finding]:
    for asked, heard in _forwarded(record):
        said, came = (_but_urls(one.request.words) for one in (asked, heard))
        yield from found(("HUB-019",), heard, None if said == came else "the body is another than ours")
        answered, back = (_but_urls(one.answer.data) for one in (heard, asked))
        yield from found(("HUB-019",), asked, None if answered == back else "the data are others than in the answer")


def _but_urls(words: Any) -> Any:
    """Without what a hub has to rewrite."""
    return (
        {name: value for name, value in words.items() if name != "response_url"} if isinstance(words, dict) else words
    )


@shows("HUB-020")
def a_refusal_of_the_other_party_comes_back(record: Record) -> Iterator[Finding]:
    for asked, heard in _forwarded(record):
        if heard.answer.status is not None and heard.answer.status >= 2000:
            same = asked.answer.status == heard.answer.status
            problem = None if same else f"status {asked.answer.status} where status {heard.answer.status} was answered"
            yield from found(("HUB-020",), asked, problem)


@shows("HUB-045")
def where_an_answer_leads_can_be_followed(record: Record) -> Iterator[Finding]:
    """Through the hub, not past it."""
    for step, after in (("POST of a CDR to one", "GET of the CDR where it is"), ("list of one", "next page of one")):
        one, followed = record.last(f"hub: {step}"), record.last(f"hub: {after}")
        if one is None or not one.answer.granted:
            continue
        url = one.answer.headers.get("location") or next_link(one.answer.headers.get("link")) or ""
        past = urlsplit(url).netloc != urlsplit(one.request.url).netloc
        yield from found(("HUB-045",), one, f"{url or 'nowhere'} does not lead through the hub" if past else None)
        if followed is not None and not past:
            yield from found(("HUB-045",), followed, None if followed.answer.granted else f"{url} leads to nothing")


@shows("HUB-046", "HUB-047")
def a_result_finds_its_way_back(record: Record) -> Iterator[Finding]:
    asked = record.last("hub: START_SESSION to one")
    heard = _heard(record, asked) if asked is not None else None
    if asked is None or heard is None or not asked.answer.granted:
        return
    ours = asked.request.words["response_url"]
    theirs = heard.request.words.get("response_url") if isinstance(heard.request.words, dict) else None
    yield from found(("HUB-046",), heard, "response_url is ours, past the hub" if theirs == ours else None)
    told = [one for one in record.theirs if one.request.url == ours]
    yield from found(("HUB-046",), asked, None if told else "no result came to our response_url")
    for one in told:
        named = [side for side in _SIDES if party(one.request.headers, side) is None]
        yield from found(("HUB-047",), one, f"no {named[0].upper()} headers" if named else None)


@shows("HUB-027")
def the_hub_answers_for_itself_what_is_for_all(record: Record) -> Iterator[Finding]:
    for one in record.of(*_BROADCAST):
        if one.answer.granted:
            to, origin = (party(one.answer.headers, side) for side in _SIDES)
            us, hub = (party(one.request.headers, side) for side in ("from", "to"))
            fits = to == us and origin in (hub, None)
            yield from found(("HUB-027",), one, None if fits else f"the answer is from {origin} to {to}")


@shows("HUB-028", "HUB-030", "HUB-032", "HUB-026")
def what_is_for_all_reaches_the_other_side(record: Record) -> Iterator[Finding]:
    if record.last(f"{SECONDLY}POST credentials") is None:
        return
    for one in record.of(*_BROADCAST):
        words, method = one.request.words, one.request.method
        told = [each for each in record.theirs if each.module == one.module and each.request.words == words]
        if not one.answer.granted:
            continue
        problem = None if told else f"nobody on the other side was told our {method} of {one.module}"
        yield from found(("HUB-026", "HUB-030"), one, problem)
        for each in told:
            hub = party(one.request.headers, "to")
            from_hub = party(each.request.headers, "from") == hub and party(each.request.headers, "to") != hub
            yield from found(("HUB-028",), each, None if from_hub else "it is not FROM the hub TO who hears it")
            owner = urlsplit(one.request.url).path.rstrip("/").split("/")[-3:]
            kept = [part.upper() for part in urlsplit(each.request.url).path.rstrip("/").split("/")[-3:]]
            same = kept == [part.upper() for part in owner]
            yield from found(("HUB-032",), each, None if same else "the URL names another owner")


@shows("HUB-041", "HUB-043")
def a_list_of_all_is_the_hubs_own(record: Record) -> Iterator[Finding]:
    for one in record.ours:
        ours = one.step.endswith((": list", ": page by page")) and one.module != "hubclientinfo"
        if ours and record.their_role == "HUB" and record.routes and one.answer.granted:
            back = party(one.answer.headers, "from"), party(one.answer.headers, "to")
            asked = party(one.request.headers, "to"), party(one.request.headers, "from")
            yield from found(("HUB-041",), one, None if back == asked else f"the answer is from {back[0]} to {back[1]}")
            counted = one.answer.headers.get("x-total-count", "").isdigit() and "x-limit" in one.answer.headers
            yield from found(("HUB-043",), one, None if counted else "the list of all has no X-Total-Count and X-Limit")


@shows("HUB-042")
def a_list_of_all_keeps_the_owners(record: Record) -> Iterator[Finding]:
    if record.their_role != "HUB" or not record.routes:
        return
    for one in record.ours:
        if one.step.endswith(": list") and one.module != "hubclientinfo" and isinstance(one.answer.data, list):
            for words in one.answer.data:
                named = isinstance(words, dict) and words.get("country_code") and words.get("party_id")
                yield from found(("HUB-042",), one, None if named else "an object without its owner", words)


@shows("HUB-048", "HUB-049", "HUB-050", "HUB-051")
def a_hub_says_that_it_is_one(record: Record) -> Iterator[Finding]:
    one = record.last("POST credentials")
    said = credentials_in(one)
    if one is None or record.their_role != "HUB" or not said:
        return
    roles = [role.get("role") for role in said.get("roles") or () if isinstance(role, dict)]
    if DIALECTS[record.version].names_hub:
        hub = said.get("hub_party_id")
        fits = isinstance(hub, str) and len(hub) == 5
        yield from found(("HUB-049", "HUB-051"), one, None if fits else f"hub_party_id is {hub!r}")
        behind = record.last("GET credentials") if record.last(f"{SECONDLY}POST credentials") is not None else None
        yield from _lists_whom_it_reaches(record, behind)
    else:
        alone = roles == ["HUB"]
        problem = None if alone else f"its roles are {', '.join(map(str, roles)) or 'none'}"
        yield from found(("HUB-048", "HUB-051"), one, problem)


def _lists_whom_it_reaches(record: Record, one: Exchange | None) -> Iterator[Finding]:
    later = record.last("PUT credentials") or one
    if later is not None:
        roles = {role.get("role") for role in credentials_in(later).get("roles") or () if isinstance(role, dict)}
        wanted = other(record.our_role, "HUB")
        yield from found(("HUB-050",), later, None if wanted in roles else f"the {wanted} behind it is not listed")


@shows("HCI-002", "HCI-017", "HCI-015")
def the_clients_of_a_hub_are_told(record: Record) -> Iterator[Finding]:
    joined = record.last(f"{SECONDLY}POST credentials")
    if joined is not None and joined.answer.granted:
        told = [
            one for one in record.of("their PUT hubclientinfo") if one.number > joined.number or one.at >= joined.at
        ]
        yield from found(("HCI-002",), joined, None if told else "nobody was told that it is there")
    for one in record.theirs:
        if one.module == "hubclientinfo":
            named = [side for side in _SIDES if party(one.request.headers, side)]
            yield from found(("HCI-015",), one, "with routing headers" if named else None)


@shows("HCI-008")
def whoever_left_stays_in_the_list(record: Record) -> Iterator[Finding]:
    one, left = record.last("hub: clients when one has left"), record.last(f"{SECONDLY}POST credentials")
    if one is None or left is None or not isinstance(one.answer.data, list):
        return
    (role,) = left.request.words["roles"]
    theirs = [words for words in one.answer.data if isinstance(words, dict) and _is(words, role)]
    said = [words.get("status") for words in theirs]
    problem = None if said == ["SUSPENDED"] else f"it is {said[0]}" if said else "it is not in the list"
    yield from found(("HCI-008",), one, problem, theirs[0] if theirs else None)


def _is(words: dict[str, Any], role: dict[str, Any]) -> bool:
    return all(str(words.get(name)).upper() == role[name] for name in ("country_code", "party_id", "role"))
