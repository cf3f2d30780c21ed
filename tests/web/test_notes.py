"""What a plan says of itself is a kind with its values, and read in the language of its reader."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.kit import json
from laddnav.kit.energy import kwh
from laddnav.kit.notes import Note
from laddnav.scheduling.notes import SENTENCES, NoteKind, noted
from laddnav.sites import planning
from laddnav.sites.model.plan import SitePlan
from laddnav.sites.model.site import SiteBattery
from laddnav.sites.model.standing import Standing
from laddnav.sites.model.told import OutsideLimit
from laddnav.sites.problem import Outlook
from laddnav.web.notes import worded
from tests.sites.moments import NOW, charge, facts

OLD_PLAN = b"""{"number": 7, "made_at": "2026-11-23T18:00:00Z", "why": "time went by",
"start_at": "2026-11-23T18:00:00Z",
"step_minutes": 15, "prices": [], "cost": 0.0, "currency": "SEK", "notes": ["G1/1 will miss 3.5 kWh of 10.0"]}"""


def test_a_plan_that_misses_and_does_not_know_says_so_in_swedish() -> None:
    battery = SiteBattery(capacity_kwh=Decimal(9), charge_kw=Decimal(3), discharge_kw=Decimal(3))
    soon = {"departs_at": NOW + timedelta(minutes=30), "energy": kwh(20)}
    limit = OutsideLimit(id="1", by="DSO", kw=Decimal(1), begin_at=NOW, told_at=NOW)
    now = facts(charge(wants=soon), limits=(limit,))
    there = replace(now, site=replace(now.site, battery=battery))
    made = planning.solved(there, Outlook(), number=1, why=noted(NoteKind.ASKED_FOR, name="anna"))
    assert [worded(one, "sv") for one in (made.why, *made.notes)] == [
        "anna bad om det",
        "Inget elområde är valt, så alla timmar kostar lika mycket",
        "Ingen säger hur mycket batteriet innehåller, så det är inte med i planen",
        "Bara byggnaden drar mer än andra tillåter platsen, i 96 steg",
        "G1/1 kommer att sakna 20,0 kWh av 20,0",
    ]
    assert str(made.notes[-1]) == "G1/1 will miss 20.0 kWh of 20.0"
    assert json.decode(json.encode(made), SitePlan) == made


def test_why_a_plan_is_due_is_a_kind_too() -> None:
    now = facts(charge())
    made = planning.solved(now, Outlook(), number=1, why="a test")
    later = replace(now, at=NOW + timedelta(hours=1), plan=made)
    other = replace(later, plan=replace(made, situation="another"))
    whys = [planning.due(one, None) for one in (now, later, other)]
    assert whys == [noted(NoteKind.FIRST_PLAN), noted(NoteKind.TIME_WENT_BY), noted(NoteKind.SITE_CHANGED)]


def test_what_was_said_before_notes_had_kinds_stays_as_it_was_said() -> None:
    """In plans and of stations that were taken out."""
    plan = json.decode(OLD_PLAN, SitePlan)
    assert worded(plan.why, "sv") == "time went by"
    assert [worded(one, "sv") for one in plan.notes] == ["G1/1 will miss 3.5 kWh of 10.0"]
    assert (
        worded(json.decode(b'{"station_id": "G1", "evse_no": 1, "ban_why": "100 % of it"}', Standing).ban_why, "sv")
        == "100 % of it"
    )


@pytest.mark.parametrize("kind", NoteKind)
def test_every_kind_is_worded_with_all_its_values(kind: NoteKind) -> None:
    names = re.findall(r"%\((\w+)\)s", SENTENCES[kind])
    note = noted(kind, **dict.fromkeys(names, 1234.5))
    assert note.text.count("1234.5") == len(names) and "%(" not in note.text
    assert worded(note, "en").count("1,234.5") == len(names)
    swedish = worded(note, "sv")
    assert swedish != note.text and swedish.count("1\N{NO-BREAK SPACE}234,5") == len(names)
    assert json.decode(json.encode(note), Note) == note


def test_a_number_that_is_none_is_kept_as_it_is_spelt() -> None:
    note = noted(NoteKind.NO_AMOUNT, car="G1", energy=float("nan"), meant=0)
    assert note.text == "G1 wants nan kWh, which is no amount; 0 is planned with"
    assert json.decode(json.encode(note), Note) == note
