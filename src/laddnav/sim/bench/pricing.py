"""Pricing under load: charges priced one at a time and by the thousand, beside the mere reading of the same bytes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import cycle
from pathlib import Path
from statistics import median

import msgspec

from laddnav.cdrs.model import Cdr
from laddnav.ocpi.connections.partners import NEWEST
from laddnav.ocpi.wire.charge import WireCharge2_2_1, read_charge
from laddnav.ocpi.wire.lines import PIECE, read_lines
from laddnav.ocpi.wire.shared.scalars import from_json, number_in
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.pricing import price
from laddnav.pricing.bulk.totals import Totals, totals
from laddnav.sim.bench import charges, workloads
from laddnav.sim.bench.figures import Figure, Goal, Measure, Pace, effort, rate
from laddnav.sim.bench.workloads import Workload
from laddnav.tariffs.model import Tariff

DECODED = "msgspec decoding the same CDR into structs"
# Tariffs are not even looked into, nor anything else that decides no price: no reading can do less.
READ = "msgspec decoding of the same CDRs what decides their price"
BARE = [sys.executable, "-c", "pass"]
OF_LINES = Goal(of=Measure.RATIO, most=2.5)

Work = Callable[[], int]  # does something, and says to how many charges


def prices(pace: Pace) -> list[Figure]:
    """No database and no server: what one core does."""
    return [
        _priced("pricing_simple", charges.simple(), pace),
        _priced("pricing_complex", charges.complex(), pace),
        *_of(workloads.simple(), pace),
        *_of(workloads.complex(), pace),
        *_of(workloads.hourly(), pace),
        _command(pace),
        _import(pace),
    ]


def _priced(name: str, tariff: Tariff, pace: Pace) -> Figure:
    session = charges.stretches()
    codec = VERSIONS[NEWEST].codecs[Cdr]
    words = codec.encode(charges.cdr("CDR-1", tariff, session))
    decoder = msgspec.json.Decoder(codec.wire, dec_hook=from_json, float_hook=number_in)
    ours, limit = _in_turn(
        [_ten(lambda: charges.closed(tariff, session)), _ten(lambda: decoder.decode(words))],
        pace.rounds,
        pace.seconds / 2,
    )
    return rate(name, "CDRs/s/core", ours, limit, DECODED)


def _of(workload: Workload, pace: Pace) -> list[Figure]:
    """One at a time, as columns, and as lines: JSON in and totals out, but for the columns."""
    lines = workload.lines(workload.count)
    bodies = [b"\n".join(piece) for piece in _pieces(lines)]
    columns, endless = read_lines(b"\n".join(lines)).columns, cycle(lines)
    decoder = msgspec.json.Decoder(WireCharge2_2_1)

    def by_column() -> int:
        return _all_fit(totals(columns, zone=charges.ZONE))

    def by_line() -> int:
        return sum(_all_fit(totals(read_lines(body).columns, zone=charges.ZONE)) for body in bodies)

    one = _ten(lambda: price(read_charge(next(endless)), zone=charges.ZONE))
    read = _ten(lambda: decoder.decode(next(endless)))
    per_second = _in_turn([one, by_column, by_line, read], pace.rounds, pace.seconds / 4)
    name, limit, goal = f"pricing_{workload.name.lower()}", per_second[3], workload.goal
    return [
        rate(name, "CDRs/s/core", per_second[0], limit, READ, goal=_more_than(goal.one)),
        rate(f"{name}_columns", "CDRs/s/core", per_second[1], limit, READ, goal=_more_than(goal.bulk)),
        rate(f"{name}_lines", "CDRs/s/core", per_second[2], limit, READ, goal=OF_LINES),
    ]


def _more_than(other: int) -> Goal:
    return Goal(of=Measure.VALUE, least=other)


def _all_fit(found: Totals) -> int:
    assert not found.left.any(), "a workload is priced by the column, all of it"
    return len(found.left)


def _pieces(lines: list[bytes]) -> list[list[bytes]]:
    """As a file of them is read."""
    many = PIECE // len(lines[0])
    return [lines[start : start + many] for start in range(0, len(lines), many)]


def _command(pace: Pace) -> Figure:
    """From the call to the last byte of the answer, as a shell meets it."""
    with tempfile.TemporaryDirectory() as folder:
        cdr = Path(folder) / "cdr.json"
        cdr.write_bytes(workloads.complex().lines(1)[0])
        call = [sys.executable, "-m", "laddnav.cli", "price", "--cdr", str(cdr), "--timezone", charges.ZONE, "--json"]
        ours, limit = _taken([partial(_wall_ms, call), partial(_wall_ms, BARE)], pace)
    return effort(
        "pricing_command", "ms", ours, limit, "Python's own start and end", goal=Goal(of=Measure.VALUE, most=150)
    )


def _import(pace: Pace) -> Figure:
    ours, limit = _taken(
        [partial(_import_ms, "from laddnav.pricing import price"), partial(_import_ms, "import msgspec, zoneinfo")],
        pace,
    )
    return effort(
        "pricing_import", "ms", ours, limit, "import of msgspec and zoneinfo", goal=Goal(of=Measure.VALUE, most=100)
    )


def _taken(ways: Sequence[Callable[[], float]], pace: Pace) -> list[float]:
    """Each in turn, as often as there are rounds and once before; the medians."""
    taken = [[way() for way in ways] for _ in range(1 + pace.rounds)]
    return [median(of_way) for of_way in zip(*taken[1:], strict=True)]


def _wall_ms(call: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(call, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - began) * 1000


def _import_ms(statement: str) -> float:
    timed = f"import time; began = time.perf_counter(); {statement}; print((time.perf_counter() - began) * 1000)"
    return float(subprocess.run([sys.executable, "-c", timed], check=True, capture_output=True).stdout)


def _in_turn(works: Sequence[Work], rounds: int, seconds: float) -> list[float]:
    """How many charges a second of processor time of each, the medians."""
    taken = [[_a_second(work, seconds) for work in works] for _ in range(rounds)]
    return [median(of_work) for of_work in zip(*taken, strict=True)]


def _a_second(work: Work, seconds: float) -> float:
    began, done = time.process_time(), 0
    while (took := time.process_time() - began) < seconds:
        done += work()
    return done / took


def _ten(work: Callable[[], object]) -> Work:
    """The clock is asked seldom enough not to be seen."""

    def ten_times() -> int:
        for _ in range(10):
            work()
        return 10

    return ten_times
