"""The operator API about the work in the background: jobs that were tried often enough and wait for a person."""

from laddnav.db import outbox
from laddnav.db.outbox import DeadJob
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.people.api import Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor
from laddnav.server.problems import UnknownDeadJob


async def list_dead_jobs(unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: int | None = None) -> Page[DeadJob]:
    """Work that failed as often as is sensible, with its last error; the youngest first."""
    found = await outbox.dead(unit, by.holder, before=cursor, limit=limit + 1)
    return page(found, limit, lambda one: str(one.id))


async def revive_job(unit: Unit, by: Visitor, holder: str, job_id: int) -> None:
    """Have a dead job done again."""
    if not await outbox.revive(unit, yours(by, PartyId.parse(holder)), job_id):
        raise UnknownDeadJob(str(job_id))


ROUTES = (
    Route(method="GET", path="/dead-jobs", does=list_dead_jobs),
    Route(
        method="POST",
        path="/dead-jobs/{holder}/{job_id}/revive",
        does=revive_job,
        needs=Role.OPERATOR,
        status=204,
        looks_itself=True,
    ),
)
