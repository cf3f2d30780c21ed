"""The rooms, their sockets and their work in the background, put together into one application."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import cache

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.routing import Route as Path
from starlette.types import ASGIApp, Receive, Scope, Send

import laddnav.web.app
from laddnav.analytics import actions as analytics
from laddnav.billing import actions as billing
from laddnav.billing.actions import plans, reminders, wallets
from laddnav.bookings.actions import waiting
from laddnav.customers.actions import allowing
from laddnav.db import outbox
from laddnav.db.outbox import Deliverer
from laddnav.db.presence import Burial, Presence
from laddnav.fleets import actions as fleets
from laddnav.kit import json
from laddnav.kit.refusal import Trouble
from laddnav.kit.seal import Seal
from laddnav.ledger import actions as ledger
from laddnav.locations import actions as locations
from laddnav.locations.actions import away, maintenance
from laddnav.mail import actions as mail
from laddnav.market import actions as market
from laddnav.meters import actions as meters
from laddnav.mqtt import actions as mqtt
from laddnav.mqtt.homes import Homes
from laddnav.ocpi import openapi as partner_api
from laddnav.ocpi import routes as ocpi
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.commands import commands, limited
from laddnav.ocpi.commands.ask import Asker
from laddnav.ocpi.connections import offers, renewing
from laddnav.ocpi.endpoints import lists
from laddnav.ocpi.fetching import pull
from laddnav.ocpi.forgetting import forget_old as forget_roaming
from laddnav.ocpi.hub import clients as hub_clients
from laddnav.ocpi.hub import detours
from laddnav.ocpi.telling import push
from laddnav.ocpp import calls, carrying, charges, closing
from laddnav.ocpp.cures import actions as cures
from laddnav.ocpp.forgetting import forget_old as forget_stations
from laddnav.ocpp.security import signing
from laddnav.ocpp.security.means import Means
from laddnav.ocpp.serve import Sockets
from laddnav.ocpp.tasks import going_on
from laddnav.openadr import actions as openadr
from laddnav.openadr.polling import Vtns
from laddnav.parties import actions as parties
from laddnav.payments.actions import cards, holding, tickets
from laddnav.payments.actions.books import Reader
from laddnav.payments.actions.going_on import Collector
from laddnav.payments.actions.vault import Vault
from laddnav.people import actions as people
from laddnav.readings import actions as readings
from laddnav.reservations import actions as reservations
from laddnav.server.api import Api
from laddnav.server.clock import dice
from laddnav.server.hooks import Hooks
from laddnav.server.installation import Installation
from laddnav.server.jobs import Job, every
from laddnav.server.metrics import Metrics
from laddnav.server.openapi import document
from laddnav.server.outward import Outward, certificates
from laddnav.server.rooms import ROUTES
from laddnav.server.settings import Settings
from laddnav.server.sites import Keeper
from laddnav.server.stream import follow
from laddnav.sessions import actions as sessions
from laddnav.settlement.actions import earning, hosting, reconciling, settling
from laddnav.sites import actions as sites
from laddnav.web.asked import Console

# What becomes of what a process held that is gone.
BURIALS: Sequence[Burial] = (
    outbox.take_back,
    push.take_back,
    locations.nobody_holds,
    calls.bury,
    mqtt.nobody_holds,
    sites.nobody_watches,
)


class House:
    """One process of an installation: its routes, its sockets and its work in the background."""

    def __init__(self, installation: Installation, settings: Settings) -> None:
        self.settings = settings
        self._installation = installation
        self._database = installation.database
        self._clients = Clients(self._database, settings.roaming)
        self._ask = Asker(self._database, self._clients)
        self._outward = Outward(allow_loopback=settings.allow_loopback_partners)
        self._seal = Seal(settings.key)
        self._collector = Collector(self._database, self._outward.exchange, self._seal, settings.url)
        self._books = Reader(self._database, self._outward.exchange, self._seal)
        self._vault = Vault(self._database, self._outward.exchange, self._seal)
        self._vtns = Vtns(self._database, self._outward.exchange, self._seal)
        self._means = Means(
            seal=self._seal,
            fetch=self._outward,
            v2g_ca_url=settings.v2g_ca_url,
            v2g_ca_token=settings.v2g_ca_token,
            contract_provider_url=settings.contract_provider_url,
            issuers=certificates("v2g-issuers", settings.v2g_issuers),
            contract_roots=certificates("contract-roots", settings.contract_roots),
        )
        self.presence = Presence(self._database, settings.name, BURIALS)
        self._homes = Homes(self._database, life=self.presence.life, seal=self._seal, leads=self._outward.leads)
        self.sockets = Sockets(self._database, process=self.presence.life, ask=self._ask, means=self._means)
        self._leaving: asyncio.Task[None] | None = None
        self.metrics = Metrics(self._database, lambda: len(self.sockets.connections))

    def app(self) -> ASGIApp:
        routes: list[BaseRoute] = [
            Path("/healthz", _alive),
            Path("/readyz", self._ready),
            Path("/metrics", self.metrics.shown),
        ]
        if "ocpi" in self.settings.only:
            routes.append(partner_api.route(self._clients.settings.base))
        if "web" in self.settings.only:
            hooks = Hooks(self._database, self._collector)
            routes.append(Path("/hooks/payments/{account}", hooks.heard, methods=["POST"]))
            routes += self._api()
            routes += laddnav.web.app.routes(self._console())
        return _Straight(
            Starlette(routes=routes),
            desk=ocpi.Desk(self._database, self._clients.settings, self._clients)
            if "ocpi" in self.settings.only
            else None,
            sockets=self.sockets if "ocpp" in self.settings.only else None,
        )

    def stations(self) -> ASGIApp:
        """What there is at the port of stations alone."""
        return _Straight(Starlette(), sockets=self.sockets)

    def _by_our_clock(self, length: timedelta) -> float:
        """Seconds of the wall in which our clock goes so far, but 15 at least: that of the demo is faster."""
        return max(15.0, length / self._database.clock.wall(timedelta(seconds=1)))

    def jobs(self) -> dict[str, Job]:
        """By the name under which trouble with it is told."""
        database, cluster = self._database, self._installation.cluster
        jobs: dict[str, Job] = {"hear_others": database.hear_others, "presence": self.presence.run}
        if cluster is not None:
            jobs["postgres"] = cluster.supervise
        if "ocpp" in self.settings.only:
            jobs["station_calls"] = self.sockets.run
        if "jobs" in self.settings.only:
            name, clients = self.presence.life, self._clients
            jobs |= {
                "reached_at": lambda: parties.reach(database, self.settings.url),
                "listeners": Deliverer(database, name).run,
                "deliveries": lambda: push.deliver(database, clients, name, dice),
                "pulls": every(1, lambda: pull.pull_due(database, clients, dice)),
                "renewals": every(60, lambda: renewing.renew_due(database, clients)),
                "stranded": every(60, lambda: renewing.give_up_stranded(database)),
                "offers": every(5, lambda: offers.look_due(database, clients, dice)),
                "lengths_of_lists": every(5, lambda: lists.fold_counts(database)),
                "expire_commands": every(2, lambda: commands.expire(database)),
                "limits_without_contract": every(60, lambda: limited.end_without_contract(database, clients)),
                "settle_overdue": every(5, lambda: sessions.settle_overdue(database)),
                "hub_clients": every(30, lambda: hub_clients.look_after_clients(database, clients)),
                "look_after_bookings": every(10, lambda: waiting.look_after(database)),
                "look_after_fleets": every(15, lambda: fleets.look_after(database)),
                "stations_away": every(5, lambda: away.look_after(database)),
                "expire_reservations": every(5, lambda: reservations.expire(database)),
                "fetch_prices": every(5, lambda: market.fetch_due(database, self._outward, self._seal)),
                "collect_payments": every(1, self._collector.go_on_due),
                "read_providers_books": every(60, self._books.read_due),
                "keep_cards": every(1, self._vault.go_on_due),
                "warn_of_cards": every(3600, lambda: cards.warn(database)),
                "send_mail": every(1, mail.Postman(database, self.settings.mail).send_due),
                "forget_mail": every(3600, lambda: mail.forget(database)),
                "look_after_card_holds": every(1, lambda: holding.look_after(database)),
                "look_after_tickets": every(1, lambda: tickets.look_after(database)),
                "sum_up_ledger": every(10, lambda: ledger.sum_up(database)),
                "bill_subscriptions": every(60, lambda: plans.bill_months(database)),
                "refill_wallets": every(60, lambda: wallets.refill_due(database)),
                "free_late_holds": every(600, lambda: allowing.free_late(database)),
                "look_at_limits": every(600, lambda: allowing.look_again(database)),
                "issue_invoices": every(30, lambda: billing.issue_due(database)),
                "remind_of_invoices": every(600, lambda: reminders.remind_all(database)),
                "open_settlements": every(600, lambda: settling.look_after(database)),
                "compare_tables": every(60, lambda: reconciling.look_after(database)),
                "earn_again": every(600, lambda: earning.look_again(database)),
                "state_hosts": every(600, lambda: hosting.state_due(database)),
                "forget_detours": every(3600, lambda: detours.forget_old(database)),
                "forget_roaming": every(3600, lambda: forget_roaming(database, clients.settings.keeping)),
                "sign_certificates": every(1, lambda: signing.carry_on(database, self._means)),
                "renew_certificates": every(60, lambda: signing.renew_due(database)),
                "renew_limits": every(5, lambda: carrying.renew_due(database)),
                "ask_after_charges": every(60, lambda: charges.ask_after(database)),
                "make_weeks_of_readings": every(60, lambda: readings.make_weeks(database)),
                "sum_up_readings": every(self._by_our_clock(timedelta(minutes=5)), lambda: readings.sum_up(database)),
                "forget_readings": every(
                    3600, lambda: readings.forget(database, self.settings.readings_kept, analytics.readings_needed)
                ),
                "maintenance": every(30, lambda: closing.look_after(database)),
                "maintenance_over": every(60, lambda: maintenance.tell_over(database)),
                "cures": every(30, lambda: cures.look_after(database)),
                "station_tasks": every(2, lambda: going_on.go_on(database)),
                "forget_stations": every(3600, lambda: forget_stations(database, self.settings.stations_kept)),
                "forget_claimed_keys": every(
                    3600, lambda: meters.forget_claims(database, self.settings.stations_kept.security)
                ),
                "homes": self._homes.run,
                "grid_companies": every(1, self._vtns.poll_due),
                "prove_limits": every(5, lambda: openadr.prove(database)),
                "forget_minutes": every(3600, lambda: openadr.forget(database)),
                "sites": Keeper(database, name).run,
                "forget_sites": every(3600, lambda: sites.forget_old(database, self.settings.readings_kept)),
                "forget_people": every(3600, lambda: people.forget(database)),
            }
        return jobs

    async def close(self) -> None:
        """Once nothing is under way any more."""
        with suppress(Trouble, OSError):  # whoever lives finds out by itself that we do not
            await self.presence.end()
        await self._clients.close()
        await self._outward.close()

    async def leave(self) -> None:
        """Send the stations away; they come back to whoever answers. Asked for once or twice, it is done once."""
        if self._leaving is None:
            self._leaving = asyncio.create_task(self.sockets.leave(self.settings.leave_within))
        await self._leaving

    async def _ready(self, request: Request) -> Response:
        """Ready is who can reach the database, and stays."""
        if self._leaving is not None:
            return PlainTextResponse("not ready: this process ends\n", 503)
        try:
            async with self._database.unit() as unit:
                await unit.value("select true")
        except (Trouble, OSError):
            return PlainTextResponse("not ready: the database does not answer\n", 503)
        return PlainTextResponse("ready\n")

    def _api(self) -> Sequence[BaseRoute]:
        api = Api(
            ROUTES,
            self._database,
            {"ask": self._ask, "clients": self._clients, "means": self._means, "seal": self._seal},
        )

        @cache
        def described() -> bytes:
            return json.encode(document(ROUTES, self.settings.url))

        async def openapi(request: Request) -> Response:
            return Response(await asyncio.to_thread(described), media_type="application/json")

        return api.routes({"/events": follow(self._database), "/openapi.json": openapi})

    def _console(self) -> Console:
        return Console(
            database=self._database,
            url=self.settings.url,
            clients=self._clients,
            ask=self._ask,
            tile_url=self.settings.tile_url,
            sends_mail=self.settings.mail is not None,
        )


class _Straight:
    """What partners ask and stations say goes straight to its room.

    They do so all day, and every layer between costs every request, and each socket for as long as it is open.
    """

    def __init__(self, rest: ASGIApp, *, desk: ocpi.Desk | None = None, sockets: Sockets | None = None) -> None:
        self._rest = rest
        self._desk = desk
        self._sockets = sockets
        self._stations = None if sockets is None else sockets.route()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self._room(scope)(scope, receive, send)

    def _room(self, scope: Scope) -> ASGIApp:
        path = scope.get("path", "")
        if scope["type"] == "http" and self._desk is not None:
            theirs = path.startswith("/ocpi") and path[5:6] in ("", "/")
            return self._desk if theirs and path != partner_api.PATH else self._rest
        if scope["type"] == "websocket" and self._sockets is not None and self._stations is not None:
            found, what = self._stations.matches(scope)
            if found is Match.FULL:
                scope.update(what)
                return self._sockets
        return self._rest


async def _alive(request: Request) -> Response:
    return PlainTextResponse("alive\n")
