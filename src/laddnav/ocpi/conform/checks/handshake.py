"""Who let whom in with which token, and what the peer looked up while it was asked to register."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from laddnav.ocpi.conform.checks.finding import Finding, found, shows
from laddnav.ocpi.conform.dialect import DIALECTS, WITHDRAWN
from laddnav.ocpi.conform.record import CONFIGURATION, Exchange, Record
from laddnav.ocpi.wire import routing

_SENDS = {"CPO": {"locations", "tariffs", "sessions", "cdrs"}, "EMSP": {"tokens", "commands"}}


def credentials_in(one: Exchange | None) -> dict[str, Any]:
    data = one.answer.data if one is not None and one.answer.granted else None
    return data if isinstance(data, dict) else {}


def listed(record: Record) -> tuple[Exchange | None, list[dict[str, str]]]:
    """The details as they came, and their endpoints so far as they can be read."""
    one = record.last("details")
    data = one.answer.data if one is not None else None
    members = data.get("endpoints") if isinstance(data, dict) else None
    every = members if isinstance(members, list) else []
    return one, [{name: str(value) for name, value in each.items()} for each in every if isinstance(each, dict)]


@shows("VER-012", "VER-013", "VER-018", "VER-011", "VER-010", "VER-009")
def modules_are_listed_by_their_names(record: Record) -> Iterator[Finding]:
    details, endpoints = listed(record)
    if details is None or not endpoints:
        return
    known = DIALECTS[record.version].modules
    names = [one.get("identifier", "") for one in endpoints]
    strays = sorted(set(names) - known)
    miscased = [one for one in strays if one.lower() in known]
    problem = f"{miscased[0]!r} is spelt otherwise" if miscased else None
    yield from found(("VER-012", "VER-013"), details, problem)
    if strays:
        bare = [one for one in strays if "-" not in one and one not in miscased]
        yield from found(("VER-018",), details, f"{bare[0]!r} has no prefix" if bare else None)
    yield from found(("VER-011",), details, None if "credentials" in names else "credentials is not listed")
    if record.routes:
        own = [one.get("role") for one in endpoints if one.get("identifier") == "credentials"]
        once = own == ["SENDER"]
        yield from found(("VER-010",), details, None if once else "credentials is not listed once, as SENDER")
        pairs = [(one.get("identifier"), one.get("role")) for one in endpoints]
        twice = [one for one in pairs if pairs.count(one) > 1]
        yield from found(("VER-009",), details, f"{twice[0]} is listed twice" if twice else None)


@shows("VER-004", "TRN-055")
def endpoints_are_absolute_and_name_the_version(record: Record) -> Iterator[Finding]:
    details, endpoints = listed(record)
    for url in (one.get("url", "") for one in endpoints):
        assert details is not None
        absolute = urlsplit(url).scheme in ("http", "https") and bool(urlsplit(url).netloc)
        yield from found(("VER-004",), details, None if absolute else f"{url!r} is not absolute")
        yield from found(("TRN-055",), details, None if record.version in url else f"{url!r} does not name it")


@shows("VER-008")
def the_owner_of_data_is_the_sender(record: Record) -> Iterator[Finding]:
    """For a peer of one role; with several, either side may be right."""
    details, endpoints = listed(record)
    roles = set(record.notes.get("peer_roles", "").split(","))
    if details is None or not record.routes or len(roles) != 1 or not roles <= set(_SENDS):
        return
    sends = _SENDS[roles.pop()]
    for one in endpoints:
        module, role = one.get("identifier"), one.get("role")
        if module in _SENDS["CPO"] | _SENDS["EMSP"]:
            right = "SENDER" if module in sends else "RECEIVER"
            yield from found(("VER-008",), details, None if role == right else f"{module} as {role}")


@shows("VER-019")
def withdrawn_versions_are_not_offered(record: Record) -> Iterator[Finding]:
    one = record.last("versions")
    data = one.answer.data if one is not None else None
    if one is not None and isinstance(data, list):
        offered = {str(entry.get("version")) for entry in data if isinstance(entry, dict)}
        old = sorted(offered & WITHDRAWN)
        yield from found(("VER-019",), one, f"{old[0]} is offered beside its successor" if old else None)


@shows("VER-002")
def details_are_of_the_version_that_was_asked_for(record: Record) -> Iterator[Finding]:
    one = record.last("details")
    if one is not None and isinstance(one.answer.data, dict):
        said = one.answer.data.get("version")
        yield from found(("VER-002",), one, None if said == record.version else f"these are details of {said!r}")


@shows("TRN-003", "TRN-004")
def the_token_is_taken_as_the_version_spells_it(record: Record) -> Iterator[Finding]:
    one = record.last("versions with the token spelt otherwise")
    first = record.last("versions")
    if one is not None and one.answer.granted:
        yield from found(("TRN-003", "TRN-004"), one, "the token is only taken in the spelling of another version")
    elif first is not None and first.answer.granted:
        yield from found(("TRN-003", "TRN-004"), first)


@shows("CRED-004", "CRED-014")
def the_peer_looks_us_up_before_it_answers(record: Record) -> Iterator[Finding]:
    """Between our POST and its answer there are its own requests, with token B."""
    for step, id in (("POST credentials", "CRED-004"), ("PUT credentials", "CRED-014")):
        done = record.last(step)
        if done is None or not done.answer.granted:
            continue
        begun = [one for one in record.theirs if done.at <= one.at and one.number < done.number]
        looked = {one.step for one in begun if one.answer.http == 200}
        missing = [one for one in ("their versions", "their details") if one not in looked]
        yield from found((id,), done, f"{missing[0]} were not fetched with token B" if missing else None)


@shows("CRED-005", "CRED-014")
def the_peer_makes_a_new_token(record: Record) -> Iterator[Finding]:
    posted, put = (record.last(step) for step in ("POST credentials", "PUT credentials"))
    given = credentials_in(posted).get("token")
    if posted is not None and given is not None:
        ours = posted.request.words or {}
        invited = [name for value, name in record.secrets.items() if value == given]
        fresh = invited != ["token A"] and given != ours.get("token")
        yield from found(("CRED-005",), posted, None if fresh else "token C is not new")
    renewed = credentials_in(put).get("token")
    if put is not None and renewed is not None:
        yield from found(("CRED-014",), put, "the token is the one from before" if renewed == given else None)


@shows("CRED-002", "CRED-027")
def credentials_lead_back_to_the_peer(record: Record) -> Iterator[Finding]:
    one = record.last("GET credentials")
    said = credentials_in(one)
    if one is None or not said:
        return
    same = said.get("token") == credentials_in(record.last("POST credentials")).get("token")
    yield from found(("CRED-002",), one, None if same else "token is not the one that we use here")
    url = str(said.get("url", ""))
    right = url.rstrip("/") == record.versions_url.rstrip("/")
    yield from found(("CRED-027",), one, None if right else f"url is {url!r}, versions are at {record.versions_url}")


@shows("CRED-030")
def no_role_is_named_twice(record: Record) -> Iterator[Finding]:
    for one in record.of("POST credentials", "GET credentials", "PUT credentials"):
        roles = [
            tuple(str(role.get(name)).upper() for name in ("role", "country_code", "party_id"))
            for role in credentials_in(one).get("roles") or ()
            if isinstance(role, dict)
        ]
        if roles:
            yield from found(("CRED-030",), one, "a role is named twice" if len(set(roles)) < len(roles) else None)


@shows("TRN-002", "TRN-003", "TRN-004", "CRED-006")
def the_peer_shows_token_b(record: Record) -> Iterator[Finding]:
    """In every request of its own, spelt as the version wants it; whoever met an error may try the other spelling."""
    tokens = [secret for secret, name in record.secrets.items() if name.startswith("token B")]
    for one in record.theirs:
        said = one.request.headers.get("authorization")
        fits = said is not None and said.startswith("Token ")
        yield from found(
            ("TRN-002",), one, None if fits else f"Authorization is {'missing' if said is None else 'no Token'}"
        )
        if fits and one.answer.http < 400:
            right = said in {routing.authorization(token, encoded=record.routes) for token in tokens}
            yield from found(("TRN-003", "TRN-004"), one, None if right else "the token is spelt otherwise")
        if one.module not in (None, "versions"):
            yield from found(("CRED-006",), one, "it shows another token than B" if one.answer.http == 401 else None)


@shows(
    "TRN-083",
    "TRN-084",
    "TRN-085",
    "TRN-011",
    "TRN-012",
    "HUB-001",
    "HUB-002",
    "HUB-004",
    "CRED-039",
    "HUB-047",
    "PAY-035",
)
def the_peer_sends_the_headers_that_belong_to_a_request(record: Record) -> Iterator[Finding]:
    seen: set[str] = set()
    for one in record.theirs:
        headers = one.request.headers
        if one.request.body:
            said = headers.get("content-type", "")
            fits = said.split(";")[0].strip().lower() == "application/json"
            yield from found(("TRN-011", "TRN-012"), one, None if fits else f"Content-Type is {said!r}")
        if not record.routes:
            continue
        request, correlation = headers.get("x-request-id"), headers.get("x-correlation-id")
        problem = "X-Request-ID is missing" if not request else "X-Request-ID came before" if request in seen else None
        yield from found(("TRN-083",), one, problem)
        yield from found(("TRN-084",), one, None if correlation else "X-Correlation-ID is missing")
        seen.add(request or "")
        routed = [name for name in headers if name.startswith("ocpi-")]
        if one.module in CONFIGURATION:
            yield from found(("HUB-004", "CRED-039"), one, f"{routed[0]} at {one.module}" if routed else None)
        elif one.module is not None:
            more = ("HUB-047",) if "result" in one.step else ("PAY-035",) if one.module == "payments" else ()
            ids = ("HUB-001", "HUB-002", *more)
            yield from found(ids, one, None if len(routed) == 4 else "the parties are not named in four headers")


@shows("TRN-054")
def the_peer_calls_what_we_listed(record: Record) -> Iterator[Finding]:
    for one in record.theirs:
        astray = one.step == "their request for nothing"
        yield from found(("TRN-054",), one, f"{one.request.url} is no endpoint of ours" if astray else None)


@shows("LOC-116", "LOC-117")
def places_are_a_business_of_their_own(record: Record) -> Iterator[Finding]:
    """An access point is on both sides of them; who shows them on a map is registered with for them alone."""
    one = record.last("POST credentials")
    if one is None or not one.answer.granted or not record.routes:
        return
    if record.their_role == "NAP" and all(record.url("locations", side) for side in ("SENDER", "RECEIVER")):
        yield from found(("LOC-116",), one)
    if record.their_role == "NSP":
        yield from found(("LOC-117",), one)
