"""What is said of a charge that does not add up, in a doubt or where it is held: the kinds, and their sentences."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from laddnav.kit.energy import Energy
from laddnav.kit.notes import Note, Value
from laddnav.kit.words import N_


class NoteKind(StrEnum):
    # Registers and times that are doubtful.
    AFTER_STOP = "AFTER_STOP"
    BEFORE_START = "BEFORE_START"
    LOWER = "LOWER"
    LOWER_AT_ITS_END = "LOWER_AT_ITS_END"
    LOWER_AS_ANOTHER = "LOWER_AS_ANOTHER"
    COUNTED_ON_AT_ITS_END = "COUNTED_ON_AT_ITS_END"
    COUNTED_ON_BY_ANOTHER = "COUNTED_ON_BY_ANOTHER"
    TOO_MUCH = "TOO_MUCH"
    NO_STOP_REGISTER = "NO_STOP_REGISTER"
    NO_REGISTER = "NO_REGISTER"
    NO_START_REGISTER = "NO_START_REGISTER"
    ENDS_ALONE = "ENDS_ALONE"
    GAP = "GAP"
    LATE = "LATE"
    LATE_MARK = "LATE_MARK"
    LATE_WEEK = "LATE_WEEK"
    STOP_TOO_EARLY = "STOP_TOO_EARLY"
    SAMPLE_DISAGREES = "SAMPLE_DISAGREES"
    GIVEN_BACK_LOWER = "GIVEN_BACK_LOWER"
    GIVEN_BACK_TOO_MUCH = "GIVEN_BACK_TOO_MUCH"
    CLOCK_AHEAD = "CLOCK_AHEAD"
    CLOCK_BEHIND = "CLOCK_BEHIND"
    # Charges that were told in pieces, or to nobody.
    CLOSED_BY = "CLOSED_BY"
    OVERLAPPED = "OVERLAPPED"
    NO_EVSE = "NO_EVSE"
    NO_EVSE_COUNTED = "NO_EVSE_COUNTED"
    NO_EVSE_ANY_MORE = "NO_EVSE_ANY_MORE"
    NO_START = "NO_START"
    STOPPED_AGAIN = "STOPPED_AGAIN"
    ENDED_AGAIN = "ENDED_AGAIN"
    ENDED_LATE = "ENDED_LATE"
    REST_LOST = "REST_LOST"
    LET_IN_BEFORE = "LET_IN_BEFORE"
    # Why nobody is billed before a person has looked.
    TOO_LONG = "TOO_LONG"
    END_AHEAD = "END_AHEAD"
    END_LONG_AGO = "END_LONG_AGO"
    MORE_THAN_GIVEN = "MORE_THAN_GIVEN"
    IN_ANOTHER_UNIT = "IN_ANOTHER_UNIT"
    CLOCK_SET = "CLOCK_SET"
    CLOCK_SET_BACK = "CLOCK_SET_BACK"
    COUNTED_TWICE = "COUNTED_TWICE"
    TOLD_BEFORE = "TOLD_BEFORE"
    MISPLACED = "MISPLACED"
    SIGNED_EARLIER = "SIGNED_EARLIER"
    SIGNED_LATER = "SIGNED_LATER"
    ONE_END_SIGNED = "ONE_END_SIGNED"
    SIGNED_OTHERWISE = "SIGNED_OTHERWISE"


SENTENCES = {
    NoteKind.AFTER_STOP: N_("register %(register_wh)s Wh after the session stopped"),
    NoteKind.BEFORE_START: N_("register %(register_wh)s Wh before the session started"),
    NoteKind.LOWER: N_("register %(register_wh)s Wh after register %(before_wh)s Wh"),
    NoteKind.LOWER_AT_ITS_END: N_(
        "register %(register_wh)s Wh after register %(before_wh)s Wh: the meter seems to have counted to its end and on"
    ),
    NoteKind.LOWER_AS_ANOTHER: N_(
        "register %(register_wh)s Wh after register %(before_wh)s Wh, and counts on from there: another meter, or one"
        " that was set back"
    ),
    NoteKind.COUNTED_ON_AT_ITS_END: N_(
        "register %(register_wh)s Wh after register %(before_wh)s Wh: the meter counted to its end and on, and is"
        " billed across it"
    ),
    NoteKind.COUNTED_ON_BY_ANOTHER: N_(
        "register %(register_wh)s Wh after register %(before_wh)s Wh: another meter counts from there on"
    ),
    NoteKind.TOO_MUCH: N_(
        "register %(register_wh)s Wh after register %(before_wh)s Wh is more than %(most_kw)s kW give"
    ),
    NoteKind.NO_STOP_REGISTER: N_("energy after the last register is not known and not billed"),
    NoteKind.NO_REGISTER: N_("no register is known before the stop"),
    NoteKind.NO_START_REGISTER: N_(
        "energy before register %(register_wh)s Wh at %(read_at)s is not known and not billed"
    ),
    NoteKind.ENDS_ALONE: N_("only start and stop are known"),
    NoteKind.GAP: N_("%(gap_kwh)s kWh until the next register at %(read_at)s"),
    NoteKind.LATE: N_("register %(register_wh)s Wh came after what was read at %(read_at)s"),
    NoteKind.LATE_MARK: N_("%(activity)s came after what was read at %(read_at)s"),
    NoteKind.LATE_WEEK: N_("readings of this week came after it had been forgotten; nothing is made of them"),
    NoteKind.STOP_TOO_EARLY: N_("the stop is before what was read at %(read_at)s"),
    NoteKind.SAMPLE_DISAGREES: N_("register %(said_wh)s Wh, and %(sampled_wh)s Wh in its sample (%(context)s)"),
    NoteKind.GIVEN_BACK_LOWER: N_("%(returned_kwh)s kWh given back, after %(before_kwh)s kWh"),
    NoteKind.GIVEN_BACK_TOO_MUCH: N_("%(returned_kwh)s kWh given back, more than this EVSE can have"),
    NoteKind.CLOCK_AHEAD: N_("the station's clock is more than %(minutes)s minutes ahead"),
    NoteKind.CLOCK_BEHIND: N_("the station's clock is %(minutes)s minutes behind"),
    NoteKind.CLOSED_BY: N_("closed by %(who)s: %(why)s"),
    NoteKind.OVERLAPPED: N_("another charge began here before this one was stopped"),
    NoteKind.NO_EVSE: N_("a charge at number %(number)s, but no Evse of ours is there"),
    NoteKind.NO_EVSE_COUNTED: N_(
        "a charge at number %(number)s, register %(register_wh)s Wh, but no Evse of ours is there"
    ),
    NoteKind.NO_EVSE_ANY_MORE: N_("a charge at number %(number)s, whose Evse is in no Location any more"),
    NoteKind.NO_START: N_("a charge ended at %(register_wh)s Wh, and its beginning was never told"),
    NoteKind.STOPPED_AGAIN: N_("it was stopped already, and now once more at %(register_wh)s Wh"),
    NoteKind.ENDED_AGAIN: N_("it had ended already, and now once more at %(register_wh)s Wh"),
    NoteKind.ENDED_LATE: N_("its session was over already; the station says it ended at %(register_wh)s Wh"),
    NoteKind.REST_LOST: N_(
        "the station told this charge in numbered events, and has none of those any more that are missing here"
    ),
    NoteKind.LET_IN_BEFORE: N_(
        "somebody else had been let in before this charge began; what flowed until then is billed to nobody"
    ),
    NoteKind.TOO_LONG: N_("By the station's clock this charge lasted %(days)s days, from %(began_on)s"),
    NoteKind.END_AHEAD: N_("By the station's clock this charge ended on %(ended_on)s, which was still to come"),
    NoteKind.END_LONG_AGO: N_("By the station's clock this charge ended on %(ended_on)s, long before it was told"),
    NoteKind.MORE_THAN_GIVEN: N_(
        "%(billed_kwh)s kWh would be billed, and this EVSE cannot have given more than %(most_kwh)s kWh"
    ),
    NoteKind.IN_ANOTHER_UNIT: N_(
        "A register of %(before_wh)s Wh is followed by one of %(register_wh)s Wh, some thousand times as much: one of"
        " them is in kWh"
    ),
    NoteKind.CLOCK_SET: N_(
        "By the station's clock this charge lasted %(clock_length)s, and %(here_length)s passed here: the clock was set"
        " meanwhile"
    ),
    NoteKind.CLOCK_SET_BACK: N_(
        "By the station's clock this charge ended %(clock_length)s before it began, and %(here_length)s passed here:"
        " the clock was set meanwhile"
    ),
    NoteKind.COUNTED_TWICE: N_("%(both_kwh)s kWh of it were counted for charge %(charge)s, at the same EVSE meanwhile"),
    NoteKind.TOLD_BEFORE: N_("What was signed was told of charge %(charge)s before"),
    NoteKind.MISPLACED: N_("Meter %(meter)s is registered at %(place)s, not where this charge was"),
    NoteKind.SIGNED_EARLIER: N_("What was signed ended at %(signed_at)s, before this charge began"),
    NoteKind.SIGNED_LATER: N_("What was signed began at %(signed_at)s, after this charge ended"),
    NoteKind.ONE_END_SIGNED: N_("The signed records do not cover both ends of the charge"),
    NoteKind.SIGNED_OTHERWISE: N_("The meter signed %(signed_kwh)s kWh, and %(billed_kwh)s kWh would be billed"),
}


def noted(kind: NoteKind, **values: Value) -> Note:
    """Raises KeyError where the sentence names another value."""
    return Note(kind, values, SENTENCES[kind] % values)


def watt_hours(register: Energy | Decimal | None) -> str:
    """As a value of a note: `?` where nobody said it."""
    if register is None:
        return "?"
    return f"{(register.wh if isinstance(register, Energy) else register).normalize():f}"
