"""What the right party says at each endpoint of OCPI: for walks with every wrong one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from laddnav.bookings.model import AskedFor, RequestStatus
from laddnav.cdrs.model import Cdr
from laddnav.kit.ids import PartyId
from laddnav.kit.money import Price
from laddnav.ocpi.endpoints.tables import table_of
from laddnav.ocpi.sides import DELEGATED, OFFERED, hub_endpoint, place_of, told
from laddnav.ocpi.wire.clients import ClientInfo, ClientStatus
from laddnav.ocpi.wire.codec import Hearing, encoded
from laddnav.ocpi.wire.commands import (
    CancelReservation,
    CommandResult,
    CommandType,
    ReserveNow,
    Result,
    StartSession,
    StopSession,
    UnlockConnector,
)
from laddnav.ocpi.wire.handshake import Interface, Module
from laddnav.ocpi.wire.profiles import (
    ActiveChargingProfileResult,
    ChargingProfileResult,
    ClearProfileResult,
    ProfileRequest,
    ProfileResult,
    SetChargingProfile,
)
from laddnav.ocpi.wire.version import Version
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role
from laddnav.payments.model import CaptureStatus, Confirmation, Terminal
from laddnav.reconciliation.model import Record
from laddnav.scheduling.model import ActiveChargingProfile, ChargingProfile, ProfileLimit, RateUnit
from laddnav.sessions.model import CdrToken, Preferences, ProfileType, Session
from laddnav.tokens.model import LocationReferences
from tests import things
from tests.bookings import offers
from tests.ocpi.endpoints.test_bookings import a_booking
from tests.ocpi.wording import cdr as cdr_words
from tests.ocpi.wording import session as session_words
from tests.security.house import House, request_id
from tests.things import LONG_AGO

SOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
URL = "https://emsp.example/ocpi/result"
LIMITS = ChargingProfile(unit=RateUnit.AMPERE, limits=(ProfileLimit(timedelta(), Decimal(16)),))


class Door(Struct, frozen=True, kw_only=True):
    """One endpoint in one version. `many` is how many segments stand behind the module in its URL."""

    role: Role
    version: Version
    module: Module
    interface: Interface
    method: str
    many: int

    def __str__(self) -> str:
        return f"{self.method} {self.role}/{self.version.number}/{self.module} +{self.many} ({self.interface})"

    @property
    def key(self) -> tuple[Module, Interface, str, int]:
        return self.module, self.interface, self.method, self.many

    @property
    def passes_on(self) -> bool:
        """What is said there is for somebody behind the hub that we are."""
        return self.role is Role.HUB and (self.module, self.interface) not in OFFERED[Role.HUB]

    @property
    def is_delegated(self) -> bool:
        """Whether it is only for who limits charges of our drivers."""
        return self.role is Role.EMSP and (self.module, self.interface) in DELEGATED

    @property
    def path(self) -> str:
        if self.passes_on:
            return hub_endpoint("/ocpi", self.version.number, self.interface, self.module)
        return f"/ocpi{place_of(self.role, self.version.number, (self.module, self.interface))}"


class Said(Struct, frozen=True, kw_only=True):
    """A request at a door: what stands behind its path, and the body, in words or as a thing of ours."""

    segments: tuple[str, ...] = ()
    query: str = ""
    body: Any = None
    nameless: bool = False  # whoever says it means itself: its version has no word for whose it is

    def url(self, door: Door) -> str:
        return "/".join((door.path, *self.segments)) + (f"?{self.query}" if self.query else "")

    def spelt(self, door: Door) -> bytes | None:
        if self.body is None or isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, Mapping):
            return encoded(self.body)
        return door.version.codecs[type(self.body)].encode(self.body)


def doors(role: Role) -> Iterator[Door]:
    """Every endpoint of ours in this role, as the tables have them, in every version."""
    for version in VERSIONS.values():
        for module, interface in told(role, version):
            for (method, many), endpoint in table_of(role, (module, interface)).items():
                if endpoint.spoken(version):
                    yield Door(role=role, version=version, module=module, interface=interface, method=method, many=many)


def said(door: Door, house: House, owner: PartyId) -> Sequence[Said]:
    """What `owner` says there when it speaks of its own things; a door that nobody knows yet is knocked at too."""
    known = _known(door.version.number, house, owner).get(door.key)
    if known is not None:
        return known
    within = ("booking_locations",) if (door.module, door.many > 3) == (Module.BOOKINGS, True) else ()
    segments = (owner.country, owner.party, *within, *("1" * 10))[: door.many]
    return [Said(segments=segments, body=None if door.method in ("GET", "DELETE") else {})]


def is_known(door: Door, house: House) -> bool:
    """Whether we know what the right party says there; behind a hub, who that is has tests of its own."""
    return not door.passes_on and door.key in _known(door.version.number, house, house.partner)


Known = dict[tuple[Module, Interface, str, int], Sequence[Said]]
SENDER, RECEIVER = Interface.SENDER, Interface.RECEIVER


@lru_cache(maxsize=8)
def _known(number: str, house: House, owner: PartyId) -> Known:
    """All that is said in one version; to make it takes longer than to say it, and hundreds of doors are knocked at."""
    version = VERSIONS[number]
    return _of_ours(house) | _told(version, house, owner) | _commanded(version, owner, house)


def _of_ours(house: House) -> Known:
    """What partners read of ours, and say about it."""
    since = "date_from=2026-01-01T00:00:00Z"
    ours = Terminal(owner=house.holder, id="TERM1", last_updated=LONG_AGO)
    where = LocationReferences("LOC1", ("charging",))
    prefers = Preferences(profile=ProfileType.GREEN)
    limits = SetChargingProfile(response_url=URL, profile=LIMITS)
    return {
        (Module.BOOKINGS, SENDER, "GET", 0): [Said()],
        (Module.BOOKING_LOCATIONS, SENDER, "GET", 0): [Said()],
        (Module.BOOKING_LOCATIONS, SENDER, "GET", 1): [Said(segments=("BL1",))],
        (Module.BOOKING_LOCATIONS, SENDER, "GET", 2): [Said(segments=("BL1", offers.calendar().id))],
        (Module.CDRS, SENDER, "GET", 0): [Said()],
        (Module.CONFIRMATIONS, SENDER, "GET", 0): [Said()],
        (Module.INVOICE_RECONCILIATION, SENDER, "GET", 0): [Said()],
        (Module.TERMINALS, SENDER, "GET", 0): [Said()],
        (Module.TERMINALS, SENDER, "GET", 1): [Said(segments=("TERM1",))],
        (Module.TERMINALS, SENDER, "PUT", 1): [Said(segments=("TERM1",), body=ours)],
        (Module.TERMINALS, SENDER, "PATCH", 1): [Said(segments=("TERM1",), body={"city": "Visby"})],
        (Module.TERMINALS, SENDER, "POST", 1): [
            Said(segments=("activate",), body=replace(ours, id="TERM2"), nameless=True)
        ],
        (Module.TERMINALS, SENDER, "POST", 2): [Said(segments=("TERM1", "deactivate"))],
        (Module.HUB_CLIENT_INFO, SENDER, "GET", 0): [Said()],
        (Module.LOCATIONS, SENDER, "GET", 0): [Said()],
        (Module.LOCATIONS, SENDER, "GET", 1): [Said(segments=("LOC1",))],
        (Module.LOCATIONS, SENDER, "GET", 2): [Said(segments=("LOC1", "charging"))],
        (Module.LOCATIONS, SENDER, "GET", 3): [Said(segments=("LOC1", "charging", "1"))],
        (Module.SESSIONS, SENDER, "GET", 0): [Said(query=since)],
        (Module.SESSIONS, SENDER, "PUT", 2): [Said(segments=(house.charging, "charging_preferences"), body=prefers)],
        (Module.TARIFFS, SENDER, "GET", 0): [Said()],
        (Module.TOKENS, SENDER, "GET", 0): [Said()],
        (Module.TOKENS, SENDER, "POST", 2): [Said(segments=("OWN", "authorize"), body=where)],
        (Module.TOKENS, SENDER, "POST", 4): [
            Said(segments=(house.holder.country, house.holder.party, "OWN", "authorize"), body=where)
        ],
        (Module.CHARGING_PROFILES, RECEIVER, "GET", 1): [
            Said(segments=(house.charging,), query=f"duration=900&response_url={URL}")
        ],
        (Module.CHARGING_PROFILES, RECEIVER, "PUT", 1): [Said(segments=(house.charging,), body=limits)],
        (Module.CHARGING_PROFILES, RECEIVER, "DELETE", 1): [
            Said(segments=(house.charging,), query=f"response_url={URL}")
        ],
    }


def _told(version: Version, house: House, owner: PartyId) -> Known:
    """What partners tell us of theirs."""
    number = version.number
    whose = (owner.country, owner.party)
    place = things.location(owner=owner)
    evse, connector = place.evses[0], place.evses[0].connectors[0]
    at, change = (*whose, "LOC1"), {"last_updated": "2026-11-23T09:00:00Z"}
    card = things.token("CARD1", owner, contract_id="C1")
    tariff = things.tariff(f"T-{number}", owner)
    client = ClientInfo(party=owner, role=Role.CPO, status=ClientStatus.CONNECTED, last_updated=LONG_AGO)
    cdr = _read(Cdr, cdr_words(id=f"C-{number}"), owner, house.holder)
    terminal = Terminal(owner=owner, id="THEIRS", last_updated=LONG_AGO)
    confirmation = Confirmation(
        owner=owner,
        id="PAID",
        authorization_reference="REFERENCE",
        total=Price(Decimal(1)),
        currency="EUR",
        status=CaptureStatus.SUCCESS,
        eft_data=("A receipt",),
        last_updated=LONG_AGO,
    )
    record = Record(
        holder=house.holder,
        owner=owner,
        id="R1",
        ref="",
        receiver=house.holder,
        cpo=owner,
        invoice_id="I1",
        cdrs=(cdr.id,),
        last_updated=LONG_AGO,
    )
    session = replace(_read(Session, session_words(id="S1"), owner, house.holder), place=cdr.location)
    offer = offers.place(owner=owner)
    calendar = offer.calendars[0]
    offered = (*whose, "booking_locations", offer.id)
    booking = replace(
        a_booking(),
        holder=house.holder,
        owner=owner,
        requests=(_asked_for(house.holder),),
        tokens=(_driver(house.holder),),
    )
    return {
        (Module.BOOKINGS, RECEIVER, "PUT", 3): [Said(segments=(*whose, booking.id), body=booking)],
        (Module.BOOKINGS, RECEIVER, "GET", 3): [Said(segments=(*whose, booking.id))],
        (Module.BOOKINGS, RECEIVER, "PATCH", 3): [Said(segments=(*whose, booking.id), body=change)],
        (Module.BOOKINGS, RECEIVER, "PUT", 4): [Said(segments=offered, body=offer)],
        (Module.BOOKINGS, RECEIVER, "GET", 4): [Said(segments=offered)],
        (Module.BOOKINGS, RECEIVER, "PATCH", 4): [Said(segments=offered, body=change)],
        (Module.BOOKINGS, RECEIVER, "PUT", 5): [Said(segments=(*offered, calendar.id), body=calendar)],
        (Module.BOOKINGS, RECEIVER, "GET", 5): [Said(segments=(*offered, calendar.id))],
        (Module.BOOKINGS, RECEIVER, "PATCH", 5): [Said(segments=(*offered, calendar.id), body=change)],
        (Module.CDRS, RECEIVER, "POST", 0): [Said(body=cdr, nameless=not version.routes)],
        (Module.CDRS, RECEIVER, "POST", 3): [Said(segments=(*whose, cdr.id), body=cdr)],
        (Module.CDRS, RECEIVER, "GET", 3): [Said(segments=(*whose, cdr.id))],
        (Module.CONFIRMATIONS, RECEIVER, "POST", 0): [Said(body=confirmation, nameless=True)],
        (Module.CONFIRMATIONS, RECEIVER, "GET", 1): [Said(segments=(confirmation.id,))],
        (Module.INVOICE_RECONCILIATION, RECEIVER, "POST", 0): [Said(body=record)],
        (Module.INVOICE_RECONCILIATION, RECEIVER, "GET", 3): [Said(segments=(*whose, record.id))],
        (Module.INVOICE_RECONCILIATION, RECEIVER, "PUT", 3): [Said(segments=(*whose, record.id), body=record)],
        (Module.INVOICE_RECONCILIATION, RECEIVER, "DELETE", 3): [Said(segments=(*whose, record.id))],
        (Module.TERMINALS, RECEIVER, "POST", 0): [Said(body=terminal, nameless=True)],
        (Module.TERMINALS, RECEIVER, "GET", 1): [Said(segments=(terminal.id,))],
        (Module.HUB_CLIENT_INFO, RECEIVER, "PUT", 2): [Said(segments=whose, body=client)],
        (Module.HUB_CLIENT_INFO, RECEIVER, "GET", 2): [Said(segments=whose)],
        (Module.LOCATIONS, RECEIVER, "PUT", 3): [Said(segments=at, body=place)],
        (Module.LOCATIONS, RECEIVER, "GET", 3): [Said(segments=at)],
        (Module.LOCATIONS, RECEIVER, "PATCH", 3): [Said(segments=at, body=change | {"name": "Changed"})],
        (Module.LOCATIONS, RECEIVER, "PUT", 4): [Said(segments=(*at, "EVSE1"), body=evse)],
        (Module.LOCATIONS, RECEIVER, "GET", 4): [Said(segments=(*at, "EVSE1"))],
        (Module.LOCATIONS, RECEIVER, "PATCH", 4): [Said(segments=(*at, "EVSE1"), body=change | {"status": "BLOCKED"})],
        (Module.LOCATIONS, RECEIVER, "PUT", 5): [Said(segments=(*at, "EVSE1", "1"), body=connector)],
        (Module.LOCATIONS, RECEIVER, "GET", 5): [Said(segments=(*at, "EVSE1", "1"))],
        (Module.LOCATIONS, RECEIVER, "PATCH", 5): [Said(segments=(*at, "EVSE1", "1"), body=change)],
        (Module.SESSIONS, RECEIVER, "PUT", 3): [Said(segments=(*whose, "S1"), body=session)],
        (Module.SESSIONS, RECEIVER, "GET", 3): [Said(segments=(*whose, "S1"))],
        (Module.SESSIONS, RECEIVER, "PATCH", 3): [Said(segments=(*whose, "S1"), body=change | {"kwh": 2})],
        (Module.TARIFFS, RECEIVER, "PUT", 3): [Said(segments=(*whose, tariff.id), body=tariff)],
        (Module.TARIFFS, RECEIVER, "GET", 3): [Said(segments=(*whose, tariff.id))],
        (Module.TARIFFS, RECEIVER, "PATCH", 3): [Said(segments=(*whose, tariff.id), body=change)],
        (Module.TARIFFS, RECEIVER, "DELETE", 3): [Said(segments=(*whose, tariff.id))],
        (Module.TOKENS, RECEIVER, "PUT", 3): [Said(segments=(*whose, "CARD1"), body=card)],
        (Module.TOKENS, RECEIVER, "GET", 3): [Said(segments=(*whose, "CARD1"))],
        (Module.TOKENS, RECEIVER, "PATCH", 3): [Said(segments=(*whose, "CARD1"), body=change | {"valid": False})],
    }


def _commanded(version: Version, owner: PartyId, house: House) -> Known:
    """What is asked now and answered later, in both directions."""
    number = version.number
    place = list(VERSIONS).index(number)
    card = things.token("CARD1", owner, contract_id="C1")
    done = CommandResult(result=Result.ACCEPTED)
    limits = ActiveChargingProfile(started_at=LONG_AGO, profile=LIMITS)
    results = {
        ProfileRequest.TELL: ActiveChargingProfileResult(result=ProfileResult.ACCEPTED, active=limits),
        ProfileRequest.SET: ChargingProfileResult(result=ProfileResult.ACCEPTED),
        ProfileRequest.CLEAR: ClearProfileResult(result=ProfileResult.ACCEPTED),
    }
    commands: dict[CommandType, Any] = {
        CommandType.RESERVE_NOW: ReserveNow(
            response_url=URL,
            token=card,
            expires_at=SOON,
            reservation_id=f"{place}",
            location_id="LOC1",
            evse_uid=f"reserved-{number}",
        ),
        CommandType.START_SESSION: StartSession(
            response_url=URL, token=card, location_id="LOC1", evse_uid=f"started-{number}"
        ),
        CommandType.UNLOCK_CONNECTOR: UnlockConnector(
            response_url=URL, location_id="LOC1", evse_uid="charging", connector_id="1"
        ),
        CommandType.STOP_SESSION: StopSession(response_url=URL, session_id=house.charging),
        CommandType.CANCEL_RESERVATION: CancelReservation(response_url=URL, reservation_id=f"{place}"),
    }
    return {
        (Module.BOOKINGS, SENDER, "POST", 0): [Said(body=offers.request(asked_by=owner, tokens=(_driver(owner),)))],
        (Module.COMMANDS, RECEIVER, "POST", 1): [
            Said(segments=(kind,), body=command, nameless=not version.routes and hasattr(command, "token"))
            for kind, command in commands.items()
            if type(command) in version.codecs
        ],
        (Module.COMMANDS, SENDER, "POST", 2): [
            Said(segments=(kind, request_id(number, kind)), body=done) for kind in CommandType
        ],
        (Module.CHARGING_PROFILES, SENDER, "POST", 2): [
            Said(segments=(kind, request_id(number, kind)), body=result) for kind, result in results.items()
        ],
        (Module.CHARGING_PROFILES, SENDER, "PUT", 1): [Said(segments=("S1",), body=limits)],
    }


def _driver(owner: PartyId) -> CdrToken:
    return CdrToken(owner=owner, uid="OWN", type="RFID", contract_id="C1")


def _asked_for(by: PartyId) -> AskedFor:
    wanted = offers.request(asked_by=by, tokens=(_driver(by),))
    return AskedFor(status=RequestStatus.ACCEPTED, request=wanted, received_at=LONG_AGO)


def _read(kind: type[Any], words: dict[str, Any], owner: PartyId, holder: PartyId) -> Any:
    """One of the text's own examples, as though it had happened at a place of `owner`, with a Token of `holder`."""
    driver = {
        "country_code": holder.country,
        "party_id": holder.party,
        "uid": "OWN",
        "type": "RFID",
        "contract_id": f"{holder.country}-{holder.party}-COWN",
    }
    said = words | {"country_code": owner.country, "party_id": owner.party, "cdr_token": driver}
    return VERSIONS["2.2.1"].codecs[kind].decode(encoded(said), Hearing(holder=holder, sender=owner))
