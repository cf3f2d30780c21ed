"""How a partner deviates from the text, grouped by what that governs; as it stands here, it goes by the text.

docs/reference/deviations.md says what is done for everybody, and which of these is for whom.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.structs import asdict

from laddnav.kit.ids import PartyId
from laddnav.ocpi.wire.paging import PAGE_MAX

_HOST = r"^[a-z0-9.:-]{1,253}$"
_PARTY = r"[A-Z]{2}\*[A-Z0-9]{3}"


class Calls(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How we knock at each other's door.

    `raw_token`: they want no Base64, or do; None: what their version says. `bearer`: tokens stand under that scheme,
    theirs and ours. `one_evse`: asked about a Token, they want to hear of exactly one Evse. `own_reference`: an
    authorization of theirs that has no reference gets one of ours. `flat_credentials`: they look for our party where
    2.1.1 has it, beside the roles. `registers_anew`: they know no PUT of credentials; we leave, and come again.
    `slashed`: our endpoints' URLs end in a slash, for they put what follows right behind it. `results_at`: hosts beside
    those of their endpoints at which they want to hear results. `all_words`: what is said is kept of every exchange,
    and not only of what failed.
    """

    raw_token: bool | None = None
    bearer: bool = False
    one_evse: bool = False
    own_reference: bool = False
    flat_credentials: bool = False
    registers_anew: bool = False
    slashed: bool = False
    results_at: tuple[Annotated[str, Meta(pattern=_HOST)], ...] = ()
    all_words: bool = False


class Objects(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How what they say is read. `quirks` are names of `ocpi/deviations/quirks.py`.

    `appends_periods`: they add what new charging periods they send in a PATCH, where their version lets them replace
    what was there. `merges_evses`: a PATCH of a Location changes those Evses that it names, and leaves the others.
    `uids` are names of `ocpi/deviations/uids.py`: how their uids become those that our readers read.
    """

    quirks: tuple[str, ...] = ()
    appends_periods: bool = False
    merges_evses: bool = False
    uids: tuple[str, ...] = ()


class Lists(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How their lists are fetched, and ours are handed out.

    `asks`: how many objects we ask for at once. `gives`: how many they get at once at most. `follows_links`: what they
    say is the next page is it; else we count. `window_days`: the longest stretch from date_from to date_to that they
    take; 0 is any. `overlap_minutes`: how far back we ask again, for what was being written when we asked last.
    `absences`: how many whole lists in a row have to lack a Location or a Token before it counts as gone, or to date it
    earlier than it was told before that is believed, of a Tariff one a day; 0 is never.
    """

    asks: Annotated[int, Meta(ge=1, le=1000)] = 100
    gives: Annotated[int, Meta(ge=1, le=PAGE_MAX)] = PAGE_MAX
    follows_links: bool = True
    window_days: Annotated[int, Meta(ge=0, le=3650)] = 0
    overlap_minutes: Annotated[int, Meta(ge=0, le=10080)] = 10
    absences: Annotated[int, Meta(ge=0, le=365)] = 2


class Pushes(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How they are told what is new.

    `whole_only`: they take no PATCH. `in_order`: they want every message as it was when it happened, one after the
    other, each again until it is taken; nothing newer overtakes (strict first in, first out). `at_once`: how many
    requests they bear at a time; of three or more, one is for results that somebody waits for. `rests_after`: after so
    many answers of trouble in a row, and no other, they are left alone for a while, then tried with one; 0 is never. A
    line that is down rests at once.
    """

    whole_only: bool = False
    in_order: bool = False
    at_once: Annotated[int, Meta(ge=1, le=16)] = 8
    rests_after: Annotated[int, Meta(ge=0, le=1000)] = 10


class Shares(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What of ours is for them. `without`: modules that are not spoken with them.

    `locations` and `countries` (alpha-3) are those of which they hear, all where none are named; `published_only`: of
    what is not for everybody they do not hear either, but where a Token of theirs is named. `price_group`: their
    drivers pay by the Tariffs of this group where a Connector has one, and see no other group's; what a driver has
    begun with stays. `smart_charging`: by contract they limit our charges, or as SCSP of ours as eMSP those of our
    drivers, so they hear of them all, but not of whose Token it is.
    """

    without: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    published_only: bool = False
    price_group: Annotated[str, Meta(max_length=40)] = ""
    smart_charging: bool = False

    @property
    def some(self) -> bool:
        """Whether there is anything that is for others and not for them, or for them and not for others."""
        return bool(self.locations or self.countries or self.published_only or self.price_group)


ALL = Shares()


class SharedWith(Shares, frozen=True, kw_only=True):
    """The same, where it depends on whose Tokens are known: a Location that is not published may name some."""

    tokens_of: tuple[str, ...]

    @classmethod
    def parties(cls, shares: Shares, parties: Iterable[PartyId]) -> SharedWith:
        return cls(**asdict(shares), tokens_of=tuple(sorted(str(party) for party in parties)))


class Demands(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What they demand of ours though the text does not: `named` are names of `ocpi/deviations/demands.py`.

    What lacks one of these is not sent, but shown to a person.
    """

    named: tuple[str, ...] = ()


class Hub(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How they pass on what is for others.

    `party`: as whom they do so, where their credentials say it of nobody, or of somebody else. `behind`: whom they
    reach and tell us of nowhere. `each`: they tell nothing to all and list nothing of all; each party gets its own.
    """

    party: Annotated[str, Meta(pattern=f"^({_PARTY})?$")] = ""
    behind: tuple[Annotated[str, Meta(pattern=f"^{_PARTY}$")], ...] = ()
    each: bool = False


class Policy(Struct, frozen=True, kw_only=True, omit_defaults=True):
    calls: Calls = Calls()
    objects: Objects = Objects()
    lists: Lists = Lists()
    pushes: Pushes = Pushes()
    shares: Shares = ALL
    demands: Demands = Demands()
    hub: Hub = Hub()


def switches_of(policy: Policy) -> dict[str, Any]:
    """How each switch stands, by its group and name."""
    groups = {name: getattr(policy, name) for name in policy.__struct_fields__}
    return {f"{group}.{name}": getattr(held, name) for group, held in groups.items() for name in held.__struct_fields__}
