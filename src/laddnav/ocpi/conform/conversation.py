"""One run with one peer: who we are in it, what we have learnt so far, and how to ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from laddnav.kit.ids import PartyId
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

    def learn_endpoints(self, details: Exchange) -> None:
        data = details.answer.data
        listed = data.get("endpoints") if isinstance(data, dict) else None
        self.record.endpoints = tuple(
            Endpoint(identifier=one["identifier"], role=self._side(one), url=one["url"])
            for one in listed or ()
            if isinstance(one, dict) and isinstance(one.get("url"), str) and isinstance(one.get("identifier"), str)
        )

    def _side(self, endpoint: dict[str, Any]) -> str | None:
        """Where a version names no interface, a module of the peer is the side of it that we do not play."""
        if self.dialect.routes:
            return endpoint.get("role")
        ours = OFFERED[self.record.our_role].get(endpoint["identifier"])
        return OPPOSITE.get(ours or "")

    def learn_peer(self, credentials: Any) -> None:
        """Who it is: the first of its parties, in the role that we test where there is one."""
        roles = credentials.get("roles") if self.dialect.routes else [credentials]
        every = [one for one in roles or () if isinstance(one, dict)]
        wanted = self.record.their_role or facing(self.record.our_role)
        first = next((one for one in every if one.get("role") == wanted), every[0] if every else None)
        if first is None:
            return
        self.record.notes["peer"] = f"{first.get('country_code')}*{first.get('party_id')}"
        self.record.notes["peer_roles"] = ",".join(str(one.get("role", wanted)) for one in every)
        try:
            self.deal_with(PartyId.of(str(first.get("country_code")), str(first.get("party_id"))))
        except ValueError:
            return

    def deal_with(self, peer: PartyId) -> None:
        self.peer = peer
        if self.dialect.routes:
            us = PartyId.of(*self.counterpart.party)
            self.caller.route = Route(to=peer, origin=us)
            self.counterpart.routed = True


Probe = Callable[[Conversation], Awaitable[None]]
