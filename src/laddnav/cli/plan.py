"""`laddnav plan`: when each session of a file charges, so that it costs least under one limit, and what that saves."""

from __future__ import annotations

import csv
import re
from argparse import Namespace
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches
from io import StringIO
from typing import Any

import numpy as np

from laddnav.cli import saying
from laddnav.cli.files import read_as
from laddnav.cli.words import Words, amount, at_most_one_from_standard_input
from laddnav.kit.refusal import Refusal
from laddnav.market import feeds
from laddnav.market.model import Series, Zone
from laddnav.scheduling.charging import LEAST, ChargingPlan, Need, charging_plan
from laddnav.scheduling.site import Floats

# By name, with what stands in it.
COLUMNS = {
    "session_id": "a name of its own for each session",
    "station_id": "the name of its station",
    "arrival": "when the car comes, as 2026-11-22T17:00:00+01:00",
    "departure": "when it leaves, written as its arrival",
    "energy_kwh": "what it is to have by then",
    "max_power_kw": "the most that it can take",
}
MOST = 1e6  # kWh or kW; more is a slip of the pen

# A table of our own says no zone, and needs none: instants without a zone are UTC, and what has no currency has none.
_NOWHERE = Zone(code="", name="", eic="", country="", currency="", time_zone="UTC")


class Unfit(Refusal):
    """A file that is not what it should be, and where."""


class Row(Need, frozen=True, kw_only=True):
    station_id: str


def plan(words: list[str]) -> int:
    asked = _words().parse_args(words)
    at_most_one_from_standard_input([asked.sessions, asked.prices])
    rows = read_as(asked.sessions, _rows)
    prices = read_as(asked.prices, _prices)
    done = charging_plan(rows, prices, limit=float(asked.site_limit_kw), power_min=float(asked.min_power_kw))
    if asked.json:
        saying.one(_spelt(done, rows, prices, asked), as_json=True)
    else:
        _show(done, rows, prices)
    return 1 if done.missed else 0


def _words() -> Words:
    words = Words("plan", "Plan when each session charges, at the least cost under one limit.")
    words.epilog = "A FILE is CSV, .gz too; - is standard input. Exit status: 0 done, 1 a need is not met, 2 wrong."
    words.add_argument("--sessions", metavar="FILE", required=True, help=f"CSV: {','.join(COLUMNS)}")
    words.add_argument(
        "--prices",
        metavar="FILE",
        required=True,
        help="CSV: start,price_per_kwh and perhaps currency; or ENTSO-E's CSV",
    )
    words.add_argument("--site-limit-kw", metavar="N", required=True, type=amount, help="of all together")
    words.add_argument(
        "--min-power-kw",
        metavar="N",
        type=_power,
        default=LEAST,
        help=f"a car charges with so much or rests; {LEAST} (6 A on one phase) unless you say otherwise, 0 is any",
    )
    words.add_json()
    return words


def _power(text: str) -> float:
    return 0.0 if text.strip() in ("0", "0.0") else float(amount(text))


def _prices(document: bytes) -> Series:
    _, found = feeds.read(document, _NOWHERE)
    if len(found) != 1:
        raise Unfit(f"It holds {len(found)} series of prices, and one is wanted; leave one zone and currency in it")
    return Series(zone=found[0].zone, currency=found[0].currency, steps=found[0].steps)


def _rows(document: bytes) -> tuple[Row, ...]:
    """Raises Unfit, naming the line."""
    try:
        text = document.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = document[: error.start].count(b"\n") + 1
        raise Unfit(f"line {line}: it is not UTF-8; save it as CSV in UTF-8") from error
    table = csv.DictReader(StringIO(text), delimiter=";" if ";" in text.partition("\n")[0] else ",")
    missing = [name for name in COLUMNS if name not in (table.fieldnames or ())]
    if missing:
        raise Unfit(f"line 1: there is no column {', '.join(missing)}; {_mended(missing, table.fieldnames or ())}")
    lines: dict[str, int] = {}
    rows = []
    for said in table:
        where = f"line {table.line_num}"
        if None in said or None in said.values():
            raise Unfit(f"{where}: it has not as many fields as line 1 has")
        row = _row(said, where)
        if row.session_id in lines:
            raise Unfit(f"{where}: session_id {row.session_id!r} stands in line {lines[row.session_id]} already")
        lines[row.session_id] = table.line_num
        rows.append(row)
    return tuple(rows)


