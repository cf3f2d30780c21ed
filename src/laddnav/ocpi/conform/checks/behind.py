"""What a client of a hub does, where we play the hub: whom it addresses, and what it makes of who is behind us."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from laddnav.ocpi.conform.checks.finding import Finding, found, shows
from laddnav.ocpi.conform.checks.hub import party
from laddnav.ocpi.conform.checks.kept import differing
from laddnav.ocpi.conform.record import CONFIGURATION, Exchange, Record
from laddnav.ocpi.conform.roles import OFFERED

_FOR_ALL = ("locations", "tariffs", "tokens")
_FOR_ONE = ("sessions", "cdrs")
_WRITES = ("POST", "PUT", "PATCH", "DELETE")


def _routed(record: Record, *methods: str) -> Iterator[tuple[Exchange, str | None]]:
    """(what came through us as a hub, to whom)."""
    for one in record.theirs if record.hub else ():
        if one.module in OFFERED[record.our_role] and one.module not in CONFIGURATION:
            if one.request.method in methods:
                yield one, party(one.request.headers, "to")


def _behind(record: Record) -> set[str]:
    """Whom it was told of."""
    told = (one.request.words for one in record.of("hubclientinfo: PUT of a client"))
    return {_name(words) for words in told}


def _name(words: Any) -> str:
    return f"{words['country_code']}*{words['party_id']}".upper()


@shows("HUB-026", "HUB-034", "HUB-051")
def news_go_to_the_hub_or_to_whom_they_concern(record: Record) -> Iterator[Finding]:
    behind = _behind(record)
    for one, to in _routed(record, *_WRITES):
        if one.module in _FOR_ALL and not one.step.endswith("authorize"):
            known = to in (None, record.hub, *behind)
            yield from found(
                ("HUB-026", "HUB-051"), one, None if known else f"it is for {to}, whom the hub does not have"
            )
        elif one.module in _FOR_ONE:
            yield from found(("HUB-034",), one, "what concerns one party is sent to all" if to == record.hub else None)


@shows("HUB-033", "HUB-039", "HUB-041")
def lists_are_asked_of_somebody_who_is_named(record: Record) -> Iterator[Finding]:
    behind = _behind(record)
    for one, to in _routed(record, "GET"):
        if OFFERED[record.our_role][str(one.module)] == "RECEIVER":
            yield from found(("HUB-033",), one, "a GET at the Receivers of all" if to == record.hub else None)
        elif one.step.endswith(" list"):
            yield from found(("HUB-039",), one, "a list of nobody in particular" if to is None else None)
            known = to in (None, record.hub, *behind)
            yield from found(("HUB-041",), one, None if known else f"a list of {to}, whom the hub does not have")


@shows("HUB-053")
def nobody_is_asked_who_is_not_there(record: Record) -> Iterator[Finding]:
    for one, to in _routed(record, "GET", *_WRITES):
        said = [
            told.request.words["status"]
            for told in record.of("hubclientinfo: PUT of a client")
            if told.number < one.number and _name(told.request.words) == to
        ]
        if said:
            yield from found(("HUB-053",), one, None if said[-1] == "CONNECTED" else f"{to} is {said[-1]}")


@shows("HUB-029")
def the_hub_itself_is_answered(record: Record) -> Iterator[Finding]:
    for module in _FOR_ALL:
        for one in record.of(f"{module}: PUT in the name of the hub"):
            to, origin = (party(one.answer.headers, side) for side in ("to", "from"))
            fits = one.answer.granted and (to, origin) == (record.hub, party(one.request.headers, "to"))
            yield from found(("HUB-029",), one, None if fits else f"the answer is from {origin} to {to}")


@shows("HCI-003")
def who_is_behind_is_kept(record: Record) -> Iterator[Finding]:
    told = list(record.of("hubclientinfo: PUT of a client"))
    for said, one in zip(told, record.of("hubclientinfo: GET of a client"), strict=False):
        bad = differing(said.request.words, one.answer.data)
        yield from found(("HCI-003",), one, f"{bad} is not what was said" if bad else None)
