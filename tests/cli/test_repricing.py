"""`laddnav reprice`: from a file and from a database, on several processes, and stopped."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.ocpi.wire.v2_2_1 import tariff as wire
from laddnav.tariffs.model import Tariff, TariffDimension
from tests import things
from tests.billing import charges
from tests.cli.conftest import Command

CDR = json.loads(
    (Path(__file__).parents[1] / "cases" / "ocpi" / "2.2.1" / "cdrs" / "example-of-a-cdr.json").read_bytes()
)


def at(price: float) -> Any:
    """The example's Tariff at another price an hour."""
    tariff = json.loads(json.dumps(CDR["tariffs"][0]))
    tariff["elements"][0]["price_components"][0]["price"] = price
    return tariff


def other(id: str, party: str = "TNM", **changes: Any) -> Any:
    return CDR | {"id": id, "cdr_token": CDR["cdr_token"] | {"party_id": party}} | changes


@pytest.fixture
def changed(tmp_path: Path) -> str:
    """The example's hour costs 3, no longer 2."""
    file = tmp_path / "changed.json"
    file.write_text(json.dumps(at(3)))
    return str(file)


def lines(*cdrs: Any) -> bytes:
    return b"".join(json.dumps(cdr).encode() + b"\n" for cdr in cdrs)


def test_a_month_costs_something_else_by_tariff_and_partner(laddnav: Command, changed: str) -> None:
    elsewhere = at(5) | {"id": "13"}
    month = lines(
        other("1"),
        other("2", "ABC"),
        other("3", tariffs=[elsewhere], charging_periods=[CDR["charging_periods"][0] | {"tariff_id": "13"}]),
        other("4", credit=True, credit_reference_id="1"),
        other("5"),
    )
    said = laddnav.json("reprice", "-", "--tariff", changed, "--json", given=month)
    found = {(one["tariff_id"], one["partner"]): one for one in said["groups"]}
    assert list(found) == [("12", "DE*ABC"), ("12", "DE*TNM"), ("13", "DE*TNM")]
    ours, unchanged = found["12", "DE*TNM"], found["13", "DE*TNM"]
    assert (ours["cdrs"], ours["changed"], ours["unpriced"]) == (3, 3, 0)
    assert (ours["was"], ours["becomes"]) == ({"excl": "4", "incl": "4.4"}, {"excl": "6", "incl": "6.6"})
    assert (unchanged["changed"], unchanged["difference"]) == (0, {"excl": "0", "incl": "0"})
    (total,) = said["totals"]
    assert (total["currency"], total["cdrs"], total["difference"]["excl"]) == ("EUR", 5, "4")


def test_a_cdr_that_cannot_be_priced_is_named_and_left_out(laddnav: Command, changed: str) -> None:
    said = laddnav("reprice", "-", "--tariff", changed, given=lines(other("1")) + b"\nnonsense\n")
    assert said.stderr.startswith("not priced: - line 3: JSON is malformed")
    head, group, total, _, left_out = said.stdout.splitlines()
    assert head.split() == "tariff partner CDRs changed was becomes difference".split()
    assert (group.split()[:3], total.split()[:2]) == (["12", "DE*TNM", "1"], ["all", "1"])
    assert left_out == "Left out of the sums, for it cannot be priced: 1."


