"""The cards that a Station may let in when nobody can be asked: it is told what is different, or all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import fold
from laddnav.ocpp import store
from laddnav.ocpp.notes import NoteKind, noted
from laddnav.ocpp.tasks.rules import Done, More, Move
from laddnav.ocpp.tasks.work import Doing, Sending, Work, at_once, known, refused
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.requests import Request, Said, Verdict
from laddnav.ocpp.wire.upkeep import Listed, ListVersionTold, SendList, TellListVersion, Unlisted
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Token

CARDS_MAX = 10_000  # more than the memory of any station that we know of
VERSION_END = 2**31 - 2**20  # who says a version as high as this is told all, and counted from 1 again


class Syncing(Struct, frozen=True, kw_only=True):
    """`anew` sends all of it, whatever a Station says that it has."""

    anew: bool = False


class Note(Struct, frozen=True, kw_only=True):
    """What the Station said that it has; whether it has to be told all; and what it was sent last."""

    version: int
    full: bool
    sent: SendList | None = None


class Unsent(Struct, frozen=True):
    """What a Station's list is missing and has too much."""

    put: tuple[Listed, ...]
    gone: tuple[Unlisted, ...]


def unsent(wanted: Sequence[Listed], had: Mapping[str, Listed]) -> Unsent:
    """D01.FR.06: a card is on the list once, however the case of its uid is written."""
    by_key = {fold(one.uid): one for one in wanted}
    return Unsent(
        put=tuple(one for key, one in by_key.items() if had.get(key) != one),
        gone=tuple(Unlisted(uid=one.uid, token_type=one.token_type) for key, one in had.items() if key not in by_key),
    )


def portion(all_of_it: Unsent, note: Note, items: int) -> SendList:
    """As much of it as goes into one message (D01.FR.11); what goes first makes room."""
    gone = () if note.full else all_of_it.gone[:items]
    put = all_of_it.put[: items - len(gone)]
    return SendList(version=note.version + 1, full=note.full, put=put, gone=gone)


def listed(token: Token) -> Listed:
    return Listed(uid=token.uid, token_type=token.type, group_id=token.group_id, expires_at=token.expires_at)


async def _ask(unit: Unit, doing: Doing, settings: Syncing, dialect: Dialect) -> Request | Sending | Move:
    if doing.step.memo is None:
        return TellListVersion()
    note = json.decode(doing.step.memo, Note)
    cards = await tokens.may_charge_offline(unit, doing.station.holder, dialect.uid_max, CARDS_MAX)
    had = {} if note.full else await store.local_list.kept(unit, doing.station)
    rest = unsent([listed(one) for one in cards], had)
    if not note.full and not rest.put and not rest.gone:
        return Done(said=noted(NoteKind.LIST_KEPT, version=note.version, cards=len(had)))
    sent = portion(rest, note, at_once(doing.station, dialect, SendList, await known(unit, doing.station)))
    return Sending(request=sent, memo=_text(replace(note, sent=sent)))


async def _heard(unit: Unit, doing: Doing, settings: Syncing, said: Said) -> Move:
    """D01.FR.03, D02: a list that is not the one we sent, or that takes no difference, is told all."""
    if isinstance(said, ListVersionTold):
        ours = await store.local_list.version(unit, doing.station)
        full = settings.anew or ours is None or ours != said.version
        high = max(said.version, ours or 0)
        return _more(doing, Note(version=high, full=full) if high < VERSION_END else Note(version=0, full=True))
    if doing.step.memo is None:
        return refused(said)
    note = json.decode(doing.step.memo, Note)
    if said is Verdict.ACCEPTED and note.sent is not None:
        store.local_list.sent(unit, doing.station, note.sent)
        return _more(doing, Note(version=note.sent.version, full=False))
    if note.full or said is Verdict.NOT_SUPPORTED:
        return refused(said)
    return _more(doing, Note(version=note.version + 1, full=True))


def _more(doing: Doing, note: Note) -> More:
    return More(done=doing.step.done + 1, memo=_text(note))


def _text(note: Note) -> str:
    return json.encode(note).decode()


WORK = Work(settings=Syncing, asks=_ask, heard=_heard)
