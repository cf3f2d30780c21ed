"""What a peer sends of itself, wrongly: its requests are spoilt in the record, for no answer of ours stands between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from laddnav.ocpi.conform.record import Exchange
from laddnav.ocpi.wire.codec import encoded

Spoil = Callable[[Exchange], Exchange]


def _said(one: Exchange, *, headers: Mapping[str, str | None] | None = None, **words: Any) -> Exchange:
    """With these headers and words; None leaves a header out, … a word."""
    kept = {**one.request.headers, **(headers or {})}
    request = replace(one.request, headers={name: value for name, value in kept.items() if value is not None})
    if words and isinstance(request.words, dict):
        body = {name: value for name, value in (request.words | words).items() if value is not ...}
        request = replace(request, body=encoded(body))
    return replace(one, request=request)


def sends_its_token_raw(one: Exchange) -> Exchange:
    return _said(one, headers={"authorization": "Token conform-token"})


def sends_no_request_id(one: Exchange) -> Exchange:
    return _said(one, headers={"x-request-id": None})


def sends_the_same_request_id(one: Exchange) -> Exchange:
    return _said(one, headers={"x-request-id": "1"})


def sends_text(one: Exchange) -> Exchange:
    return _said(one, headers={"content-type": "text/plain"})


def names_no_receiver(one: Exchange) -> Exchange:
    return _said(one, headers={"ocpi-to-party-id": None})


def names_parties_at_versions(one: Exchange) -> Exchange:
    return _said(one, headers={"ocpi-to-party-id": "LNC"})


def patches_without_a_date(one: Exchange) -> Exchange:
    return _said(one, last_updated=...) if one.request.method == "PATCH" else one


def puts_into_the_wrong_place(one: Exchange) -> Exchange:
    return _said(one, party_id="ZZZ") if one.request.method == "PUT" else one


def quotes_energy(one: Exchange) -> Exchange:
    return _said(one, kwh="1.5") if one.holds == "Session" else one


def charges_before_it_is_active(one: Exchange) -> Exchange:
    return _said(one, kwh=1, status="PENDING") if one.holds == "Session" else one


def bills_without_a_token(one: Exchange) -> Exchange:
    return _said(one, cdr_token=...) if one.holds == "CDR" else one


def credits_nothing(one: Exchange) -> Exchange:
    return _said(one, credit=True) if one.holds == "CDR" else one


def answers_in_its_own_words(one: Exchange) -> Exchange:
    return _said(one, result="STARTED") if one.holds == "CommandResult" else one


def answers_elsewhere(one: Exchange) -> Exchange:
    if one.holds != "CommandResult":
        return one
    return replace(one, request=replace(one.request, url=one.request.url + "/more"))


SPOILT: tuple[tuple[Spoil, str], ...] = (
    (sends_its_token_raw, "TRN-003"),
    (sends_no_request_id, "TRN-083"),
    (sends_the_same_request_id, "TRN-083"),
    (sends_text, "TRN-011"),
    (names_no_receiver, "HUB-001"),
    (names_parties_at_versions, "HUB-004"),
    (patches_without_a_date, "LOC-017"),
    (puts_into_the_wrong_place, "LOC-021"),
    (quotes_energy, "TYP-015"),
    (charges_before_it_is_active, "SES-034"),
    (bills_without_a_token, "CDR-022"),
    (credits_nothing, "CDR-018"),
    (answers_in_its_own_words, "CMD-011"),
    (answers_elsewhere, "CMD-015"),
)
