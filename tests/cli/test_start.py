"""How little is loaded before a command does its work, and the library's own page, as it is written."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "tests" / "cases" / "ocpi" / "2.2.1"
CDR = EXAMPLES / "cdrs" / "example-of-a-cdr.json"
TARIFF = EXAMPLES / "tariffs" / "complex-tariff-example.json"

# Each takes longer to load than a price takes to make.
HEAVY = {"asyncio", "asyncpg", "babel", "numpy", "rich", "starlette", "structlog", "typer", "uvicorn"}


def said(code: str, *words: str, at: Path = ROOT) -> str:
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=60, cwd=at)
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded_after(code: str, *words: str) -> set[str]:
    modules = "\nimport sys\nprint(' '.join(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code + modules, *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


def test_the_pricing_library_loads_neither_database_nor_server_nor_numbers() -> None:
    loaded = loaded_after("from laddnav.pricing import price")
    assert not loaded & HEAVY
    rooms = {name.split(".")[1] for name in loaded if name.startswith("laddnav.")}
    assert rooms == {"kit", "metering", "pricing", "tariffs"}


CALL = """
from laddnav.cli.main import COMMANDS
import sys
for commands in COMMANDS.values():
    if sys.argv[1] in commands:
        commands[sys.argv[1]].run(sys.argv[1], sys.argv[2:])
"""


@pytest.mark.parametrize(
    "words",
    [
        ("price", "--cdr", CDR, "--json"),
        ("check-cdr", CDR, "--json"),
        ("credit-cdr", CDR, "--json"),
        ("lint", TARIFF, "--json"),
        ("explain", TARIFF),
        ("budget", TARIFF, "--amount", "5", "--timezone", "Europe/Amsterdam"),
    ],
    ids=lambda words: words[0],
)
def test_a_command_of_pricing_loads_nothing_that_prices_do_not_need(words: tuple[str | Path, ...]) -> None:
    loaded = loaded_after(CALL, *map(str, words))
    assert not loaded & (HEAVY | {"typing_extensions", "laddnav.db", "laddnav.ocpi.wire.v2_2_1.location"})


def test_the_list_of_commands_loads_none_of_them() -> None:
    loaded = loaded_after("import sys\nfrom laddnav.cli.main import _run\n_run(['--help'])")
    assert {name for name in loaded if name.startswith("laddnav.cli")} == {"laddnav.cli", "laddnav.cli.main"}
    assert "msgspec" not in loaded


def test_the_librarys_page_works_as_it_is_written(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "howto" / "use-the-pricing-library.md").read_text()
    examples = re.findall(r"```python\n(.*?)```", page, re.S)
    assert len(examples) == 2
    (tmp_path / "cdr.json").write_bytes(CDR.read_bytes())
    (tmp_path / "tariff.json").write_text(json.dumps(json.loads(CDR.read_bytes())["tariffs"][0]))
    total, line, bill = said("".join(examples), at=tmp_path).splitlines()
    assert total == "4 4.4 EUR"
    assert line.startswith("TIME 2 h at 2.00 - The price that always applies.")
    assert bill == "4.4 for 2 charging periods"
