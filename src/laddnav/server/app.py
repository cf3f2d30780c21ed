"""The list of the rooms and the table of who hears what, put together into one application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute
from starlette.routing import Route as Path

import laddnav.billing.routes
import laddnav.cdrs.routes
import laddnav.locations.routes
import laddnav.ocpp.routes
import laddnav.parties.routes
import laddnav.readings.routes
import laddnav.server.routes
import laddnav.sessions.routes
import laddnav.tariffs.routes
import laddnav.tokens.routes
import laddnav.web.app
from laddnav.billing import actions as billing
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrClosed, CdrReceived
from laddnav.db.events import Event
from laddnav.db.outbox import Deliverer
from laddnav.db.unit import Database, Listener
from laddnav.kit import json
from laddnav.kit.refusal import Trouble
from laddnav.ocpp import calls
from laddnav.ocpp.serve import Sockets
from laddnav.people import actions as people
from laddnav.people.api import Route
from laddnav.server.api import Api
from laddnav.server.events import follow
from laddnav.server.installation import Installation
from laddnav.server.jobs import Job, every
from laddnav.server.metrics import Metrics
from laddnav.server.openapi import document
from laddnav.server.settings import Settings
from laddnav.sessions import actions as sessions
from laddnav.sessions.events import SessionEnded, StartRequested, StopRequested
from laddnav.tokens.actions import Asker
from laddnav.web.asked import Console

# Who hears what. An event that nobody hears is still in the stream, where pages and other systems follow along.
HEARS: Mapping[type[Event], Sequence[Listener]] = {
    StartRequested: [calls.start_requested],
    StopRequested: [calls.stop_requested],
    SessionEnded: [cdrs.close],
    CdrClosed: [billing.bill],
    CdrReceived: [billing.bill],
}

# The operator API, room by room.
ROUTES: Sequence[Route] = (
    *laddnav.parties.routes.ROUTES,
    *laddnav.locations.routes.ROUTES,
    *laddnav.tokens.routes.ROUTES,
    *laddnav.tariffs.routes.ROUTES,
    *laddnav.readings.routes.ROUTES,
    *laddnav.sessions.routes.ROUTES,
    *laddnav.cdrs.routes.ROUTES,
    *laddnav.billing.routes.ROUTES,
    *laddnav.ocpp.routes.ROUTES,
    *laddnav.server.routes.ROUTES,
)


class House:
    """One process of an installation: its routes, its sockets and its work in the background."""

    def __init__(self, installation: Installation, settings: Settings) -> None:
        self.settings = settings
        self._installation = installation
        self._database = installation.database
        self._ask: Asker | None = None
        self.sockets = Sockets(self._database, process=settings.name, ask=self._ask)
        self.metrics = Metrics(self._database, lambda: len(self.sockets.connections))

    def app(self) -> Starlette:
        routes: list[BaseRoute] = [
            Path("/healthz", _alive),
            Path("/readyz", partial(_ready, self._database)),
            Path("/metrics", self.metrics.shown),
        ]
        if "ocpp" in self.settings.only:
            routes.append(self.sockets.route())
        if "web" in self.settings.only:
            routes += self._api()
            routes += laddnav.web.app.routes(self._console())
        return Starlette(routes=routes)

    def jobs(self) -> dict[str, Job]:
        """By the name under which trouble with it is told."""
        database, cluster = self._database, self._installation.cluster
        jobs: dict[str, Job] = {"hear_others": database.hear_others}
        if cluster is not None:
            jobs["postgres"] = cluster.supervise
        if "ocpp" in self.settings.only:
            jobs["station_calls"] = self.sockets.run
        if "jobs" in self.settings.only:
            jobs |= {
                "listeners": Deliverer(database, self.settings.name).run,
                "settle_overdue": every(5, lambda: sessions.settle_overdue(database)),
                "issue_invoices": every(30, lambda: billing.issue_due(database)),
                "forget_people": every(3600, lambda: people.forget(database)),
            }
        return jobs

    async def leave(self) -> None:
        """Say goodbye to the stations (RFC 6455 §7.4.1: 1001); they come back when somebody answers."""
        for connection in list(self.sockets.connections.values()):
            await connection.close(1001, "going away")

    def _api(self) -> Sequence[BaseRoute]:
        api = Api(ROUTES, self._database, {"ask": self._ask})
        described = json.encode(document(api.operations, self.settings.url))

        async def openapi(request: Request) -> Response:
            return Response(described, media_type="application/json")

        return api.routes({"/events": follow(self._database), "/openapi.json": openapi})

    def _console(self) -> Console:
        return Console(
            database=self._database,
            url=self.settings.url,
            ask=self._ask,
            tile_url=self.settings.tile_url,
        )


async def _alive(request: Request) -> Response:
    return PlainTextResponse("alive\n")


async def _ready(database: Database, request: Request) -> Response:
    """Ready is who can reach the database."""
    try:
        async with database.unit() as unit:
            await unit.value("select true")
    except (Trouble, OSError) as error:
        return PlainTextResponse(f"not ready: {error}\n", 503)
    return PlainTextResponse("ready\n")
