"""What a process counts, as Prometheus reads it: requests as they pass, queues as they stand when somebody looks."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from ipaddress import ip_address

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.requests import Request
from starlette.responses import Response

from laddnav.db import outbox
from laddnav.db.unit import Database
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.people import actions as people
from laddnav.people.model import Role
from laddnav.people.rules import NotAllowed, require
from laddnav.server.api import bearer_of
from laddnav.server.problems import NoKey, problem
from laddnav.sessions import actions as sessions


class Metrics:
    """`stations` says how many sockets this process holds."""

    def __init__(self, database: Database, stations: Callable[[], int]) -> None:
        self._database = database
        self._stations = stations
        self._registry = CollectorRegistry()
        self._requests = Counter("laddnav_requests", "HTTP requests", ["part", "status"], registry=self._registry)
        self._took = Histogram("laddnav_request_seconds", "Time to the last byte", ["part"], registry=self._registry)
        self._sockets = Gauge("laddnav_station_sockets", "Stations held by this process", registry=self._registry)
        self._jobs = Gauge("laddnav_jobs", "Work in the background", ["state"], registry=self._registry)
        self._sessions = Gauge("laddnav_sessions", "Charges by status", ["status"], registry=self._registry)
        self._of = cache(lambda part, status: (self._requests.labels(part, str(status)), self._took.labels(part)))

    def answered(self, part: str, status: int, seconds: float) -> None:
        requests, took = self._of(part, status)
        requests.inc()
        took.observe(seconds)

    async def shown(self, request: Request) -> Response:
        """To this machine, and to whoever shows a key of the whole installation."""
        try:
            await self._let_in(request)
        except (Refusal, Trouble) as error:
            return problem(error)
        async with self._database.unit() as unit:
            waiting, dead = await outbox.count(unit)
            charges = await sessions.counts(unit, None)
        self._jobs.labels("waiting").set(waiting)
        self._jobs.labels("dead").set(dead)
        self._sockets.set(self._stations())
        for status, many in charges.items():
            self._sessions.labels(status).set(many)
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    async def _let_in(self, request: Request) -> None:
        """Raises NoKey, NotAllowed."""
        if request.client is not None and is_loopback(request.client.host):
            return
        async with self._database.unit() as unit:
            by = await people.who(unit, bearer=bearer_of(request))
        if by is None:
            raise NoKey
        if require(by, Role.VIEWER).holder is not None:
            raise NotAllowed(Role.VIEWER)


def is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
