"""A site is set up by a form, each fault said at its field; or as JSON, as the API takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.responses import Response

from laddnav.kit import json
from laddnav.kit.ids import PartyId, fold
from laddnav.kit.refusal import Refusal
from laddnav.locations import actions as locations
from laddnav.market import actions as market
from laddnav.market.zones import ZONES
from laddnav.parties import actions as parties
from laddnav.people.api import yours
from laddnav.sites import actions as sites
from laddnav.sites.model.site import Aim, Site, Unsaid
from laddnav.sites.routes import SetUp
from laddnav.web.asked import Asked, Door, Flash, do, see
from laddnav.web.pages.places import name_of
from laddnav.web.pages.site_form import MEMBER, PANEL, ROWS_MAX, Typed, Words, place_of, read, unsaid_words, words_of
from laddnav.web.render import folded

PLACES = 500  # to choose from
MORE_PANELS, MORE_MEMBERS = 2, 4  # empty rows
EXAMPLE = """{
  "holder": "%s",
  "id": "garage",
  "name": "The garage",
  "bidding_zone": "SE3",
  "grid_tariff_id": "power-25",
  "amps": [63, 63, 63],
  "building": [20, 20, 20],
  "panels": [{"name": "Row A", "amps": [40, 40, 40]}],
  "members": [
    {"station_id": "ST1", "evse_no": 1, "panel": "Row A", "amps_max": 32, "fallback_amps": 6}
  ]
}"""


async def new(asked: Asked) -> Response:
    ours = _ours(asked)
    if asked.query("as") == "json":
        return asked.page("site_json.html", site=None, text=EXAMPLE % (ours[0] if ours else "SE*ABC"))
    holder = next((one for one in ours if str(one) == asked.query("holder")), ours[0] if ours else None)
    if holder is None:
        return asked.page("site_json.html", site=None, text=EXAMPLE % "SE*ABC")
    usual = {"holder": str(holder), "aim": Aim.COST.value, "reaction_seconds": "60", **unsaid_words(Unsaid())}
    return await _form(asked, None, usual, holder)


async def change(asked: Asked) -> Response:
    """Raises UnknownSite, NotYours."""
    async with asked.unit() as unit:
        site = await sites.by_ref(unit, asked.part("ref"))
        yours(asked.visitor, site.holder)
    if asked.query("as") == "json" or len(site.members) > ROWS_MAX or len(site.panels) > ROWS_MAX:
        return asked.page("site_json.html", site=site, text=_text(site))
    return await _form(asked, site, words_of(site), site.holder)


async def set_up(asked: Asked) -> Response:
    """What is wrong is said where it was typed, and nothing is changed. Raises NotYours, UnknownSite."""
    if "site" in asked.form:
        return await _set_up_by_json(asked)
    holder = yours(asked.visitor, PartyId.parse(asked.said("holder")))
    async with asked.unit() as unit:
        before = await sites.by_ref(unit, asked.said("change")) if asked.said("change") else None
    if before is not None:
        yours(asked.visitor, before.holder)
        holder = before.holder
    typed = Typed(asked, asked.form)
    if asked.said("more"):
        words = await _taken_from_place(asked, typed, holder) if asked.said("more") == "place" else asked.form
        return await _form(asked, before, words, holder)
    try:
        async with asked.unit() as unit:
            site = await read(unit, typed, holder, before)
            if not typed.wrong:
                kept = await sites.save(unit, site, by=asked.visitor.name)
                return asked.done(f"/sites/{kept.ref}", asked.say("The site is kept."))
    except Refusal as error:
        said_at = place_of(str(error), typed)
        if said_at is None:
            return await _form(asked, before, asked.form, holder, flash=Flash("bad", str(error)))
        typed.wrong[said_at] = str(error)
    flash = Flash("bad", asked.say("Nothing is kept yet: see what is said below."))
    return await _form(asked, before, asked.form, holder, wrong=typed.wrong, flash=flash)


async def _form(
    asked: Asked,
    site: Site | None,
    words: Words,
    holder: PartyId,
    *,
    wrong: Mapping[str, str] | None = None,
    flash: Flash | None = None,
) -> Response:
    async with asked.unit() as unit:
        found = await locations.page(unit, holder, holder, limit=PLACES)
        tariffs = await market.tariffs(unit, holder)
        stations = await locations.stations(unit, holder)
    typed = Typed(asked, words)
    return asked.page(
        "site_set_up.html",
        status=422 if flash is not None else 200,
        flash=flash,
        site=site,
        words=words,
        wrong=wrong or {},
        holder=str(holder),
        holders=[(str(one), str(one)) for one in _ours(asked)],
        places=[("", asked.say("No place")), *((one.id, f"{name_of(one)}, {one.city}") for _, _, one in found)],
        zones=[
            ("", asked.say("None: every hour costs the same")),
            *((id, f"{id} {one.name}") for id, one in ZONES.items()),
        ],
        tariffs=[("", asked.say("None")), *((one.id, one.tariff.name) for one in tariffs)],
        stations=[one.id for one in stations if one.evses],
        panels=_shown_rows(typed, "p", PANEL, MORE_PANELS),
        members=_shown_rows(typed, "m", MEMBER, MORE_MEMBERS),
    )


def _shown_rows(typed: Typed, kind: str, fields: Sequence[str], more: int) -> list[str]:
    filled = typed.rows(kind, fields)
    free = [row for number in range(ROWS_MAX) if (row := f"{kind}{number}_") not in filled]
    return [*filled, *free[:more]]


def _ours(asked: Asked) -> list[PartyId]:
    return [party.holder for party in asked.parties if asked.visitor.holder in (None, party.holder)]


async def _taken_from_place(asked: Asked, typed: Typed, holder: PartyId) -> Words:
    """Every plug of the place that is no member yet becomes a row; where there is no such place, nothing does."""
    words = dict(asked.form)
    async with asked.unit() as unit:
        location = await locations.find(unit, holder, holder, typed.text("place"))
        stations = () if location is None else await locations.stations_at(unit, holder, location.id)
    known = {(fold(typed.text(f"{row}station")), typed.text(f"{row}evse")) for row in typed.rows("m", MEMBER)}
    amps = {} if location is None else {one.uid: one.connectors[0].amperage_max for one in location.evses}
    free = iter(row for number in range(ROWS_MAX) if (row := f"m{number}_") not in typed.rows("m", MEMBER))
    for station in stations:
        for evse_no, where in station.evses:
            if (fold(station.id), str(evse_no)) in known or not (row := next(free, "")):
                continue
            said = (station.id, str(evse_no), "", "", str(amps.get(where.evse_uid, 16)), "6", "6", "")
            words |= {row + field: text for field, text in zip(MEMBER, said, strict=True)}
    return words


async def _set_up_by_json(asked: Asked) -> Response:
    """What is wrong with it is said above it as it was typed, and nothing is changed. Raises NotYours."""
    text = asked.said("site")
    try:
        said = json.decode(text, SetUp)
        holder = yours(asked.visitor, PartyId.parse(said.holder))
        async with asked.unit() as unit:
            party = await parties.fetch(unit, holder)
            words = {name: getattr(said, name) for name in SetUp.__struct_fields__ if name != "holder"}
            words |= {"time_zone": said.time_zone or party.time_zone, "currency": said.currency or party.currency}
            one = Site(holder=holder, ref=unit.new_id(), last_updated=unit.now, **words)
            kept = await sites.save(unit, one, by=asked.visitor.name)
    except Refusal as error:
        return asked.page("site_json.html", status=422, flash=Flash("bad", str(error)), site=None, text=text)
    return asked.done(f"/sites/{kept.ref}", asked.say("The site is kept."))


def _text(site: Site) -> str:
    """As it can be changed and sent back."""
    words = json.decode(json.encode(site), dict[str, object])
    kept = {name: value for name, value in words.items() if name in SetUp.__struct_fields__}
    return folded(
        json.encode(
            {"holder": str(site.holder)} | {name: value for name, value in kept.items() if name != "holder"}
        ).decode()
    )


DOORS: tuple[Door, ...] = (
    see("/sites/new", new),
    do("/sites", set_up),
    see("/sites/{ref}/change", change),
)