def test_a_changed_tariff_that_no_cdr_is_on_is_told(laddnav: Command, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text(json.dumps(at(3) | {"id": "99"}))
    said = laddnav("reprice", "-", "--tariff", str(tmp_path / "other.json"), given=lines(other("1")))
    assert said.stderr == "note: none of these CDRs is on Tariff '99', so it changes nothing\n"


def test_a_cdr_without_a_tariff_cost_what_it_states(laddnav: Command, changed: str) -> None:
    bare = {name: words for name, words in other("1").items() if name != "tariffs"}
    (total,) = laddnav.json("reprice", "-", "--tariff", changed, "--json", given=lines(bare))["totals"]
    assert (total["was"]["excl"], total["becomes"]["excl"]) == ("4", "6")


def many(tmp_path: Path, count: int) -> Path:
    """More than one process is given at a time."""
    file = tmp_path / "month.jsonl.gz"
    file.write_bytes(gzip.compress(lines(other("1"), other("2", "ABC")) * (count // 2), 1))
    return file


def test_all_cores_together_say_what_one_would(laddnav: Command, changed: str, tmp_path: Path) -> None:
    said = laddnav.json("reprice", str(many(tmp_path, 5_000)), "--tariff", changed, "--json")
    assert [(one["partner"], one["cdrs"]) for one in said["groups"]] == [("DE*ABC", 2_500), ("DE*TNM", 2_500)]
    (total,) = said["totals"]
    assert (total["was"], total["becomes"]) == (
        {"excl": "20000", "incl": "22000"},
        {"excl": "30000", "incl": "33000"},
    )


def test_it_stops_at_once_when_it_is_told_to(laddnav: Command, changed: str) -> None:
    """Standard input that does not end, and Ctrl-C to the whole group, as a terminal sends it."""
    line = laddnav.line("reprice", "-", "--tariff", changed)
    with subprocess.Popen(
        line,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=laddnav.environment,
        start_new_session=True,
    ) as running:
        assert running.stdin is not None
        # What fits nowhere but in the process itself: once it is written, the process reads.
        running.stdin.write(lines(other("1")) * 4_000)
        running.stdin.flush()
        os.killpg(running.pid, signal.SIGINT)
        assert running.wait(30) == 130
        assert running.stdout is not None and running.stderr is not None
        assert running.stdout.read() + running.stderr.read() == b""
    deadline = time.monotonic() + 20
    while _lives(running.pid) and time.monotonic() < deadline:
        os.sched_yield()
    assert not _lives(running.pid)


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def priced_at(price: str) -> Tariff:
    return things.tariff(
        owner=charges.LADDNAV,
        elements=(replace(things.tariff().elements[0], components=(things.component(TariffDimension.ENERGY, price),)),),
    )


async def test_a_month_of_the_database_is_that_of_the_partys_own_clock(
    database: Database, database_url: str, laddnav: Command, tmp_path: Path
) -> None:
    tariff = priced_at("2.00")
    ends = {"C1": (11, 30, 22, 59), "C2": (11, 30, 23, 0), "C3": (10, 31, 23, 0), "C4": (10, 31, 22, 59)}
    cdrs = [
        replace(
            charges.cdr(id=id, ended_at=charges.NOON.replace(month=month, day=day, hour=hour, minute=minute)),
            tariffs=(tariff,),
        )
        for id, (month, day, hour, minute) in ends.items()
    ]
    partners = replace(cdrs[0], owner=charges.TANKA, id="P1", ref="P1")
    await charges.keep(database, [*cdrs, partners], [charges.party()])
    file = tmp_path / "changed.json"
    file.write_bytes(wire.codec.encode(priced_at("3.00")))
    words = ("--month", "2026-11", "--database", database_url, "--tariff", str(file), "--json")
    said = laddnav.json("reprice", *words)
    assert {one["partner"]: one["cdrs"] for one in said["groups"]} == {"NL*TNM": 2, "SE*TNK": 1}
    (total,) = said["totals"]
    assert Decimal(total["was"]["excl"]) == 3 * Decimal("12.345") * 2
    assert Decimal(total["becomes"]["excl"]) == 3 * Decimal("12.345") * 3


WRONG = [
    (("reprice",), "the following arguments are required: --tariff"),
    (("reprice", "--tariff", "T"), "Give either a FILE of CDRs or --month"),
    (("reprice", "F", "--month", "2026-10", "--tariff", "T"), "Give either a FILE of CDRs or --month"),
    (("reprice", "--month", "October", "--tariff", "T"), "'October' is no month"),
    (("reprice", "-", "--tariff", "-"), "Only one file can be -"),
    (("reprice", "/nowhere.jsonl", "--tariff", "T"), "/nowhere.jsonl cannot be read"),
    (("reprice", "-", "--tariff", "T"), "There is no CDR to reprice"),
    (("reprice", "-", "--tariff", "T", "--policy", "mine"), "There is no pricing policy 'mine'"),
]


def test_a_wrong_call_is_one_clear_line(laddnav: Command, changed: str) -> None:
    calls = [(tuple(changed if word == "T" else word for word in words), b"", line) for words, line in WRONG]
    calls.append(
        (("reprice", "-", "--tariff", changed), b'{"a": 1}\n', "None of 1 CDRs can be priced; the first: - line 1")
    )
    calls.append(
        (("reprice", "--month", "2026-10", "--tariff", changed, "--data", "nowhere"), b"", "no installation in")
    )
    calls.append((("reprice", "-", "--tariff", changed), b"\x1f\x8bnot gzip", "- cannot be read"))
    for words, given, line in calls:
        said = laddnav(*words, given=given, status=2)
        (told,) = said.stderr.splitlines()
        assert said.stdout == "", said
        assert told.startswith("laddnav: ") and line in told, (words, told)