def _mended(missing: Sequence[str], there: Sequence[str]) -> str:
    """What to do about columns that are missing: one of another name may be meant, else it is to be added."""
    if not any(name in COLUMNS for name in there):
        return f"write the names of its columns there: {','.join(COLUMNS)}"
    others = {_plainly(name): name for name in there if name not in COLUMNS}
    deeds = []
    for name in missing:
        meant = get_close_matches(_plainly(name), others, n=1, cutoff=0.6)
        deeds.append(f"write {name} for {others.pop(meant[0])!r}" if meant else f"add {name}, {COLUMNS[name]}")
    return "; ".join(deeds)


def _plainly(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _row(said: dict[str, str], where: str) -> Row:
    if not said["session_id"].strip():
        raise Unfit(f"{where}: session_id is empty")
    return Row(
        session_id=said["session_id"].strip(),
        station_id=said["station_id"].strip(),
        arrives_at=_instant(said, "arrival", where),
        departs_at=_instant(said, "departure", where),
        energy=_number(said, "energy_kwh", where),
        power_max=_number(said, "max_power_kw", where),
    )


def _instant(said: dict[str, str], name: str, where: str) -> datetime:
    try:
        at = datetime.fromisoformat(said[name].strip())
    except ValueError as error:
        raise Unfit(f"{where}: {name} {said[name]!r} is no instant, as 2026-11-22T17:00:00+01:00 is") from error
    if at.tzinfo is None:
        raise Unfit(f"{where}: {name} {said[name]!r} has no zone; write {said[name].strip()}Z where it is UTC")
    return at


def _number(said: dict[str, str], name: str, where: str) -> float:
    try:
        number = float(said[name])
    except ValueError as error:
        raise Unfit(f"{where}: {name} {said[name]!r} is no number") from error
    if not 0 <= number <= MOST:
        raise Unfit(f"{where}: {name} {said[name]!r} is not between 0 and {MOST:,.0f}")
    return number


# ---- What came of it


def _spelt(done: ChargingPlan, rows: Sequence[Row], prices: Series, asked: Namespace) -> dict[str, Any]:
    hours = _hours(done)
    power = np.floor(done.power * 1e6 + 0.5e-3) / 1e6  # never above the limit for being rounded
    missed = {one.session_id: one for one in done.missed}
    return {
        "currency": prices.currency or None,
        "site_limit_kw": float(asked.site_limit_kw),
        "min_power_kw": float(asked.min_power_kw),
        "slots": [
            {
                "start": _said(slot.begin_at),
                "end": _said(slot.end_at),
                "price_per_kwh": slot.per_kwh,
                "price_guessed": slot.guessed,
                "power_kw": round(float(total), 6),
            }
            for slot, total in zip(done.slots, power.sum(axis=0), strict=True)
        ],
        "sessions": [
            {
                "session_id": row.session_id,
                "station_id": row.station_id,
                "arrival": row.arrives_at.isoformat(),
                "departure": row.departs_at.isoformat(),
                "energy_kwh": row.energy,
                "given_kwh": round(float(own.sum()) * hours, 4),
                "unmet_kwh": round(missed[row.session_id].kwh, 4) if row.session_id in missed else 0.0,
                "power_kw": own.tolist(),
            }
            for row, own in zip(rows, power, strict=True)
        ],
        "energy_kwh": round(done.kwh, 4),
        "cost": round(done.cost, 6),
        "bound": None if done.bound is None else round(done.bound, 6),
        "charge_at_once_cost": round(done.at_once_cost, 6),
        "charge_at_once_kwh": round(done.at_once_kwh, 4),
        "unmet": [
            {"session_id": one.session_id, "unmet_kwh": round(one.kwh, 4), "reason": one.reason} for one in done.missed
        ],
        "notes": [note.text for note in done.notes],
    }


def _hours(done: ChargingPlan) -> float:
    return (done.slots[0].end_at - done.slots[0].begin_at) / timedelta(hours=1) if done.slots else 1.0


def _said(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _show(done: ChargingPlan, rows: Sequence[Row], prices: Series) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 160
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("Session", "Station", "Arrives", "Departs"):
        table.add_column(name, no_wrap=name != "Session")
    for name in ("Wants", "Gets", "Costs"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Charges at", overflow="fold")
    hours, per_kwh = _hours(done), np.array([slot.per_kwh for slot in done.slots])
    short = {one.session_id for one in done.missed}
    for row, own in zip(rows, done.power, strict=True):
        got = float(own.sum()) * hours
        table.add_row(
            row.session_id,
            row.station_id,
            f"{row.arrives_at:%m-%d %H:%M}",
            f"{row.departs_at:%m-%d %H:%M}",
            f"{row.energy:.2f} kWh",
            f"[red]{got:.2f} kWh[/red]" if row.session_id in short else f"{got:.2f} kWh",
            f"{float(own @ per_kwh) * hours:.2f}",
            ", ".join(_windows(done, own, row)),
        )
    console.print(table)
    for line in _sums(done, prices.currency):
        console.print(line, markup=False)
    for one in done.missed:
        console.print(f"{one.session_id} misses {one.kwh:.2f} kWh: {one.reason}", style="red", markup=False)
    for note in done.notes:
        console.print(note.text, style="yellow", markup=False)


def _windows(done: ChargingPlan, own: Floats, row: Row) -> Iterable[str]:
    """From when to when it charges, by the clock of its arrival."""
    began: datetime | None = None
    for number, slot in enumerate(done.slots):
        after = number + 1 < len(done.slots) and done.slots[number + 1].begin_at == slot.end_at
        if own[number] > 0 and began is None:
            began = slot.begin_at
        if began is not None and not (after and own[number + 1] > 0):
            zone = row.arrives_at.tzinfo
            yield f"{began.astimezone(zone):%H:%M}–{slot.end_at.astimezone(zone):%H:%M}"
            began = None


def _sums(done: ChargingPlan, currency: str) -> Iterable[str]:
    yield ""
    yield f"Planned: {done.kwh:,.2f} kWh for {done.cost:,.2f} {currency}".rstrip()
    yield f"At once: {done.at_once_kwh:,.2f} kWh for {done.at_once_cost:,.2f} {currency}".rstrip()
    if abs(done.kwh - done.at_once_kwh) > 0.01 * max(done.kwh, 1.0):
        planned, naive = (cost / max(kwh, 1e-9) for cost, kwh in _both(done))
        yield f"They do not give the same: a kWh costs {planned:.4f} by the plan and {naive:.4f} at once"
    elif done.at_once_cost > 0:
        saved = done.at_once_cost - done.cost
        yield f"Saved:   {saved:,.2f} {currency}".rstrip() + f", {100 * saved / done.at_once_cost:.1f} %"
    if done.bound is not None and abs(done.bound) > 0.005:
        gap = 100 * (done.cost - done.bound) / abs(done.bound)
        yield f"No plan could cost less than {done.bound:,.2f}; this one is {gap:.2f} % above that"


def _both(done: ChargingPlan) -> tuple[tuple[float, float], tuple[float, float]]:
    return (done.cost, done.kwh), (done.at_once_cost, done.at_once_kwh)
