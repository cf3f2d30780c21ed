"""What we say of a station that is not let in, of a step of a task or of a cure: a station's own words are no note."""

from __future__ import annotations

from enum import StrEnum

from laddnav.kit.notes import Note, Value
from laddnav.kit.words import N_


class NoteKind(StrEnum):
    # Why a station was not let in.
    PROFILE_ASKED_FOR = "PROFILE_ASKED_FOR"
    SPEAK_ONE_OF = "SPEAK_ONE_OF"
    # Of a step or a cure.
    NO_ANSWER = "NO_ANSWER"
    ANSWERED_OTHERWISE = "ANSWERED_OTHERWISE"
    ANSWERED_NOTHING = "ANSWERED_NOTHING"
    ANSWERED_FOR_OTHERS = "ANSWERED_FOR_OTHERS"
    TOLD_NOTHING = "TOLD_NOTHING"
    OFF_OUR_LIST = "OFF_OUR_LIST"
    NOT_HEARD_AGAIN = "NOT_HEARD_AGAIN"
    THEN_NOTHING = "THEN_NOTHING"
    WENT_AWAY = "WENT_AWAY"
    RUNS_IT = "RUNS_IT"
    RUNS_IT_ALREADY = "RUNS_IT_ALREADY"
    DIFFERS = "DIFFERS"
    LIST_KEPT = "LIST_KEPT"
    NO_WORD_FOR_ADDRESS = "NO_WORD_FOR_ADDRESS"
    CAR_THERE = "CAR_THERE"
    # Of a charge that its station was asked to stop.
    STOP_UNANSWERED = "STOP_UNANSWERED"
    STOP_ANSWERED_OTHERWISE = "STOP_ANSWERED_OTHERWISE"
    STOP_REFUSED = "STOP_REFUSED"
    NO_STOP_CAME = "NO_STOP_CAME"
    OVER_ALREADY = "OVER_ALREADY"


SENTENCES = {
    NoteKind.PROFILE_ASKED_FOR: N_("security profile %(profile)s is asked for, with what belongs to it"),
    NoteKind.SPEAK_ONE_OF: N_("speak one of: %(protocols)s"),
    NoteKind.NO_ANSWER: N_("no answer"),
    NoteKind.ANSWERED_OTHERWISE: N_("it answered something else"),
    NoteKind.ANSWERED_NOTHING: N_("it answered nothing"),
    NoteKind.ANSWERED_FOR_OTHERS: N_("it answered for other variables"),
    NoteKind.TOLD_NOTHING: N_("it told nothing"),
    NoteKind.OFF_OUR_LIST: N_("it is off our list"),
    NoteKind.NOT_HEARD_AGAIN: N_("it was not heard of again"),
    NoteKind.THEN_NOTHING: N_("%(said)s, and then nothing"),
    NoteKind.WENT_AWAY: N_("it went away amid it"),
    NoteKind.RUNS_IT: N_("it runs it"),
    NoteKind.RUNS_IT_ALREADY: N_("it runs it already"),
    NoteKind.DIFFERS: N_("differs: %(names)s"),
    NoteKind.LIST_KEPT: N_("version %(version)s, %(cards)s cards"),
    NoteKind.NO_WORD_FOR_ADDRESS: N_("OCPP 1.6 has no word for the address: say what the station calls it"),
    NoteKind.CAR_THERE: N_(
        "a car charges at EVSE %(evse)s, or is promised it; if the end of that charge was lost, close the charge first"
    ),
    NoteKind.STOP_UNANSWERED: N_("the station was asked to stop it: no answer"),
    NoteKind.STOP_ANSWERED_OTHERWISE: N_("the station was asked to stop it: it answered something else"),
    NoteKind.STOP_REFUSED: N_("the station was asked to stop it: %(said)s"),
    NoteKind.NO_STOP_CAME: N_("the station was asked to stop it, and no stop came"),
    NoteKind.OVER_ALREADY: N_("its session was over already"),
}

Words = Note | str  # a station's own words are a text


def noted(kind: NoteKind, **values: Value) -> Note:
    """Raises KeyError where the sentence names another value."""
    return Note(kind, values, SENTENCES[kind] % values)


def note_in(words: Words | None) -> Note | None:
    return words if isinstance(words, Note) else None
