"""One run with one peer: who we are in it, what we have learnt so far, and how to ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from laddnav.kit.ids import NotAPartyId, PartyId
from laddnav.kit.time import Clock, rfc3339
from laddnav.ocpi.conform.caller import Caller
from laddnav.ocpi.conform.counterpart import Counterpart
from laddnav.ocpi.conform.dialect import DIALECTS, Dialect
from laddnav.ocpi.conform.record import Endpoint, Exchange, Record
from laddnav.ocpi.conform.roles import OFFERED, OPPOSITE, TESTED_AS, facing, seeming
from laddnav.ocpi.conform.samples import Ours
from laddnav.ocpi.wire.routing import Route

SINCE = "date_from=2015-01-01T00:00:00Z"  # older than OCPI's first charge
OBJECTS = {
    "locations": "Location",
    "tariffs": "Tariff",
    "sessions": "Session",
    "cdrs": "CDR",
    "tokens": "Token",
    "hubclientinfo": "ClientInfo",
    "invoicereconciliation": "InvoiceReconciliationRecord",
}
# What there is below `payments`: (path, object).
PAYMENTS = {
    "terminals": ("terminals", "Terminal"),
    "captures": ("financial-advice-confirmations", "FinancialAdviceConfirmation"),
}


class Speaker:
    """One party of ours towards the peer: how it asks, and where it is asked."""

    def __init__(self, caller: Caller, counterpart: Counterpart) -> None:
        self.caller = caller
        self.counterpart = counterpart
        self.registered = False
        self._urls: dict[tuple[str, str | None], str] = {}

    @property
    def party(self) -> PartyId:
        return PartyId.of(*self.counterpart.party)

    @property
    def role(self) -> str:
        return self.counterpart.played.role

    async def ask(self, step: str, method: str, url: str, body: Any = None, **more: Any) -> Exchange:
        return await self.caller.ask(step, method, url, body, **more)

    def url(self, module: str, side: str) -> str | None:
        return self._urls.get((module, side))

    def learn_endpoints(self, details: Exchange) -> None:
        """As one that registers second: of a version that has sides."""
        self._urls = {(one.identifier, one.role): one.url for one in endpoints_in(details)}


class Conversation:
    """`evse`: (location id, EVSE uid) where a real charge may be started; None: none is."""

    def __init__(
        self, record: Record, caller: Caller, counterpart: Counterpart, clock: Clock, evse: tuple[str, str] | None
    ) -> None:
        self.record = record
        self.caller = caller
        self.counterpart = counterpart
        self.evse = evse
        self.registered = False
        self.peer: PartyId | None = None
        self.found: dict[str, list[Any]] = {}  # what the peer's lists held, by module
        self.second: Speaker | None = None  # the other party that we play behind a hub
        self._clock = clock
        self.ours = self._samples(record.version)

    @property
    def dialect(self) -> Dialect:
        return DIALECTS[self.record.version]

    async def ask(self, step: str, method: str, url: str, body: Any = None, **more: Any) -> Exchange:
        return await self.caller.ask(step, method, url, body, **more)

    def later(self, seconds: int) -> str:
        """An instant so long after the run began, as OCPI writes it."""
        return rfc3339(self._clock.now().replace(microsecond=0) + timedelta(seconds=seconds))

    def shown(self, name: str, token: str) -> str:
        """A token of this run, which no report shows."""
        self.record.secrets[token] = name
        return token

    def new_token(self, name: str) -> str:
        return self.shown(name, f"conform-{self._clock.new_id()}")

    def settle_on(self, version: str) -> None:
        """Speak this version from now on."""
        self.record.version = version
        self.record.routes = self.dialect.routes
        self.ours = self._samples(version)

    def see_who_it_is(self, *, as_told: bool) -> None:
        """By what it offers; unless told whom to play we play whom such a peer deals with.

        Where a version names no side, whom we play says what the peer is.
        """
        record = self.record
        seems = facing(record.our_role)
        if self.dialect.routes:
            role = seeming((one.identifier, one.role) for one in record.endpoints)
            seems = role if not as_told or record.our_role in TESTED_AS[role] else seems
        record.their_role = record.their_role or seems
        if not as_told:
            record.our_role = TESTED_AS[record.their_role][0]
            self.counterpart.play(record.our_role)

    def hears(self, module: str) -> str | None:
        """Where the peer is told of what our role owns; None where it has no such thing to tell, or nobody hears it."""
        owned = OFFERED[self.record.our_role].get(module) == "SENDER"
        return self.record.url(module, "RECEIVER") if owned else None

    def _samples(self, version: str) -> Ours:
        country, party = self.counterpart.party
        mark = self._clock.new_id()[-8:].upper()
        return DIALECTS[version].ours(country=country, party=party, mark=mark, at=self.later(0))

    @property
    def first(self) -> Speaker:
        """Ourselves as one of several."""
        speaker = Speaker(self.caller, self.counterpart)
        details = self.record.last("details")
        if details is not None:
            speaker.learn_endpoints(details)
        return speaker

    def learn_endpoints(self, details: Exchange) -> None:
        """Where a version names no interface, a module of the peer is the side of it that we do not play."""
        offered = OFFERED[self.record.our_role]
        self.record.endpoints = tuple(
            one if self.dialect.routes else replace(one, role=OPPOSITE.get(offered.get(one.identifier, "")))
            for one in endpoints_in(details)
        )

    def learn_peer(self, credentials: Any) -> None:
        """Who it is: the first of its parties, in the role that we test where there is one; a hub says it apart."""
        roles = credentials.get("roles") if self.dialect.routes else [credentials]
        every = [one for one in roles or () if isinstance(one, dict)]
        wanted = self.record.their_role or facing(self.record.our_role)
        if not every:
            return
        first = next((one for one in every if one.get("role") == wanted), every[0])
        country, party = str(first.get("country_code")), str(first.get("party_id"))
        hub = credentials.get("hub_party_id")
        if wanted == "HUB" and isinstance(hub, str):
            country, party = hub[:2], hub[2:]
        self.record.notes["peer"] = f"{country}*{party}"
        self.record.notes["peer_roles"] = ",".join(str(one.get("role", wanted)) for one in every)
        with suppress(NotAPartyId):
            self.deal_with(PartyId.of(country, party))

    def deal_with(self, peer: PartyId) -> None:
        self.peer = peer
        if self.dialect.routes:
            us = PartyId.of(*self.counterpart.party)
            self.caller.route = Route(to=peer, origin=us)
            self.counterpart.routed = True


def endpoints_in(details: Exchange) -> tuple[Endpoint, ...]:
    """As far as they can be read."""
    data = details.answer.data
    listed = data.get("endpoints") if isinstance(data, dict) else None
    return tuple(
        Endpoint(identifier=one["identifier"], role=one.get("role"), url=one["url"])
        for one in listed or ()
        if isinstance(one, dict) and isinstance(one.get("url"), str) and isinstance(one.get("identifier"), str)
    )


Probe = Callable[[Conversation], Awaitable[None]]
