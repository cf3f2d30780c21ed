"""The checks of every file, as tests, so that one closing line counts them all."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROGRAMS = Path(sys.executable).parent


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("ruff format --check --diff", id="every file is formatted"),
        pytest.param("ruff check", id="no file has what the linter refuses"),
        pytest.param("lint-imports", id="no room reaches where it may not"),
        pytest.param("mypy", id="every type fits"),
    ],
)
@pytest.mark.timeout(600)  # in a fresh clone types are reckoned anew: a minute of a core, two and more on a busy one
def test_that(words: str) -> None:
    program, *arguments = words.split()
    ran = subprocess.run([PROGRAMS / program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"{words}\n{ran.stdout}{ran.stderr}"
