"""What a process counts, as Prometheus reads it: requests as they pass, queues as they stand when somebody looks."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from itertools import accumulate
from math import inf

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString
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

WITHIN = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, inf)  # seconds


class Answers(Collector):
    """How many were answered how, and how soon. Counted in the thread of the loop, which needs no locks for it.

    The library's own take three times as long, which was a fortieth of a whole request of OCPI.
    """

    def __init__(self) -> None:
        self._many: Counter[tuple[str, int]] = Counter()
        self._soon: defaultdict[str, list[int]] = defaultdict(lambda: [0] * len(WITHIN))
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def add(self, part: str, status: int, seconds: float) -> None:
        self._many[part, status] += 1
        self._soon[part][bisect_left(WITHIN, seconds)] += 1
        self._seconds[part] += seconds

    def collect(self) -> Iterator[Metric]:
        requests = CounterMetricFamily("laddnav_requests", "HTTP requests", labels=["part", "status"])
        for (part, status), many in self._many.items():
            requests.add_metric([part, str(status)], many)
        yield requests
        took = HistogramMetricFamily("laddnav_request_seconds", "Time to the last byte", labels=["part"])
        for part, soon in self._soon.items():
            counted = zip(map(floatToGoString, WITHIN), accumulate(soon), strict=True)
            took.add_metric([part], list(counted), self._seconds[part])
        yield took


class Metrics:
    """`stations` says how many sockets this process holds."""

    def __init__(self, database: Database, stations: Callable[[], int]) -> None:
        self._database = database
        self._stations = stations
        self._registry = CollectorRegistry()
        self._answers = Answers()
        self._registry.register(self._answers)
        self._sockets = Gauge("laddnav_station_sockets", "Stations held by this process", registry=self._registry)
        self._jobs = Gauge("laddnav_jobs", "Work in the background", ["state"], registry=self._registry)
        self._sessions = Gauge("laddnav_sessions", "Charges by status", ["status"], registry=self._registry)
        self.answered = self._answers.add

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
