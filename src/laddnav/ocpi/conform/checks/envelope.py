"""What holds for every answer of the peer: its envelope, its status, and the headers around it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from laddnav.ocpi.conform.checks.finding import Finding, found, shows
from laddnav.ocpi.conform.record import CONFIGURATION, Exchange, Record
from laddnav.ocpi.conform.shapes import DATE_TIME

_ROUTING = tuple(f"ocpi-{side}-{what}" for side in ("to", "from") for what in ("party-id", "country-code"))
_UNROUTED = ("from a party that is not ours", "to a party that is not theirs", "a module without a token")


@shows("TRN-015", "TRN-028", "VER-003")
def every_answer_is_an_envelope(record: Record) -> Iterator[Finding]:
    for one in record.ours:
        ids = ["TRN-028"] if one.answer.http >= 400 else ["TRN-015"]
        if one.step in ("versions", "details"):
            ids.append("VER-003")
        yield from found(ids, one, _envelope_problem(one))


def _envelope_problem(one: Exchange) -> str | None:
    said = one.answer.headers.get("content-type", "")
    if said.split(";")[0].strip().lower() != "application/json":
        return f"Content-Type is {said!r}"
    words = one.answer.words
    if not isinstance(words, dict):
        return "the body is no JSON object"
    status = words.get("status_code")
    if isinstance(status, bool) or not isinstance(status, int):
        return f"status_code is {status!r}"
    if not isinstance(words.get("timestamp"), str):
        return "timestamp is missing"
    return None


@shows("TRN-018")
def the_time_stamp_is_utc(record: Record) -> Iterator[Finding]:
    for one in record.ours:
        said = one.answer.envelope.get("timestamp")
        if isinstance(said, str):
            fits = re.fullmatch(DATE_TIME, said) is not None and len(said) <= 25
            yield from found(("TRN-018",), one, None if fits else f"timestamp {said!r} is no DateTime")


@shows("TRN-029", "TRN-030", "TRN-031")
def the_status_has_four_digits_of_a_known_thousand(record: Record) -> Iterator[Finding]:
    for one in record.ours:
        status = one.answer.status
        if status is None:
            continue
        hub = 4000 <= status < 5000
        id = "TRN-030" if hub else "TRN-029"
        at_hub = record.their_role == "HUB" or "HUB" in record.notes.get("peer_roles", "")
        known = 1000 <= status < 4000 or (hub and at_hub)
        yield from found((id,), one, None if known else f"status_code {status}")
        if 1000 <= status < 5000:
            custom = status % 1000 >= 900
            yield from found(("TRN-031",), one, f"status_code {status} is of the custom range" if custom else None)


@shows("TRN-020")
def a_success_brings_what_was_asked_for(record: Record) -> Iterator[Finding]:
    for one in record.ours:
        if one.holds and one.answer.granted:
            yield from found(("TRN-020",), one, "a success without data" if one.answer.data is None else None)


@shows("TRN-016")
def a_list_is_an_array_and_one_object_is_none(record: Record) -> Iterator[Finding]:
    for one in record.ours:
        if one.holds and one.answer.granted and one.answer.data is not None:
            wants = list if one.holds.endswith("*") else dict
            fits = isinstance(one.answer.data, wants)
            shape = "an array" if wants is list else "a single object"
            yield from found(("TRN-016",), one, None if fits else f"data is not {shape}")


@shows("TRN-021")
def a_push_is_answered_without_data(record: Record) -> Iterator[Finding]:
    for one in record.ours:
        pushed = one.request.method in ("PUT", "PATCH") and one.module not in CONFIGURATION and one.holds is None
        if pushed and one.answer.granted and "preferences" not in one.step:
            yield from found(("TRN-021",), one, None if one.answer.data is None else "data where none is defined")


@shows("TRN-083", "TRN-084", "TRN-088")
def ids_of_messages_come_back(record: Record) -> Iterator[Finding]:
    if not record.routes:
        return
    for one in record.ours:
        for id, header in (("TRN-083", "x-request-id"), ("TRN-084", "x-correlation-id")):
            asked, answered = one.request.headers.get(header), one.answer.headers.get(header)
            if asked is None:
                continue
            problem = None if asked == answered else f"{header} was {asked!r} and came back as {answered!r}"
            yield from found((id, "TRN-088") if one.answer.http >= 400 else (id,), one, problem)


@shows("HUB-002", "HUB-007")
def parties_come_back_the_other_way_round(record: Record) -> Iterator[Finding]:
    for one in record.ours:
        asked = one.request.headers
        if one.module in CONFIGURATION or "ocpi-from-party-id" not in asked or not 200 <= one.answer.http < 300:
            continue
        if one.step in _UNROUTED or one.answer.status in range(4000, 5000):
            continue
        said = one.answer.headers
        missing = [name for name in _ROUTING if name not in said]
        yield from found(("HUB-002",), one, f"{missing[0]} is missing" if missing else None)
        if not missing and "ocpi-to-party-id" in asked:
            swapped = all(
                said[f"ocpi-{mine}-{what}"].lower() == asked[f"ocpi-{other}-{what}"].lower()
                for mine, other in (("to", "from"), ("from", "to"))
                for what in ("party-id", "country-code")
            )
            yield from found(
                ("HUB-007",), one, None if swapped else "TO and FROM are not those of the request, swapped"
            )


@shows("HUB-004", "CRED-039", "HUB-005")
def configuration_is_not_routed(record: Record) -> Iterator[Finding]:
    for one in record.ours:
        if one.module not in CONFIGURATION or not record.routes:
            continue
        ids = ["HUB-004"]
        if one.module == "credentials":
            ids.append("CRED-039")
        if one.step == "parties at versions":
            ids = ["HUB-005"]
        routed = [name for name in _ROUTING if name in one.answer.headers]
        yield from found(ids, one, f"{routed[0]} in an answer of {one.module}" if routed else None)


@shows("TRN-093")
def a_refusal_is_no_failure_of_the_server(record: Record) -> Iterator[Finding]:
    for one in record.ours:
        yield from found(("TRN-093",), one, f"HTTP {one.answer.http}" if one.answer.http >= 500 else None)


@shows("TRN-001")
def everything_is_behind_tls(record: Record) -> Iterator[Finding]:
    """On this very machine nothing is: then there is nothing to see."""
    for one in record.ours:
        parts = urlsplit(one.request.url)
        if parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            yield from found(("TRN-001",), one, None if parts.scheme == "https" else "not HTTPS")
