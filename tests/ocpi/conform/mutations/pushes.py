"""What a peer sends of itself, wrongly: its requests are spoilt in the record, for no answer of ours stands between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

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


def passes_under_another_correlation(one: Exchange) -> Exchange:
    return _said(one, headers={"x-correlation-id": "1"})


def passes_on_in_its_own_name(one: Exchange) -> Exchange:
    return _said(one, headers={"ocpi-from-party-id": "HUB"}) if one.holds == "Session" else one


def adds_to_what_it_passes_on(one: Exchange) -> Exchange:
    return _said(one, kwh=99) if one.holds == "Session" else one


def tells_all_in_the_name_of_one(one: Exchange) -> Exchange:
    return _said(one, headers={"ocpi-from-party-id": "LNC"}) if one.holds == "Location" else one


def tells_all_of_what_is_its_own(one: Exchange) -> Exchange:
    return replace(one, request=replace(one.request, url=one.request.url.replace("/NL/LNC/", "/DE/HUB/")))


def routes_what_is_between_two(one: Exchange) -> Exchange:
    if one.module != "hubclientinfo":
        return one
    return _said(one, headers={"ocpi-from-party-id": "HUB", "ocpi-from-country-code": "DE"})


def tells_of_clients_without_a_role(one: Exchange) -> Exchange:
    return _said(one, role=...) if one.holds == "ClientInfo" else one


def writes_a_url_as_it_is(one: Exchange) -> Exchange:
    return replace(one, request=replace(one.request, url=unquote(one.request.url)))


def limits_whatever_it_likes(one: Exchange) -> Exchange:
    return replace(one, request=replace(one.request, url=f"{one.request.url.partition('?')[0]}-OTHER"))


def wants_every_result_at_one_place(one: Exchange) -> Exchange:
    return replace(
        one, request=replace(one.request, url=f"{one.request.url.partition('?')[0]}?response_url=X", body=b"")
    )


def limits_in_no_unit(one: Exchange) -> Exchange:
    profile = {"charging_profile_period": [{"start_period": 0, "limit": 16}]}
    return _said(one, charging_profile=profile) if one.holds == "SetChargingProfile" else one


def _limited(one: Exchange, *periods: tuple[int, str]) -> Exchange:
    profile = {
        "charging_rate_unit": "A",
        "charging_profile_period": [{"start_period": at, "limit": Decimal(limit)} for at, limit in periods],
    }
    return _said(one, charging_profile=profile) if one.holds == "SetChargingProfile" else one


def limits_finely(one: Exchange) -> Exchange:
    return _limited(one, (0, "6.25"))


def limits_in_disorder(one: Exchange) -> Exchange:
    return _limited(one, (900, "6"), (0, "16"))


def starts_with_the_tokens_of_others(one: Exchange) -> Exchange:
    if one.holds != "StartSession":
        return one
    return _said(one, token=one.request.words["token"] | {"party_id": "ZZZ"})


def places_its_terminals_itself(one: Exchange) -> Exchange:
    return _said(one, location_ids=["HERE"]) if one.holds == "Terminal" else one


def starts_under_no_reference(one: Exchange) -> Exchange:
    return _said(one, authorization_reference=...) if one.holds == "StartSession" else one


def captures_something_else(one: Exchange) -> Exchange:
    return _said(one, authorization_reference="other") if one.holds == "FinancialAdviceConfirmation" else one


def activates_another_terminal(one: Exchange) -> Exchange:
    return _said(one, reference="other") if one.holds == "Terminal" else one


def _to(one: Exchange, party: str) -> Exchange:
    return _said(one, headers={"ocpi-to-party-id": party})


def tells_a_party_that_nobody_has(one: Exchange) -> Exchange:
    return _to(one, "ZZZ") if one.holds in ("Location", "Token") else one


def tells_all_of_one_charge(one: Exchange) -> Exchange:
    return _to(one, "LNH") if one.holds == "Session" else one


def lists_nobody_in_particular(one: Exchange) -> Exchange:
    return _said(one, headers={"ocpi-to-party-id": None, "ocpi-to-country-code": None})


def lists_a_party_that_nobody_has(one: Exchange) -> Exchange:
    return _to(one, "ZZZ") if one.request.method == "GET" else one


def speaks_to_whoever_is_only_planned(one: Exchange) -> Exchange:
    return _to(one, "LN2")


def tells_a_profile_when_one_is_set(one: Exchange) -> Exchange:
    return _said(one, profile={}) if one.step == "their result of PUT" else one


def tells_no_profile(one: Exchange) -> Exchange:
    return _said(one, profile=...) if one.step == "their result of GET" else one


def limits_in_no_words_of_the_text(one: Exchange) -> Exchange:
    return _said(one, result="DONE") if one.step.startswith("their result of") else one


def names_whose_terminal_it_is(one: Exchange) -> Exchange:
    return replace(one, request=replace(one.request, url=one.request.url.replace("/terminals/", "/terminals/SE/LAD/")))


def has_terminals_invoiced_by_nobody(one: Exchange) -> Exchange:
    return _said(one, invoice_creator="NOBODY") if "invoice_creator" in (one.request.words or {}) else one


def knows_a_terminal_by_a_long_name(one: Exchange) -> Exchange:
    return _said(one, reference="T" * 37) if one.module == "payments" else one


def bills_under_another_reference(one: Exchange) -> Exchange:
    return _said(one, authorization_reference="other") if one.holds == "CDR" else one


def tells_on_in_its_own_name(one: Exchange) -> Exchange:
    return _said(one, party_id="NAP") if one.holds == "Location" else one


SPOILT: tuple[tuple[Spoil, str, str], ...] = (
    (sends_its_token_raw, "TRN-003", "2.2.1 CPO"),
    (sends_no_request_id, "TRN-083", "2.2.1 CPO"),
    (sends_the_same_request_id, "TRN-083", "2.2.1 CPO"),
    (sends_text, "TRN-011", "2.2.1 CPO"),
    (names_no_receiver, "HUB-001", "2.2.1 CPO"),
    (names_parties_at_versions, "HUB-004", "2.2.1 CPO"),
    (patches_without_a_date, "LOC-017", "2.2.1 CPO"),
    (puts_into_the_wrong_place, "LOC-021", "2.2.1 CPO"),
    (quotes_energy, "TYP-015", "2.2.1 CPO"),
    (charges_before_it_is_active, "SES-034", "2.2.1 CPO"),
    (bills_without_a_token, "CDR-022", "2.2.1 CPO"),
    (credits_nothing, "CDR-018", "2.2.1 CPO"),
    (answers_in_its_own_words, "CMD-011", "2.2.1 CPO"),
    (answers_elsewhere, "CMD-015", "2.2.1 CPO"),
    (passes_under_another_correlation, "HUB-017", "2.2.1 HUB"),
    (passes_on_in_its_own_name, "HUB-013", "2.2.1 HUB"),
    (adds_to_what_it_passes_on, "HUB-019", "2.2.1 HUB"),
    (tells_all_in_the_name_of_one, "HUB-028", "2.2.1 HUB"),
    (tells_all_of_what_is_its_own, "HUB-032", "2.2.1 HUB"),
    (routes_what_is_between_two, "HCI-015", "2.2.1 HUB"),
    (tells_of_clients_without_a_role, "HCI-006", "2.2.1 HUB"),
    (writes_a_url_as_it_is, "CHP-005", "2.2.1 SCSP"),
    (limits_whatever_it_likes, "CHP-036", "2.2.1 SCSP"),
    (wants_every_result_at_one_place, "CHP-038", "2.2.1 SCSP"),
    (limits_in_no_unit, "CHP-022", "2.2.1 SCSP"),
    (limits_finely, "CHP-025", "2.2.1 SCSP"),
    (limits_in_disorder, "CHP-027", "2.2.1 SCSP"),
    (starts_with_the_tokens_of_others, "CMD-033", "2.3.0 PTP"),
    (places_its_terminals_itself, "PAY-014", "2.3.0 PTP"),
    (starts_under_no_reference, "CMD-048", "2.3.0 PTP"),
    (captures_something_else, "PAY-026", "2.3.0 PTP"),
    (activates_another_terminal, "PAY-008", "2.3.0 PTP"),
    (tells_a_party_that_nobody_has, "HUB-026", "2.3.0 CPO as HUB"),
    (tells_a_party_that_nobody_has, "HUB-051", "2.2.1 EMSP as HUB"),
    (tells_all_of_one_charge, "HUB-034", "2.3.0 CPO as HUB"),
    (lists_nobody_in_particular, "HUB-039", "2.2.1 EMSP as HUB"),
    (lists_a_party_that_nobody_has, "HUB-041", "2.3.0 CPO as HUB"),
    (speaks_to_whoever_is_only_planned, "HUB-053", "2.3.0 CPO as HUB"),
    (tells_a_profile_when_one_is_set, "CHP-009", "2.2.1 CPO as SCSP"),
    (tells_no_profile, "CHP-011", "2.2.1 CPO as SCSP"),
    (limits_in_no_words_of_the_text, "CHP-010", "2.2.1 CPO as SCSP"),
    (names_whose_terminal_it_is, "PAY-016", "2.3.0 CPO as PTP"),
    (names_no_receiver, "PAY-035", "2.3.0 CPO as PTP"),
    (has_terminals_invoiced_by_nobody, "PAY-020", "2.3.0 CPO as PTP"),
    (knows_a_terminal_by_a_long_name, "PAY-018", "2.3.0 CPO as PTP"),
    (bills_under_another_reference, "PAY-028", "2.3.0 CPO as PTP"),
    (tells_on_in_its_own_name, "LOC-021", "2.2.1 NAP as NSP"),
)
