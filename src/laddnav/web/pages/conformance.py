"""How a partner keeps to the text of OCPI: the tester's run with it, and its last report, to look at and to send."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from msgspec import Struct
from starlette.responses import Response

from laddnav.kit import json
from laddnav.ocpi.connections import examining, partners
from laddnav.ocpi.model import Examination
from laddnav.ocpi.wire.handshake import State
from laddnav.people import actions as people
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.words import N_

# What is asked at the moment, by the names that a run tells.
STEPS: Mapping[str, str] = MappingProxyType(
    {
        "": N_("It is about to begin"),
        "versions": N_("Their versions"),
        "lists": N_("Their lists, page by page"),
        "objects": N_("Single objects"),
        "transport": N_("Headers and addresses"),
        "verdicts": N_("Nothing any more: the answers are judged"),
    }
)


class Failed(Struct, frozen=True, kw_only=True):
    """A requirement that the partner does not keep, and what shows it."""

    id: str
    level: str
    module: str
    requirement: str
    reason: str
    exchange: dict[str, Any] | None


async def show(asked: Asked) -> Response:
    async with asked.unit() as unit:
        partner = await partners.fetch(unit, asked.part("ref"))
        run = await examining.find(unit, partner)
        words = await examining.report_of(unit, partner, as_html=False)
    failed = _failed(words) if words is not None else []
    return asked.page(
        "conformance.html",
        partner=partner,
        run=run,
        state=_state(run),
        step=asked.say(STEPS.get(run.step, run.step)) if run else "",
        report=run.report if run else None,
        musts=[one for one in failed if one.level == "MUST"],
        others=[one for one in failed if one.level != "MUST"],
        may_begin=partner.state is State.CONNECTED,
    )


def _state(run: Examination | None) -> str:
    """Never, under way, stopping, done or failed."""
    if run is None:
        return "never"
    if run.ended_at is None:
        return "stopping" if run.stopping else "under way"
    return "done" if run.problem is None else "failed"


def _failed(words: str) -> list[Failed]:
    said = json.decode(words, dict[str, Any])
    by_number = {one["number"]: one for one in said["exchanges"]}
    return [
        Failed(
            id=one["id"],
            level=one["level"],
            module=one["module"],
            requirement=one["requirement"],
            reason=one["reason"],
            exchange=by_number.get(one["exchange"]),
        )
        for one in said["requirements"]
        if one["verdict"] == "fail"
    ]


async def begin(asked: Asked) -> Response:
    """Raises NotRegistered, ExaminedAlready."""
    ref = asked.part("ref")
    async with asked.unit() as unit:
        partner = await partners.fetch(unit, ref)
        people.note(unit, asked.visitor.name, "have the tester ask a partner", f"partner {ref}")
    database, clients = asked.console.database, asked.console.clients
    await clients.errands.begun(partial(examining.examine, database, clients, partner))
    return asked.done(f"/partners/{ref}/conformance")


async def stop(asked: Asked) -> Response:
    ref = asked.part("ref")
    async with asked.unit() as unit:
        await examining.stop(unit, await partners.fetch(unit, ref))
        people.note(unit, asked.visitor.name, "stop the tester", f"partner {ref}")
    return asked.done(f"/partners/{ref}/conformance")


async def sent(asked: Asked) -> Response:
    """The report as a file: a page that needs nothing else, or all that was said as JSON."""
    async with asked.unit() as unit:
        partner = await partners.fetch(unit, asked.part("ref"))
        as_html = asked.part("kind") == "html"
        text = await examining.report_of(unit, partner, as_html=as_html)
    if text is None:
        return asked.done(f"/partners/{partner.ref}/conformance", asked.say("There is no report yet."), "warn")
    name = f"ocpi-{partner.version}-{partner.party or partner.ref}.{'html' if as_html else 'json'}".replace("*", "-")
    return Response(
        text,
        media_type="text/html" if as_html else "application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


DOORS: tuple[Door, ...] = (
    see("/partners/{ref}/conformance", show),
    do("/partners/{ref}/conformance", begin),
    do("/partners/{ref}/conformance/stop", stop),
    see("/partners/{ref}/conformance/report.{kind}", sent),
)
