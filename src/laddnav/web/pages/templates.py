"""How stations should be set up, which are not, and what a station says it is."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from starlette.responses import Response

from laddnav.kit.ids import PartyId
from laddnav.kit.json import Unreadable
from laddnav.kit.refusal import Refusal
from laddnav.locations import actions as locations
from laddnav.ocpp import variables
from laddnav.ocpp.rules import Offline
from laddnav.ocpp.tasks import actions as tasks
from laddnav.ocpp.tasks.model import Kind
from laddnav.ocpp.tasks.routes import Pace
from laddnav.ocpp.tasks.rules import Difference, TemplateExists, UnfitTemplate
from laddnav.ocpp.wire.variables import VariableWanted, named
from laddnav.people import actions as people
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.pages.task_form import MISSING
from laddnav.web.pages.tasks import selection
from laddnav.web.refusals import sentence
from laddnav.web.words import N_

NAME_MAX = 100
NAME_TOO_LONG = N_("Write 100 characters at most.")
NO_VARIABLE = N_("“%(line)s” says no variable with its value. Write Component.Variable = value.")


class Drifted(Struct, frozen=True, kw_only=True):
    station_id: str
    differs: tuple[Difference, ...]


async def list_all(asked: Asked) -> Response:
    return await _all(asked, {}, {})


async def _all(asked: Asked, words: Mapping[str, str], wrong: Mapping[str, str]) -> Response:
    """With the form of another one, and what stands in it."""
    async with asked.unit() as unit:
        found = await tasks.templates(unit, asked.visitor.holder)
    return asked.page(
        "templates.html",
        templates=found,
        words=words,
        wrong=wrong,
        parties=[(str(party.holder), f"{party.holder} · {party.name}") for party in asked.parties],
    )


async def add(asked: Asked) -> Response:
    """What is wrong is said where it was typed, and nothing is kept."""
    wrong: dict[str, str] = {}
    name, wanted = asked.said("name"), _wanted(asked, wrong)
    if not name:
        wrong["name"] = asked.say(MISSING)
    elif len(name) > NAME_MAX:
        wrong["name"] = asked.say(NAME_TOO_LONG)
    if wrong:
        return await _all(asked, asked.form, wrong)
    try:
        async with asked.unit() as unit:
            template = await tasks.keep_template(
                unit,
                PartyId.parse(asked.said("holder")),
                name,
                selection(asked),
                wanted,
                by=asked.visitor.name,
                ref=None,
            )
            people.note(unit, asked.visitor.name, "add template", f"template {template.ref}", template.name)
    except Refusal as error:
        at = "wanted" if isinstance(error, UnfitTemplate) else "name" if isinstance(error, TemplateExists) else ""
        return await _all(asked, asked.form, {at: sentence(error, asked.language)})
    return asked.done(f"/templates/{template.ref}", asked.say("The template is kept."))


def _wanted(asked: Asked, wrong: dict[str, str]) -> tuple[VariableWanted, ...]:
    """A line each: a variable, an equals sign, its value. The first that is none stands in `wrong`."""
    found = []
    for line in asked.said("wanted").splitlines():
        name, sign, value = line.partition("=")
        if not line.strip():
            continue
        try:
            found.append(VariableWanted(name=named(name if sign else ""), value=value.strip()))
        except Unreadable:
            wrong.setdefault("wanted", asked.say(NO_VARIABLE, line=line.strip()[:60]))
    if not found:
        wrong.setdefault("wanted", asked.say(MISSING))
    return tuple(found)


async def one(asked: Asked) -> Response:
    async with asked.unit() as unit:
        template = await tasks.template(unit, asked.part("ref"))
        found = await tasks.drift(unit, template)
    stations = [Drifted(station_id=station.id, differs=tuple(differs)) for station, differs in found]
    return asked.page("template.html", one=template, stations=stations)


async def apply(asked: Asked) -> Response:
    """Or only ask the stations how they are set up."""
    kind = Kind.CHECK if asked.said("check") == "yes" else Kind.CONFIGURE
    async with asked.unit() as unit:
        template = await tasks.template(unit, asked.part("ref"))
        pace = Pace()
        task = await tasks.apply(
            unit, template, kind, by=asked.visitor.name, wave=pace.wave, failures_max=pace.failures_max
        )
        people.note(unit, asked.visitor.name, "apply template", f"template {template.ref}", kind.value)
    return asked.done(f"/tasks/{task.ref}", asked.say("The task is begun."))


async def forget(asked: Asked) -> Response:
    async with asked.unit() as unit:
        await tasks.forget_template(unit, asked.part("ref"))
        people.note(unit, asked.visitor.name, "forget template", f"template {asked.part('ref')}")
    return asked.done("/templates", asked.say("The template is gone; the stations stay as they are."))


async def list_variables(asked: Asked) -> Response:
    async with asked.unit() as unit:
        station = await locations.station(unit, asked.part("id"))
        known, report = await variables.known(unit, station)
    return asked.page("station_variables.html", station=station, known=known, report=report)


async def report_variables(asked: Asked) -> Response:
    id = asked.part("id")
    async with asked.unit() as unit:
        station = await locations.station(unit, id)
        if station.connected_at is None:
            raise Offline(id)
        variables.ask_for(unit, station)
    return asked.done(f"/stations/{id}/variables", asked.say("The station was asked; what it says appears here."))


DOORS: tuple[Door, ...] = (
    see("/templates", list_all),
    do("/templates", add),
    see("/templates/{ref}", one),
    do("/templates/{ref}/apply", apply),
    do("/templates/{ref}/forget", forget),
    see("/stations/{id}/variables", list_variables),
    do("/stations/{id}/variables", report_variables),
)
