"""Whose turn it is in a task, when it stops, and what counts as set up otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from laddnav.locations.model import Station
from laddnav.ocpp.tasks import rules
from laddnav.ocpp.tasks.local_list import Note, Unsent, portion, unsent
from laddnav.ocpp.tasks.model import Kind, Step, StepState, Task, TaskState
from laddnav.ocpp.tasks.work import at_once
from laddnav.ocpp.wire.dialects import DIALECTS
from laddnav.ocpp.wire.upkeep import Listed, SendList, Unlisted
from laddnav.ocpp.wire.variables import SetVariables, Variable, VariableName, VariableWanted, named
from tests.things import US

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
TASK = Task(
    holder=US,
    ref="T",
    kind=Kind.FIRMWARE,
    settings="{}",
    wave=2,
    failures_max=1,
    state=TaskState.RUNNING,
    asked_by="somebody",
    asked_at=NOW,
)
W, U, A, F, D, X = StepState
ALL = frozenset("12345")


def steps(*states: StepState) -> list[Step]:
    return [
        Step(station_id=str(number), position=number, number=number, state=state, at=NOW)
        for number, state in enumerate(states, 1)
    ]


@pytest.mark.parametrize(
    ("states", "able", "turn"),
    [
        ((W, W, W), ALL, "12"),
        ((W, W, W), frozenset("3"), "3"),
        ((D, F, W), ALL, ""),
        ((D, A, W), ALL, ""),
        ((D, U, W), ALL, "2"),
        ((D, U, W), frozenset("3"), ""),
        ((D, X, W), ALL, "3"),
    ],
)
def test_a_wave_begins_when_the_one_before_is_over(
    states: tuple[StepState, ...], able: frozenset[str], turn: str
) -> None:
    assert "".join(one.station_id for one in rules.due(TASK, steps(*states), able)) == turn


@pytest.mark.parametrize(
    ("states", "forgiven", "state"),
    [
        ((D, D), 0, TaskState.DONE),
        ((D, X), 0, TaskState.DONE),
        ((X, W, W), 0, TaskState.RUNNING),
        ((X, X, W), 0, TaskState.STOPPED),
        ((X, X, W), 2, TaskState.RUNNING),
    ],
)
def test_a_task_stops_when_more_failed_than_may(states: tuple[StepState, ...], forgiven: int, state: TaskState) -> None:
    assert rules.judged(replace(TASK, forgiven=forgiven), steps(*states), NOW).state is state


@pytest.mark.parametrize(("failed", "why"), [(1, "1 Station failed"), (2, "2 Stations failed")])
def test_a_task_says_how_many_stations_stopped_it(failed: int, why: str) -> None:
    task = replace(TASK, failures_max=failed - 1)
    assert rules.judged(task, steps(*[X] * failed, W), NOW).why == why


def test_who_does_not_answer_is_asked_three_times() -> None:
    (step,) = steps(A)
    again = rules.unanswered(step, Kind.FIRMWARE, NOW)
    assert (again.state, rules.unanswered(again, Kind.FIRMWARE, NOW).state) == (U, U)
    assert rules.unanswered(rules.unanswered(again, Kind.FIRMWARE, NOW), Kind.FIRMWARE, NOW).state is X


def test_who_may_have_restarted_before_it_could_answer_is_not_restarted_again() -> None:
    assert rules.unanswered(steps(A)[0], Kind.RESET, NOW).state is X


def test_who_is_under_way_comes_to_its_end_where_a_task_is_stopped() -> None:
    stopped = replace(TASK, state=TaskState.STOPPED)
    assert [one.station_id for one in rules.due(stopped, steps(D, U, W), ALL)] == ["2"]
    assert rules.due(stopped, steps(D, X, W), ALL) == ()
    states = [rules.judged(stopped, steps(*each), NOW).state for each in ((X, X, W), (X, X, D))]
    assert states == [TaskState.STOPPED, TaskState.DONE]


@pytest.mark.parametrize(
    ("state", "ours", "on_the_line", "after", "becomes"),
    [
        (U, True, False, rules.AWAY_FOR, X),
        (U, True, False, rules.AWAY_FOR - timedelta(seconds=1), U),
        (U, True, True, rules.AWAY_FOR, U),
        (A, True, True, rules.AWAY_FOR, X),
        (A, True, True, rules.AWAY_FOR - timedelta(seconds=1), A),
        (W, True, False, rules.AWAY_FOR, W),
        (W, False, False, timedelta(), D),
        (A, False, True, timedelta(), X),
        (F, False, False, timedelta(), X),
        (X, False, False, timedelta(), X),
    ],
)
def test_nobody_waits_for_ever_for_who_went_away_amid_its_step_or_is_off_our_list(
    state: StepState, ours: bool, on_the_line: bool, after: timedelta, becomes: StepState
) -> None:
    (step,) = steps(state)
    assert rules.given_up(step, NOW + after, ours=ours, on_the_line=on_the_line).state is becomes


def test_who_is_not_heard_of_in_its_time_has_failed() -> None:
    step = rules.moved(steps(A)[0], rules.Follow(until=NOW + timedelta(hours=1)), NOW)
    assert (rules.lapsed(step, NOW), rules.lapsed(step, NOW + timedelta(hours=1))) == (False, True)


def test_what_differs_is_what_is_missing_or_otherwise() -> None:
    def wanted(name: str, value: str) -> VariableWanted:
        return VariableWanted(name=VariableName(name=name), value=value)

    known = {
        one.name: one
        for one in (
            Variable(name=VariableName(name="Enabled"), value="True"),
            Variable(name=VariableName(name="Interval"), value="300"),
            Variable(name=VariableName(name="Same"), value="7"),
            Variable(name=VariableName(component="OCPPCommCtrlr", name="Retries"), value="5"),
        )
    }
    retries = VariableName(component="OcppCommCtrlr", name="retries")
    assert not rules.drift([VariableWanted(name=retries, value="5")], known)
    found = rules.drift(
        [wanted("Enabled", "true"), wanted("Interval", "60"), wanted("Missing", "1"), wanted("Same", "7")], known
    )
    assert [(str(one.name), one.value) for one in found] == [("Interval", "300"), ("Missing", None)]


@pytest.mark.parametrize(
    "text",
    [
        "HeartbeatInterval",
        "OCPPCommCtrlr.HeartbeatInterval",
        "DeviceDataCtrlr.ItemsPerMessage[SetVariables]",
        "EVSE[left]#1.Power/MaxSet",
        "Connector#1.2.AvailabilityState",
    ],
)
def test_a_variable_is_named_as_it_is_shown(text: str) -> None:
    assert str(named(text)) == text


def test_a_template_holds_no_secret_and_nothing_twice() -> None:
    """B05.FR.13: a component and variable is named once in a request."""
    one = VariableWanted(name=VariableName(component="OCPPCommCtrlr", name="HeartbeatInterval"), value="60")
    assert rules.checked([one]) == (one,)
    with pytest.raises(rules.UnfitTemplate, match="twice"):
        rules.checked([one, replace(one, value="90")])
    with pytest.raises(rules.UnfitTemplate, match="secret"):
        rules.checked(
            [VariableWanted(name=VariableName(component="SecurityCtrlr", name="BasicAuthPassword"), value="x")]
        )


def card(uid: str, group: str | None = None) -> Listed:
    return Listed(uid=uid, token_type="RFID", group_id=group)


def test_a_list_is_sent_by_its_difference_and_in_portions() -> None:
    """D01.FR.06 D01.FR.11: a card is on it once, and a message holds so many; who leaves goes first."""
    had = {"a": card("A"), "b": card("B"), "c": card("C")}
    rest = unsent([card("a"), card("B", "fleet"), card("D"), card("d")], had)
    left, kept = Unlisted(uid="C", token_type="RFID"), card("B", "fleet")
    assert rest == Unsent(put=(card("a"), kept, card("d")), gone=(left,))
    difference = portion(rest, Note(version=4, full=False), 2)
    assert difference == SendList(version=5, full=False, put=(card("a"),), gone=(left,))
    assert portion(unsent([card("D")], {}), Note(version=4, full=True), 2).gone == ()


@pytest.mark.parametrize(
    ("says", "operator", "takes"),
    [(None, None, 10), (None, 4, 4), ("7", None, 7), ("7", 4, 4), ("7", 20, 7), ("0", None, 1), ("many", 20, 20)],
)
def test_a_station_is_asked_as_much_at_a_time_as_it_says_and_no_more_than_its_operator_says(
    says: str | None, operator: int | None, takes: int
) -> None:
    station = Station(
        holder=US,
        id="ST",
        ref="S",
        location_id=None,
        accepted=True,
        security_profile=1,
        items_per_message=operator,
    )
    name = named("DeviceDataCtrlr.ItemsPerMessage[SetVariables]")
    variables = {name: Variable(name=name, value=says)}
    assert at_once(station, DIALECTS["ocpp2.0.1"], SetVariables, variables) == takes
    assert at_once(station, DIALECTS["ocpp1.6"], SetVariables, variables) == 1  # ChangeConfiguration has one key
