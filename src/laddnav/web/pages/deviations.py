"""How one partner deviates from the text of OCPI: what is repaired, and what it wants otherwise."""

from __future__ import annotations

from types import MappingProxyType

from starlette.responses import Response

from laddnav.ocpi import partners, policies
from laddnav.ocpi.model import Policy
from laddnav.ocpi.quirks import FIELDS
from laddnav.people import actions as people
from laddnav.people.model import Role
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.words import N_

REPAIRS = MappingProxyType(
    {
        "empty-text": N_("Empty texts count as absent"),
        "control-characters": N_("Line breaks and tabs in texts become spaces"),
        "long-text": N_("Texts longer than OCPI allows are cut"),
        "quoted-number": N_("Numbers written as texts"),
        "fraction-of-a-whole": N_("Whole numbers written with a decimal point"),
        "number-for-text": N_("Ids written as numbers"),
        "named-weekday": N_("Weekdays by their names"),
        "clock-with-seconds": N_("Times of day with seconds"),
        "alpha-2-country": N_("Countries by two letters where there are three"),
        "alpha-3-country-code": N_("Country codes of three letters where there are two"),
        "upper-case-language": N_("Languages in capitals or with a region"),
        "loose-coordinates": N_("Coordinates as numbers or with other decimals"),
        "unknown-status": N_("A status that OCPI does not have counts as UNKNOWN"),
        "link-without-scheme": N_("Links without https"),
        "boolean-tax-included": N_("tax_included as true or false"),
        "restrictions-in-list": N_("Restrictions of a Tariff in a list"),
    }
)
# (field of the Policy, what it is called, what it does)
SWITCHES = (
    (
        "whole_only",
        N_("Takes no PATCH"),
        N_("A change of status goes as the whole Location."),
    ),
    (
        "in_order",
        N_("Wants every message in its order"),
        N_("First in, first out: each is repeated until it is taken, and nothing newer overtakes or replaces it."),
    ),
    (
        "appends_periods",
        N_("Sends new periods of a Session only"),
        N_("A PATCH adds to the charging periods that were told before, also in OCPI 2.1.1."),
    ),
)
TOKENS = (("", N_("As its version says")), ("raw", N_("As it is")), ("encoded", N_("In Base64")))
_RAW = {"raw": True, "encoded": False}


async def shown(asked: Asked) -> Response:
    async with asked.unit() as unit:
        partner = await partners.fetch(unit, asked.part("ref"))
    policy = partner.policy
    return asked.page(
        "deviations.html",
        partner=partner,
        repairs=[(name, asked.say(REPAIRS[name]), name in policy.quirks) for name in FIELDS],
        switches=[(name, asked.say(title), asked.say(what), getattr(policy, name)) for name, title, what in SWITCHES],
        tokens=[(word, asked.say(text)) for word, text in TOKENS],
        token={None: "", True: "raw", False: "encoded"}[policy.raw_token],
    )


async def kept(asked: Asked) -> Response:
    ref = asked.part("ref")
    absences = asked.number("absences")
    policy = Policy(
        quirks=tuple(name for name in FIELDS if asked.said(f"repair {name}")),
        raw_token=_RAW.get(asked.said("token")),
        absences=-1 if absences is None else absences,
        **{name: bool(asked.said(name)) for name, _, _ in SWITCHES},
    )
    async with asked.unit() as unit:
        connection = await policies.adapt(unit, ref, policy)
        people.note(unit, asked.visitor.name, "change how a partner deviates", f"partner {ref}")
    return asked.done(
        f"/partners/{ref}", asked.say("%(name)s is spoken with like that from now on.", name=connection.name)
    )


DOORS: tuple[Door, ...] = (
    see("/partners/{ref}/deviations", shown, Role.ADMIN),
    do("/partners/{ref}/deviations", kept, Role.ADMIN),
)
