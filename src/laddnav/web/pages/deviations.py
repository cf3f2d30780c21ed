"""How one partner deviates from the text of OCPI: what is repaired, and what it wants otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from msgspec import Struct
from starlette.responses import Response

from laddnav.ocpi.connections import partners
from laddnav.ocpi.deviations import demands, policies
from laddnav.ocpi.deviations.policies import CLOSABLE
from laddnav.ocpi.deviations.policy import Policy, switches_of
from laddnav.people import actions as people
from laddnav.people.model import Role
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.words import N_

REPAIRS = MappingProxyType(
    {
        "object-in-list": N_("One object in a list"),
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
        "token-without-owner": N_("A cdr_token that does not say whose it is, as in OCPI 2.2"),
    }
)
UIDS = MappingProxyType(
    {
        "joined": N_("Without separators: 04:A3:7F is 04A37F"),
        "upper-case": N_("In capitals"),
        "reversed-bytes": N_("The last byte first; turned back when we speak to them"),
    }
)
DEMANDED = MappingProxyType(
    {
        "location-name": N_("The name of a Location"),
        "postal-code": N_("Its postal code"),
        "opening-times": N_("Its opening times"),
        "operator-name": N_("The name of its operator"),
        "owner-name": N_("The name of its owner"),
        "evse-id": N_("The EVSE id of each EVSE"),
        "evse-id-of-ours": N_("An EVSE id that begins with our country and party"),
        "capabilities": N_("The capabilities of each EVSE"),
        "tariff-ids": N_("The Tariffs of each Connector"),
        "tariff-text": N_("A text for drivers in each Tariff"),
        "visual-number": N_("The number that is printed on a Token"),
        "issuer-is-us": N_("Our party as the issuer of a Token"),
    }
)
GROUPS = MappingProxyType(
    {
        "calls": N_("How we call each other"),
        "pushes": N_("How we tell them what is new"),
        "lists": N_("How we fetch their lists"),
        "objects": N_("How we read what they say"),
        "shares": N_("What of ours is for them"),
        "demands": N_("What they demand beyond the text"),
        "hub": N_("How they pass on what is for others"),
    }
)
# By group and name: what a switch is called, and what it does.
SWITCHES = MappingProxyType(
    {
        "calls.raw_token": (N_("The token that we show them"), ""),
        "calls.bearer": (N_("The token stands under Bearer"), N_("Theirs and ours, in place of the scheme Token.")),
        "calls.one_evse": (
            N_("Wants exactly one EVSE when it is asked about a Token"),
            N_("The first of the Location where the driver has come to none yet."),
        ),
        "calls.own_reference": (
            N_("Its authorizations get a reference of ours"),
            N_("Where it gives none, and wants to find one in every Session and CDR."),
        ),
        "calls.flat_credentials": (
            N_("Looks for our party beside the roles of our credentials"),
            N_("Where OCPI 2.1.1 has it."),
        ),
        "calls.registers_anew": (
            N_("Knows no PUT of credentials"),
            N_("To change ours we unregister and register again, with the token that we have."),
        ),
        "calls.slashed": (
            N_("Our endpoints' URLs end in a slash"),
            N_("It puts what follows right behind them."),
        ),
        "calls.results_at": (
            N_("Hosts at which it wants to hear results, beside those of its endpoints"),
            N_("Separated by commas, such as results.example.com. What asks for a result elsewhere is refused."),
        ),
        "calls.all_words": (
            N_("What is said is kept of every exchange"),
            N_("Not only of what failed, and of lists too, for two weeks; it takes some twenty times the room."),
        ),
        "pushes.whole_only": (N_("Takes no PATCH"), N_("A change of status goes as the whole Location.")),
        "pushes.in_order": (
            N_("Wants every message in its order"),
            N_("First in, first out: each is repeated until it is taken, and nothing newer overtakes or replaces it."),
        ),
        "pushes.at_once": (N_("Requests that they bear at a time"), ""),
        "pushes.rests_after": (
            N_("Answers of trouble in a row after which they are left alone"),
            N_("Then they are tried with one request now and then, until it succeeds. 0: never."),
        ),
        "lists.asks": (N_("Objects that we ask for at once"), N_("Some give no more than 20 CDRs or 100 Tariffs.")),
        "lists.gives": (N_("Objects that they get at once at most"), ""),
        "lists.follows_links": (
            N_("Their links lead to the next page"),
            N_("Else we count where the next page begins. A link never leads us to another address than theirs."),
        ),
        "lists.window_days": (
            N_("Days from date_from to date_to at most"),
            N_("Some refuse more than 31. 0: any stretch of time."),
        ),
        "lists.overlap_minutes": (
            N_("Minutes that are fetched once more"),
            N_("For what they were writing when we asked last."),
        ),
        "lists.absences": (
            N_("Whole lists in a row that lack an object before it counts as gone"),
            N_("As many have to date it earlier than a push did, before they are believed. One a day; 0: never."),
        ),
        "objects.appends_periods": (
            N_("Sends new periods of a Session only"),
            N_("A PATCH adds to the charging periods that were told before, also in OCPI 2.1.1."),
        ),
        "objects.merges_evses": (
            N_("A PATCH of a Location names some of its EVSEs"),
            N_("Those are changed and the others stay; by the text, the list would take the place of all of them."),
        ),
        "objects.uids": (N_("How uids of RFID cards become those that our readers read"), ""),
        "objects.quirks": (N_("What we put right"), ""),
        "shares.locations": (
            N_("Locations that they hear of, by their ids"),
            N_("Separated by commas; empty: all. What they see no more is told as removed."),
        ),
        "shares.countries": (
            N_("Countries whose Locations they hear of"),
            N_("Three letters each, as SWE; empty: all."),
        ),
        "shares.published_only": (N_("They hear of published Locations only"), ""),
        "shares.price_group": (
            N_("Price group of their drivers"),
            N_("They see and pay by the Tariffs of this group where a Connector has one, else by those for everybody."),
        ),
        "shares.smart_charging": (
            N_("They limit our charges by contract"),
            N_(
                "They hear of every Session, but not of whose Token it is, and may set charging profiles. "
                "Where we are the eMSP and they an SCSP: of charges of our drivers at partners, through us."
            ),
        ),
        "shares.without": (N_("Modules that are not spoken with them"), ""),
        "demands.named": (
            N_("What has to be there in what they hear"),
            N_("What lacks it is not sent, and shown among what was given up."),
        ),
        "hub.party": (
            N_("They are a hub, as this party"),
            N_("Such as FR*107. Only where their credentials say it of nobody, or of another party."),
        ),
        "hub.behind": (
            N_("Parties that are reached through them"),
            N_("Separated by commas. Only those that the hub tells of nowhere."),
        ),
        "hub.each": (
            N_("Every party behind them gets its own"),
            N_("Places and Tokens are told to each and lists fetched from each; a hub does both for all as a rule."),
        ),
    }
)
TOKENS = ((None, "", N_("As its version says")), (True, "raw", N_("As it is")), (False, "encoded", N_("In Base64")))
# Of which words a switch may name several.
WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "objects.quirks": REPAIRS,
        "objects.uids": UIDS,
        "shares.without": {one: one for one in CLOSABLE},
        "demands.named": DEMANDED,
    }
)


class Switch(Struct, frozen=True, kw_only=True):
    """One switch as it stands: `kind` is tick, choice, number, several or text, `choices` (word, what it is called)."""

    name: str
    kind: str
    title: str
    help: str
    value: Any
    choices: tuple[tuple[str, str], ...] = ()


async def shown(asked: Asked) -> Response:
    async with asked.unit() as unit:
        partner = await partners.fetch(unit, asked.part("ref"))
    stands = switches_of(partner.policy)
    groups = [
        (group, asked.say(title), [_switch(asked, name, stands[name]) for name in SWITCHES if _group(name) == group])
        for group, title in GROUPS.items()
    ]
    return asked.page("deviations.html", partner=partner, groups=groups)


async def missing(asked: Asked) -> Response:
    """What of ours they would not take: before they go live, and whenever something is given up."""
    async with asked.unit() as unit:
        partner = await partners.fetch(unit, asked.part("ref"))
        found = await demands.report(unit, partner)
    words = DEMANDED | {demands.READABLE: N_("Our words as their version has them")}
    return asked.page("demands.html", partner=partner, missing=[(asked.say(words[one.demand]), one) for one in found])


async def kept(asked: Asked) -> Response:
    ref = asked.part("ref")
    words: dict[str, dict[str, Any]] = {group: {} for group in GROUPS}
    for name, value in switches_of(Policy()).items():
        words[_group(name)][name.partition(".")[2]] = _said(asked, name, value)
    async with asked.unit() as unit:
        connection = await policies.adapt(unit, ref, policies.meant(words))
        people.note(unit, asked.visitor.name, "change how a partner deviates", f"partner {ref}")
    return asked.done(
        f"/partners/{ref}", asked.say("%(name)s is spoken with like that from now on.", name=connection.name)
    )


def _group(name: str) -> str:
    return name.partition(".")[0]


def _switch(asked: Asked, name: str, value: Any) -> Switch:
    title, help = (asked.say(text) if text else "" for text in SWITCHES[name])
    if name == "calls.raw_token":
        chosen = next(word for means, word, _ in TOKENS if means is value)
        choices = tuple((word, asked.say(text)) for _, word, text in TOKENS)
        return Switch(name=name, kind="choice", title=title, help=help, value=chosen, choices=choices)
    if name in WORDS:
        choices = tuple((word, asked.say(text)) for word, text in WORDS[name].items())
        return Switch(name=name, kind="several", title=title, help=help, value=value, choices=choices)
    if isinstance(value, tuple):
        return Switch(name=name, kind="text", title=title, help=help, value=", ".join(value))
    kind = "tick" if isinstance(value, bool) else "number" if isinstance(value, int) else "text"
    return Switch(name=name, kind=kind, title=title, help=help, value=value)


def _said(asked: Asked, name: str, as_a_rule: Any) -> Any:
    """What the form says of one switch, in the type of what it is as a rule; nonsense is for the policy to refuse."""
    said = asked.said(name)
    if name == "calls.raw_token":
        return next((means for means, word, _ in TOKENS if word == said), None)
    if name in WORDS:
        return [word for word in WORDS[name] if asked.said(f"{name} {word}")]
    if isinstance(as_a_rule, tuple):
        return [one.strip() for one in said.split(",") if one.strip()]
    if isinstance(as_a_rule, bool):
        return bool(said)
    if isinstance(as_a_rule, int):
        return asked.number(name)
    return said


DOORS: tuple[Door, ...] = (
    see("/partners/{ref}/demands", missing),
    see("/partners/{ref}/deviations", shown, Role.ADMIN),
    do("/partners/{ref}/deviations", kept, Role.ADMIN),
)
