"""What a plan says of itself, and a site of a station that it took out: a kind with its values.

It is worded where it is read: here in English, on a page in the language of its reader.
"""

from __future__ import annotations

from enum import StrEnum
from math import isfinite

from laddnav.kit.notes import Note, Value
from laddnav.kit.words import N_


class NoteKind(StrEnum):
    # Why a plan was made.
    FIRST_PLAN = "FIRST_PLAN"
    SITE_CHANGED = "SITE_CHANGED"
    BUILDING_SURPRISES = "BUILDING_SURPRISES"
    TIME_WENT_BY = "TIME_WENT_BY"
    PRICES_PUBLISHED = "PRICES_PUBLISHED"
    PRICES_TOLD = "PRICES_TOLD"
    FORECAST_TOLD = "FORECAST_TOLD"
    TARIFF_CHANGED = "TARIFF_CHANGED"
    ASKED_FOR = "ASKED_FOR"
    # What it could not meet.
    WILL_MISS = "WILL_MISS"
    ROOF_TURNED_DOWN = "ROOF_TURNED_DOWN"
    ROOF_BEYOND_LIMIT = "ROOF_BEYOND_LIMIT"
    BUILDING_BEYOND_FUSE = "BUILDING_BEYOND_FUSE"
    BUILDING_BEYOND_LIMIT = "BUILDING_BEYOND_LIMIT"
    NOT_SOLVED = "NOT_SOLVED"
    # What was not known, or could not be meant as it was said.
    NO_ZONE = "NO_ZONE"
    NO_PRICES = "NO_PRICES"
    PRICES_GUESSED = "PRICES_GUESSED"
    TWO_CURRENCIES = "TWO_CURRENCIES"
    BATTERY_UNKNOWN = "BATTERY_UNKNOWN"
    FEED_IN_PAYS_BETTER = "FEED_IN_PAYS_BETTER"
    PRICE_ABSURD = "PRICE_ABSURD"
    PRICE_UNKNOWN = "PRICE_UNKNOWN"
    FEED_IN_UNKNOWN = "FEED_IN_UNKNOWN"
    CARBON_UNKNOWN = "CARBON_UNKNOWN"
    BUILDING_UNKNOWN = "BUILDING_UNKNOWN"
    SUN_UNKNOWN = "SUN_UNKNOWN"
    NO_AMOUNT = "NO_AMOUNT"
    # Why a station was taken out.
    DRAWS_TOO_MUCH = "DRAWS_TOO_MUCH"
    GIVES_TOO_MUCH = "GIVES_TOO_MUCH"


SENTENCES = {
    NoteKind.FIRST_PLAN: N_("the first plan"),
    NoteKind.SITE_CHANGED: N_("something happened at the site"),
    NoteKind.BUILDING_SURPRISES: N_("the building draws otherwise than expected"),
    NoteKind.TIME_WENT_BY: N_("time went by"),
    NoteKind.PRICES_PUBLISHED: N_("prices were published"),
    NoteKind.PRICES_TOLD: N_("prices were told from outside"),
    NoteKind.FORECAST_TOLD: N_("somebody foretold what is to be expected"),
    NoteKind.TARIFF_CHANGED: N_("the grid tariff changed"),
    NoteKind.ASKED_FOR: N_("%(name)s asked for it"),
    NoteKind.WILL_MISS: N_("%(car)s will miss %(missed)s kWh of %(wanted)s"),
    NoteKind.ROOF_TURNED_DOWN: N_(
        "The roof gives %(kwh)s kWh less than it could, which may not go out or would cost money there"
    ),
    NoteKind.ROOF_BEYOND_LIMIT: N_(
        "The roof alone gives up to %(kw)s kW more than others allow to go out, in %(count)s steps"
    ),
    NoteKind.BUILDING_BEYOND_FUSE: N_(
        "The building alone draws more than the grid connection may carry, in %(count)s steps"
    ),
    NoteKind.BUILDING_BEYOND_LIMIT: N_("The building alone draws more than others allow the site, in %(count)s steps"),
    NoteKind.NOT_SOLVED: N_("The solver found no optimum, so every car is charged at once"),
    NoteKind.NO_ZONE: N_("No bidding zone is set, so every hour costs the same"),
    NoteKind.NO_PRICES: N_("Nothing is known of prices in %(zone)s, so every hour costs the same"),
    NoteKind.PRICES_GUESSED: N_(
        "No price is known in %(missing)s of %(count)s slots, from %(since)s on;"
        " the usual price of the time of day is planned with there"
    ),
    NoteKind.TWO_CURRENCIES: N_(
        "Prices are in %(prices)s and the grid tariff is in %(tariff)s; fetch prices in %(tariff)s;"
        " planned without prices"
    ),
    NoteKind.BATTERY_UNKNOWN: N_("Nobody says how much the battery holds, so it is left out of the plan"),
    NoteKind.FEED_IN_PAYS_BETTER: N_(
        "Energy fed in is paid better than energy drawn costs; no plan is made of that alone"
    ),
    NoteKind.PRICE_ABSURD: N_("The price is absurd in %(count)s steps, such as %(price)s; less is planned with"),
    NoteKind.PRICE_UNKNOWN: N_(
        "The price is not known in %(missing)s of %(count)s steps; its median, %(instead)s, is planned with there"
    ),
    NoteKind.FEED_IN_UNKNOWN: N_(
        "The price of energy fed in is not known in %(missing)s of %(count)s steps; %(instead)s is planned with there"
    ),
    NoteKind.CARBON_UNKNOWN: N_(
        "The carbon is not known in %(missing)s of %(count)s steps; its median, %(instead)s, is planned with there"
    ),
    NoteKind.BUILDING_UNKNOWN: N_(
        "What the building draws is not known in %(missing)s of %(count)s steps; %(instead)s is planned with there"
    ),
    NoteKind.SUN_UNKNOWN: N_(
        "What the roof gives is not known in %(missing)s of %(count)s steps; %(instead)s is planned with there"
    ),
    NoteKind.NO_AMOUNT: N_("%(car)s wants %(energy)s kWh, which is no amount; %(meant)s is planned with"),
    NoteKind.DRAWS_TOO_MUCH: N_("It draws %(drawn)s A, may draw %(most)s A, and has not followed for %(seconds)s s"),
    NoteKind.GIVES_TOO_MUCH: N_(
        "It gives back %(given)s A, was told to give %(told)s A, and has not followed for %(seconds)s s"
    ),
}


# As a site keeps it: what was said before notes had kinds is a sentence.
Said = Note | str


def noted(kind: NoteKind, **values: Value) -> Note:
    """Numbers are rounded to what is shown of them. Raises KeyError where the sentence names another value."""
    plain = {name: str(one) if isinstance(one, float) and not isfinite(one) else one for name, one in values.items()}
    return Note(kind, plain, SENTENCES[kind] % plain)
