"""Whatever a station can be asked has a form, and what is filled in is what is sent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from laddnav.ocpp.wire import forms, schemas
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.dialects import DIALECTS
from laddnav.ocpp.wire.forms import NoForm, Wrong
from laddnav.ocpp.wire.schemas import Direction
from tests.ocpp.wire.examples import example

STOCKHOLM = "Europe/Stockholm"
NEWEST = DIALECTS["ocpp2.1"]


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_each_request_is_what_its_form_says_the_least_of_it_and_all(dialect: Dialect) -> None:
    for action in forms.askable(dialect):
        form = forms.asked_by(dialect, action)
        for full in (False, True):
            payload = example(dialect.version, action, full=full)
            payload.pop("customData", None)
            said = dict(forms.spelt(form, payload, STOCKHOLM))
            filled = forms.filled(form, said, STOCKHOLM)
            assert filled.wrong == {}, (action, filled.wrong)
            assert dict(forms.spelt(form, filled.payload, STOCKHOLM)) == said, action
            assert schemas.problems(dialect.version, action, Direction.REQUEST, filled.payload) == (), action
        empty = forms.filled(form, {}, STOCKHOLM)
        left = schemas.problems(dialect.version, action, Direction.REQUEST, empty.payload)
        assert bool(empty.wrong) == bool(left), action


def test_what_stations_say_is_asked_of_none() -> None:
    for action in ("BootNotification", "NotifyEvent", "Nonsense"):
        with pytest.raises(NoForm):
            forms.asked_by(NEWEST, action)
    assert "DataTransfer" in forms.askable(NEWEST)


def test_what_is_typed_is_read_as_its_field_means_it() -> None:
    form = forms.asked_by(NEWEST, "ReserveNow")
    said = {"id": "7", "expiryDateTime": "2026-07-01T12:30", "idToken.idToken": "CARD1", "idToken.type": "ISO14443"}
    assert forms.filled(form, said, STOCKHOLM).payload["expiryDateTime"] == "2026-07-01T10:30:00Z"
    wrong = forms.filled(form, said | {"id": "7.5", "expiryDateTime": "tomorrow", "idToken.type": " "}, STOCKHOLM).wrong
    assert wrong == {"id": Wrong.NO_INTEGER, "expiryDateTime": Wrong.NO_INSTANT, "idToken.type": Wrong.MISSING}
    form = forms.asked_by(NEWEST, "UpdateDynamicSchedule")
    said = {"chargingProfileId": "1", "scheduleUpdate.limit": "16,5"}
    assert forms.filled(form, said, STOCKHOLM).payload["scheduleUpdate"] == {"limit": Decimal("16.5")}
    nothing = forms.filled(form, said | {"scheduleUpdate.limit": "NaN"}, STOCKHOLM)
    assert nothing.wrong == {"scheduleUpdate.limit": Wrong.NO_NUMBER}


def test_groups_and_lists_grow_and_shrink() -> None:
    form = forms.asked_by(NEWEST, "GetVariables")
    data = "getVariableData"
    more = forms.turned(form, {}, data, 1)
    assert forms.count(form.fields[0], data, more) == 2
    assert forms.count(form.fields[0], data, forms.turned(form, {}, data, -1)) == 1
    opened = forms.turned(form, {}, f"{data}.0.component.evse", 1)
    assert opened == {"+getVariableData.0.component.evse": "1"}
    assert forms.filled(form, opened, STOCKHOLM).wrong[f"{data}.0.component.evse.id"] is Wrong.MISSING
    closed = forms.turned(form, opened, f"{data}.0.component.evse", -1)
    assert f"{data}.0.component.evse.id" not in forms.filled(form, closed, STOCKHOLM).wrong
    assert forms.turned(form, {}, "nothing.of.that", 1) == {}
    assert forms.says(f"{data}.0", opened) and not forms.says(f"{data}.1", opened)
    assert not forms.says(f"{data}.0", closed)


def test_a_departure_from_the_schema_stands_at_its_field() -> None:
    form = forms.asked_by(NEWEST, "SetMonitoringLevel")
    assert [one.name for one in form.fields] == ["severity"]
    bad = {"getVariableData": [{"component": {"name": "x" * 51}, "variable": {"name": "y"}}]}
    (problem,) = schemas.problems(NEWEST.version, "GetVariables", Direction.REQUEST, bad)
    assert forms.field_of(problem) == "getVariableData.0.component.name"


@pytest.mark.parametrize(
    ("name", "read"),
    [("chargingRateUnit", "Charging rate unit"), ("limit_L2", "Limit L2"), ("idTag", "Id tag"), ("type", "Type")],
)
def test_a_field_is_called_by_its_name_in_words(name: str, read: str) -> None:
    assert forms.label(name) == read
