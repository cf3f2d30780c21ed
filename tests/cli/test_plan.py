"""`laddnav plan` as it is called: what it says in JSON and to people, with which status, and what it refuses."""

from __future__ import annotations

import gzip
import io
import json
import re
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from laddnav.cli.main import main

PAGE = (Path(__file__).parents[2] / "docs" / "howto" / "plan-charging.md").read_text()
SESSIONS, PRICES = re.findall(r"```csv\n(.*?)```", PAGE, re.S)
HEAD = "session_id,station_id,arrival,departure,energy_kwh,max_power_kw\n"
NIGHT = "2026-11-22T17:00:00Z,2026-11-23T05:00:00Z"

ENTSOE = """"MTU (CET/CEST)","Day-ahead Price [EUR/MWh]","Currency","BZN|SE3"
"26.10.2025 01:00 - 26.10.2025 02:00","50.00","EUR"
"26.10.2025 02:00 - 26.10.2025 03:00","10.00","EUR"
"26.10.2025 02:00 - 26.10.2025 03:00","-5.00","EUR"
"26.10.2025 03:00 - 26.10.2025 04:00","20.00","EUR"
"""


class Said(NamedTuple):
    status: object
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on one line."""
        (line,) = self.out.splitlines()
        return json.loads(line)


Plan = Callable[..., Said]


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Plan:
    """`laddnav plan` in this process, with two files of these words."""

    def called(
        sessions: str = SESSIONS,
        prices: str | bytes = PRICES,
        *words: str,
        limit: str = "11",
        status: int = 0,
    ) -> Said:
        (tmp_path / "S.csv").write_text(sessions)
        (tmp_path / "P.csv").write_bytes(prices if isinstance(prices, bytes) else prices.encode())
        files = ["--sessions", str(tmp_path / "S.csv"), "--prices", str(tmp_path / "P.csv")]
        monkeypatch.setattr(sys, "argv", ["laddnav", "plan", *files, "--site-limit-kw", limit, *words])
        with pytest.raises(SystemExit) as end:
            main()
        said = Said(end.value.code, *capfd.readouterr())
        assert said.status == status, said
        return said

    return called


def test_the_plan_says_what_each_session_draws_in_every_slot_and_what_that_saves(plan: Plan) -> None:
    said = plan(SESSIONS, PRICES, "--json").json
    assert said["currency"] == "SEK" and said["unmet"] == [] and said["notes"] == []
    assert len(said["slots"]) == 14 * 4 and said["slots"][0]["start"] == "2026-11-22T16:00:00Z"
    for session, wanted in zip(said["sessions"], (22, 9), strict=True):
        assert sum(session["power_kw"]) / 4 == pytest.approx(wanted, abs=1e-3)
        for slot, power in zip(said["slots"], session["power_kw"], strict=True):
            begin, end = (datetime.fromisoformat(slot[name]) for name in ("start", "end"))
            there = datetime.fromisoformat(session["arrival"]) <= begin
            assert power == 0 or (there and end <= datetime.fromisoformat(session["departure"]))
    totals = [sum(at) for at in zip(*(one["power_kw"] for one in said["sessions"]), strict=True)]
    assert max(totals) <= 11 and totals == pytest.approx([slot["power_kw"] for slot in said["slots"]])
    paid = sum(total / 4 * slot["price_per_kwh"] for total, slot in zip(totals, said["slots"], strict=True))
    assert said["cost"] == pytest.approx(paid, abs=1e-3)
    assert said["bound"] <= said["cost"] < said["charge_at_once_cost"]
    assert said["charge_at_once_kwh"] == pytest.approx(31, abs=1e-3)


def test_people_are_shown_when_to_charge_and_what_is_saved(plan: Plan) -> None:
    shown = plan().out
    assert re.search(r"red +ST-1 +11-22 17:00 +11-23 07:00 +22.00 kWh +22.00 kWh +11.00 +01:00–03:00", shown)
    assert "Planned: 31.00 kWh for 19.58 SEK" in shown and "Saved:   48.76 SEK, 71.3 %" in shown


def test_a_need_that_cannot_be_met_is_named_with_its_reason(plan: Plan) -> None:
    sessions = (
        HEAD + f"much,A,{NIGHT},200,7\nlate,B,2026-11-22T20:00:00Z,2026-11-22T18:00:00Z,5,7\n"
        "both,C,2026-11-22T17:00:00Z,2026-11-22T18:00:00Z,11,11\n"
    )
    said = plan(sessions, PRICES, "--json", status=1).json
    reasons = {one["session_id"]: one["reason"] for one in said["unmet"]}
    assert reasons["late"] == "It departs before it arrives"
    assert reasons["much"] == "In 12.00 h it can have 84.00 kWh at most"
    assert {one["session_id"]: one["unmet_kwh"] for one in said["sessions"]}["late"] == 5
    assert "much misses" in plan(sessions, PRICES, status=1).out


def test_slots_are_five_minutes_where_a_quarter_of_an_hour_would_not_do(plan: Plan) -> None:
    said = plan(HEAD + "a,A,2026-11-22T17:05:00Z,2026-11-22T17:25:00Z,2,6\n", PRICES, "--json").json
    assert [slot["start"][11:16] for slot in said["slots"]] == ["17:05", "17:10", "17:15", "17:20"]
    assert said["sessions"][0]["power_kw"] == [6, 6, 6, 6]


def test_a_car_draws_what_it_begins_at_or_nothing_but_for_its_last_slot(plan: Plan) -> None:
    said = plan(HEAD + f"a,A,{NIGHT},7.9,7.4\nb,A,{NIGHT},8.3,7.4\n", PRICES, "--json", limit="8").json
    for session in said["sessions"]:
        drawn = [power for power in session["power_kw"] if power]
        assert all(power >= 1.38 for power in drawn[:-1])


def test_an_export_of_entsoe_is_taken_packed_or_not_on_the_day_that_clocks_go_back(plan: Plan) -> None:
    sessions = HEAD + "a,A,2025-10-25T23:00:00Z,2025-10-26T03:00:00Z,3,3\n"
    for document in (ENTSOE, gzip.compress(ENTSOE.encode())):
        said = plan(sessions, document, "--json").json
        assert said["currency"] == "EUR" and said["cost"] == pytest.approx(-0.015)
        assert [slot["price_per_kwh"] for slot in said["slots"]][::4] == [0.05, 0.01, -0.005, 0.02]


def test_a_price_that_is_not_known_is_the_usual_one_of_its_hour_and_that_is_said(plan: Plan) -> None:
    said = plan(HEAD + "a,A,2026-11-24T00:00:00Z,2026-11-24T02:00:00Z,3,3\n", PRICES, "--json").json
    assert [slot["price_per_kwh"] for slot in said["slots"]] == [0.5] * 8
    assert all(slot["price_guessed"] for slot in said["slots"]) and "No price is known in 8 of 8" in said["notes"][0]


def test_nobody_there_is_a_plan_of_nothing(plan: Plan) -> None:
    said = plan(HEAD, PRICES, "--json").json
    assert said["slots"] == said["sessions"] == said["unmet"] == [] and said["cost"] == 0


WRONG = {
    "a column is missing": (
        "session_id,arrival\na,b\n",
        PRICES,
        r"S.csv: line 1: there is no column station_id, departure, energy_kwh, max_power_kw;"
        r" add station_id, the name of its station; add departure,",
    ),
    "a column has another name": (
        "Session-ID,station_id,arrival,leaves,Energy (kWh),max_power_kw\n",
        PRICES,
        r"S.csv: line 1: there is no column session_id, departure, energy_kwh; write session_id for 'Session-ID';"
        r" add departure, when it leaves, written as its arrival; write energy_kwh for 'Energy (kWh)'",
    ),
    "no names of columns": (
        f"a,A,{NIGHT},3,7\n",
        PRICES,
        "S.csv: line 1: there is no column session_id, station_id, arrival, departure, energy_kwh, max_power_kw; write"
        " the names of its columns there: session_id,station_id,arrival,departure,energy_kwh,max_power_kw",
    ),
    "no number": (HEAD + f"a,A,{NIGHT},much,7\n", PRICES, "S.csv: line 2: energy_kwh 'much' is no number"),
    "no amount": (HEAD + f"a,A,{NIGHT},nan,7\n", PRICES, "S.csv: line 2: energy_kwh 'nan' is not between 0 and"),
    "no zone": (
        HEAD + "a,A,2026-11-22T17:00:00,2026-11-22T18:00:00Z,3,7\n",
        PRICES,
        "S.csv: line 2: arrival '2026-11-22T17:00:00' has no zone; write 2026-11-22T17:00:00Z where it is UTC",
    ),
    "no instant": (HEAD + "a,A,tonight,later,3,7\n", PRICES, "S.csv: line 2: arrival 'tonight' is no instant"),
    "twice": (HEAD + f"a,A,{NIGHT},3,7\n" * 2, PRICES, "S.csv: line 3: session_id 'a' stands in line 2 already"),
    "short": (HEAD + "a,A\n", PRICES, "S.csv: line 2: it has not as many fields as line 1 has"),
    "no price": (SESSIONS, "start,price_per_kwh\n2026-11-22T16:00:00Z,dear\n", "P.csv: line 2: 'dear' is no price"),
    "no prices": (SESSIONS, "start,price_per_kwh\n", "P.csv"),
    "no price file": (SESSIONS, "hello\n", "P.csv: This is none of the price documents known here"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_read_is_said_in_one_line_with_its_place(name: str, plan: Plan) -> None:
    sessions, prices, words = WRONG[name]
    said = plan(sessions, prices, "--json", status=2)
    assert said.out == "" and len(said.err.splitlines()) == 1
    assert words in said.err


@pytest.mark.parametrize("limit", ["0", "-3", "nan", "much"])
def test_a_limit_that_is_none_is_refused(limit: str, plan: Plan) -> None:
    assert "--site-limit-kw" in plan(limit=f"{limit}", status=2).err


def test_the_page_works_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "prices.csv").write_text(PRICES)
    monkeypatch.chdir(tmp_path)
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    exec("".join(re.findall(r"```python\n(.*?)```", PAGE, re.S)), {})
    assert out.getvalue().splitlines() == ["11.0 instead of 49.5 SEK", "[30. 10.] [0. 0.] True"]
