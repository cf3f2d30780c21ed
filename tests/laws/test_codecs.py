"""Two laws of every codec: a partner hears back exactly what it said, and what is not reported lost survives."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.cdrs.model import Cdr
from laddnav.cdrs.rules import charge_of
from laddnav.kit.energy import Energy, kwh
from laddnav.kit.money import Price
from laddnav.locations.model import (
    Connector,
    Evse,
    Location,
)
from laddnav.ocpi.wire.charge import read_charge
from laddnav.ocpi.wire.clients import ClientInfo, ClientStatus
from laddnav.ocpi.wire.codec import Codec, Unsayable, encoded, parsed
from laddnav.ocpi.wire.commands import (
    CancelReservation,
    CommandResponse,
    CommandResult,
    ReserveNow,
    Result,
    StartSession,
    StopSession,
    UnlockConnector,
    Verdict,
)
from laddnav.ocpi.wire.handshake import (
    Credentials,
    CredentialsRole,
    OfferedVersion,
    VersionDetails,
)
from laddnav.ocpi.wire.profiles import (
    ActiveChargingProfileResult,
    ChargingProfileResponse,
    ChargingProfileResult,
    ClearProfileResult,
    ProfileVerdict,
    SetChargingProfile,
)
from laddnav.ocpi.wire.terms import NOBODY
from laddnav.ocpi.wire.v2_1_1 import codecs as v2_1_1
from laddnav.ocpi.wire.v2_3_0 import codecs as v2_3_0
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role
from laddnav.payments.model import CaptureStatus, Confirmation, InvoiceCreator, Terminal
from laddnav.reconciliation.model import Record
from laddnav.scheduling.model import ActiveChargingProfile
from laddnav.sessions.model import Preferences, ProfileType, Session
from laddnav.tariffs.model import (
    Tariff,
)
from laddnav.tokens.model import (
    Allowed,
    Authorization,
    LocationReferences,
    Token,
)
from tests import things
from tests.laws import bookings
from tests.laws.objects import (
    HEARING,
    active_profiles,
    amounts,
    businesses,
    cdr_tokens,
    cdrs,
    connectors,
    counts,
    endpoints,
    evses,
    ids,
    instants,
    locations,
    maybe,
    parties,
    places,
    profiles,
    references,
    results,
    sessions,
    some,
    tariffs,
    taxes,
    texts,
    tokens,
    urls,
    words,
)

CODECS = {"2.1.1": v2_1_1.CODECS, "2.3.0": v2_3_0.CODECS} | {
    number: spoken.codecs for number, spoken in VERSIONS.items()
}

CONNECTOR_2_1_1 = ("capabilities", "last_updated", "power_max", "tariff_ids")
EVSE_2_1_1 = (
    *("accepted_service_providers", "capabilities", "connectors", "directions", "images", "last_updated", "parking"),
    "status_schedule",
)
TOKEN_2_1_1 = (
    *("default_profile_type", "energy_contract", "group_id", "issuer", "last_updated", "owner", "type"),
    "visual_number",
)

# What a version has no words for. Whoever adds a version says here what it loses.
LOST: dict[str, dict[type[Any], tuple[str, ...]]] = {
    # Here letters that ASCII has not, fractions of a second, and the seventh decimal of a degree besides.
    "2.1.1": {
        # A Tariff's Elements that have a condition of later versions are left out; prices lose a tax that is in them.
        Tariff: (
            *("owner", "tax_included", "preauthorize_amount", "type", "price_", "starts_at", "ends_at", "elements"),
            *("last_updated", "texts"),
        ),
        Cdr: (
            *("auth_method", "authorization_reference", "costs", "credit_reference_id", "home_charging_compensation"),
            *("invoice_reference_id", "lines", "location.address", "location.state", "owner", "periods.dimensions"),
            *("periods.tariff_id", "session_id", "signed_data", "tariffs", "token", "started_at", "ended_at"),
            *("last_updated", "location.city", "location.name", "meter_id", "periods.started_at", "remark"),
        ),
        Session: (
            *("auth_method", "authorization_reference", "cost.taxes", "ended_at", "last_updated", "meter_id", "owner"),
            *("periods", "place.address", "place.city", "place.name", "place.state", "started_at", "status", "token"),
        ),
        Connector: CONNECTOR_2_1_1,
        Evse: EVSE_2_1_1,
        Location: (
            *("address", "city", "directions", "energy_mix", "help_phone", "images", "last_updated", "name"),
            *("opening_times", "operator", "owner", "parking_places", "proprietor", "publish_allowed_to"),
            *("related_locations", "state", "suboperator", "facilities", "evses"),
        ),
        Token: TOKEN_2_1_1,
        Authorization: ("info", "reference", "token"),
        Credentials: ("hub", "roles"),
        VersionDetails: ("endpoints.role",),
        CommandResponse: ("message", "timeout"),
        CommandResult: ("message", "result"),
        ReserveNow: ("authorization_reference", "expires_at", "reservation_id", "token"),
        StartSession: ("authorization_reference", "connector_id", "token"),
    },
    "2.2.1": {
        # Whether taxes are in a price: they are taken out, if it is said how much they are.
        Tariff: ("tax_included", "preauthorize_amount", "elements.components.price", "elements.components.vat"),
        Cdr: ("costs", "lines", "location.address", "location.state", "tariffs", "token.type"),  # names of taxes
        Connector: ("capabilities",),
        # Words that only a later version lists, Connectors of such a standard, and what it has no field for.
        Evse: ("accepted_service_providers", "capabilities", "connectors", "parking"),
        # And Evses of which it can say no Connector; who may see a place, where everybody may.
        Location: ("evses", "facilities", "help_phone", "parking_places", "publish_allowed_to"),
        Session: ("status", "cost", "token.type"),
        Credentials: ("roles", "hub"),  # of roles that of a payment terminal provider, and whom a hub speaks for
        Authorization: ("info", "location.connector_ids", "token.type"),  # of texts all but the first
        LocationReferences: ("connector_ids",),
        ReserveNow: ("token.type",),
        StartSession: ("token.type",),
        Token: ("type",),  # a word that it does not list
    },
    "2.3.0": {
        # That older versions did not say whether taxes are in a price, and words that its closed lists do not have.
        Tariff: ("tax_included", "energy_mix.sources", "type"),
        Location: ("energy_mix.sources", "publish_allowed_to"),
        Cdr: (
            "costs",
            "lines",
            "location.address",
            "location.state",
            "periods.dimensions",
            "tariffs.tax_included",
        ),  # of costs what was taxed
        Session: ("status", "cost", "periods.dimensions"),
        Credentials: ("roles", "hub"),  # the role HUB is a party now
        ClientInfo: ("role",),
        Authorization: ("info", "location.connector_ids"),
        LocationReferences: ("connector_ids",),
    },
}


THINGS: dict[type[Any], st.SearchStrategy[Any]] = {
    ActiveChargingProfile: active_profiles,
    ActiveChargingProfileResult: st.builds(ActiveChargingProfileResult, result=results, active=maybe(active_profiles)),
    ChargingProfileResponse: st.builds(ChargingProfileResponse, result=st.sampled_from(ProfileVerdict), timeout=counts),
    ChargingProfileResult: st.builds(ChargingProfileResult, result=results),
    ClearProfileResult: st.builds(ClearProfileResult, result=results),
    ClientInfo: st.builds(
        ClientInfo,
        party=parties,
        role=st.sampled_from(Role),
        status=st.sampled_from(ClientStatus),
        last_updated=instants,
    ),
    Preferences: st.builds(
        Preferences,
        profile=st.sampled_from(ProfileType),
        departs_at=maybe(instants),
        energy=maybe(amounts.map(kwh)),
        may_discharge=st.booleans(),
    ),
    SetChargingProfile: st.builds(SetChargingProfile, response_url=urls, profile=profiles),
    Authorization: st.builds(
        Authorization,
        allowed=st.sampled_from(Allowed),
        token=maybe(tokens),
        location=maybe(references),
        reference=maybe(ids),
        info=some(st.tuples(st.just("en"), words)),
        asked=st.just(True),
    ),
    CancelReservation: st.builds(CancelReservation, response_url=urls, reservation_id=ids),
    Cdr: cdrs,
    CommandResponse: st.builds(CommandResponse, result=st.sampled_from(Verdict), timeout=counts, message=some(texts)),
    CommandResult: st.builds(CommandResult, result=st.sampled_from(Result), message=some(texts)),
    Confirmation: st.builds(
        Confirmation,
        owner=st.just(HEARING.sender),
        id=ids,
        authorization_reference=ids,
        total=st.builds(Price, amounts, some(taxes)),
        currency=st.sampled_from(["EUR", "SEK"]),
        eft_data=some(words, least=1),
        status=st.sampled_from(CaptureStatus),
        message=maybe(words),
        last_updated=instants,
    ),
    Connector: connectors,
    Credentials: st.builds(
        Credentials,
        token=ids,
        url=urls,
        roles=some(st.builds(CredentialsRole, role=st.sampled_from(Role), party=parties, business=businesses), least=1),
        hub=maybe(parties),
    ),
    Evse: evses,
    Location: locations,
    LocationReferences: references,
    OfferedVersion: st.builds(OfferedVersion, version=st.just("2.2.1"), url=urls),
    ReserveNow: st.builds(
        ReserveNow,
        response_url=urls,
        token=tokens,
        expires_at=instants,
        reservation_id=ids,
        location_id=ids,
        evse_uid=maybe(ids),
        authorization_reference=maybe(ids),
    ),
    Session: sessions,
    StartSession: st.builds(
        StartSession,
        response_url=urls,
        token=tokens,
        location_id=ids,
        evse_uid=ids,
        connector_id=maybe(ids),
        authorization_reference=maybe(ids),
    ),
    Record: st.builds(
        lambda owner, **said: Record(holder=HEARING.holder, receiver=HEARING.holder, owner=owner, cpo=owner, **said),
        owner=parties,
        id=ids,
        ref=st.just(HEARING.ref),
        invoice_id=ids,
        cdrs=st.lists(ids, min_size=1, max_size=4).map(tuple),
        last_updated=instants,
    ),
    StopSession: st.builds(StopSession, response_url=urls, session_id=ids),
    Tariff: tariffs,
    Terminal: st.builds(
        Terminal,
        owner=st.just(HEARING.sender),
        id=ids,
        customer_reference=maybe(ids),
        party=maybe(parties),
        address=maybe(words),
        city=maybe(words),
        postal_code=maybe(st.just("411 04")),
        state=maybe(st.just("Skåne")),
        country=maybe(st.just("SWE")),
        coordinates=maybe(places),
        invoice_base_url=maybe(urls),
        invoice_creator=maybe(st.sampled_from(InvoiceCreator)),
        reference=maybe(ids),
        location_ids=some(ids),
        evse_uids=some(ids),
        last_updated=instants,
    ),
    Token: tokens,
    UnlockConnector: st.builds(UnlockConnector, response_url=urls, location_id=ids, evse_uid=ids, connector_id=ids),
    **bookings.things(
        ids=ids, words=words, urls=urls, amounts=amounts, instants=instants, parties=parties, tokens=cdr_tokens
    ),
    VersionDetails: st.builds(VersionDetails, version=st.just("2.2.1"), endpoints=some(endpoints)),
}
# Who speaks 2.1.1 must not be told of a Location that is not public, nor of a Session without its place.
OTHERWISE: dict[tuple[str, type[Any]], st.SearchStrategy[Any]] = {
    ("2.1.1", Location): locations.map(lambda one: replace(one, publish=True)),
    ("2.1.1", Session): st.builds(
        lambda session, cdr: replace(
            session,
            place=cdr.location,
            location_id=cdr.location.id,
            evse_uid=cdr.location.evse_uid,
            connector_id=cdr.location.connector_id,
        ),
        sessions,
        cdrs,
    ),
}
EVERY = [(version, kind) for version, codecs in CODECS.items() for kind in codecs]
briefly = settings(
    max_examples=settings().max_examples // 2, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def sayable(codec: Codec[Any, Any], thing: Any) -> bool:
    """Whether a version has words for it at all."""
    try:
        codec.write(thing)
    except Unsayable:
        return False
    return True


def things_of(version: str, kind: type[Any]) -> st.SearchStrategy[Any]:
    return OTHERWISE.get((version, kind), THINGS[kind])


@pytest.mark.parametrize(("version", "kind"), EVERY, ids=lambda one: getattr(one, "__name__", one))
@given(data=st.data())
@briefly
def test_a_partner_hears_back_exactly_what_it_said(version: str, kind: type[Any], data: st.DataObject) -> None:
    """TYP-017, TYP-013, CDR-061: to the digit, the instant and the byte of signed data; and what is not reported lost
    survives.
    """
    codec = CODECS[version][kind]
    thing = data.draw(things_of(version, kind).filter(lambda thing: sayable(codec, thing)))
    said = codec.encode(thing)
    assert parsed(codec.encode(codec.decode(said, HEARING))) == parsed(said)
    allowed = LOST[version].get(kind, ())
    for path in codec.lost(thing, HEARING):
        assert re.sub(r"\[\d+\]", "", path).startswith(allowed), f"{kind.__name__}.{path} is lost in {version}"


@given(whole=st.dictionaries(words, st.integers() | words | st.lists(st.integers())), data=st.data())
@briefly
def test_a_change_leaves_alone_what_it_does_not_name(whole: dict[str, Any], data: st.DataObject) -> None:
    """TRN-041, TYP-044: fields that we have no name for live on through a PATCH."""
    codec = VERSIONS["2.2.1"].codecs[Token]
    token = codec.encode(data.draw(tokens))
    said = {f"x_{name}": value for name, value in whole.items()} | parsed(token)
    change = {"valid": False, "last_updated": "2026-11-21T10:00:00Z"}
    changed = parsed(codec.patch(encoded(said), encoded(change)))
    assert changed == said | change


def test_a_word_of_tomorrow_is_kept_and_not_said_to_a_partner_of_today() -> None:
    """TYP-025."""
    codec = VERSIONS["2.2.1"].codecs[Location]
    location = things.location(facilities=("SPACE_PORT", "WIFI"), parking_type="ORBIT", evses=())
    said = parsed(codec.encode(location))
    assert said["facilities"] == ["WIFI"] and "parking_type" not in said
    assert set(codec.lost(location, HEARING)) == {"facilities", "parking_type"}


def test_decimals_are_those_that_were_sent() -> None:
    """TYP-017: no digit is added or taken."""
    session = b"""{"country_code":"NL","party_id":"TNM","id":"1","start_date_time":"2026-01-01T00:00:00",
      "kwh":15.3420,"cdr_token":{"country_code":"SE","party_id":"LAD","uid":"1","type":"RFID","contract_id":"c"},
      "auth_method":"WHITELIST","location_id":"L","evse_uid":"E","connector_id":"1","currency":"EUR",
      "status":"ACTIVE","last_updated":"2026-01-01 00:00:00.1234"}"""
    codec = VERSIONS["2.2.1"].codecs[Session]
    heard = codec.decode(session, HEARING)
    assert heard.energy == Energy(Decimal(15342))
    assert b'"kwh":15.3420,' in codec.encode(heard)


@pytest.mark.parametrize("version", CODECS)
@given(data=st.data())
@briefly
def test_a_cdr_in_a_file_is_the_charge_that_a_stored_one_is(version: str, data: st.DataObject) -> None:
    """So `laddnav check-cdr` says of a partner's CDR what we said on its arrival."""
    codec = CODECS[version][Cdr]
    said = codec.encode(data.draw(cdrs))
    stored, told = charge_of(codec.decode(said, HEARING), None), read_charge(said, version)
    assert told == replace(stored, tariffs=tuple(_as_told(one, version) for one in stored.tariffs))


def _as_told(tariff: Tariff, version: str) -> Tariff:
    """2.1.1 does not say whose a Tariff is; a connection knows, a file does not."""
    return replace(tariff, owner=NOBODY) if version == "2.1.1" else tariff
