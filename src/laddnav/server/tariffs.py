"""The operator API about what a Tariff means: in plain words, as a week, and with what is wrong with it.

It stands here because the room of tariffs is below pricing and may not ask it, and pricing has neither a database nor
routes.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from msgspec import Struct

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.parties import actions as parties
from laddnav.people.api import Held, Route
from laddnav.pricing.lint.findings import Finding
from laddnav.pricing.lint.rules import linted
from laddnav.pricing.plain.explain import explained
from laddnav.pricing.plain.week import Week, week
from laddnav.pricing.policy import OURS
from laddnav.pricing.zones import zone_named
from laddnav.tariffs import actions as tariffs

Language = Literal["en", "sv"]


class Explanation(Struct, frozen=True, kw_only=True):
    """`text` has a sentence a line; a line that begins with a dash belongs to the sentence before it."""

    ref: str
    holder: PartyId
    tariff_id: str
    language: Language
    text: str


class Findings(Struct, frozen=True, kw_only=True):
    """The gravest first; an empty list: nothing is wrong."""

    ref: str
    holder: PartyId
    tariff_id: str
    findings: tuple[Finding, ...]


async def explain_tariff(unit: Unit, ref: str, *, language: Language = "en") -> Explanation:
    """The whole Tariff in plain words."""
    holder, tariff = await tariffs.by_ref(unit, ref)
    text = explained(tariff, language)
    return Explanation(ref=ref, holder=holder, tariff_id=tariff.id, language=language, text=text)


async def week_of_tariff(unit: Unit, ref: str, *, zone: str | None = None, monday: date | None = None) -> Held[Week]:
    """Which price applies when in one week, by default this one, at a place in `zone`, by default the holder's."""
    holder, tariff = await tariffs.by_ref(unit, ref)
    at = zone or (await parties.fetch(unit, holder)).time_zone
    today = unit.now.astimezone(zone_named(at, OURS)).date()
    return Held(ref=ref, holder=holder, thing=week(tariff, monday or today, at))


async def lint_tariff(unit: Unit, ref: str, *, language: Language = "en") -> Findings:
    """What is wrong with a Tariff, where (a JSON pointer into it as OCPI writes it), and how to mend it."""
    holder, tariff = await tariffs.by_ref(unit, ref)
    return Findings(ref=ref, holder=holder, tariff_id=tariff.id, findings=linted(tariff, language))


ROUTES = (
    Route(method="GET", path="/tariffs/{ref}/explanation", does=explain_tariff),
    Route(method="GET", path="/tariffs/{ref}/week", does=week_of_tariff),
    Route(method="GET", path="/tariffs/{ref}/findings", does=lint_tariff),
)
