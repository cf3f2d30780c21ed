"""What a process says about itself holds nothing that opens a door."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SAYS = """
import logging
import structlog
from laddnav.server import log

log.configure("info")
ours, theirs = structlog.get_logger(), logging.getLogger("a.library")

def sign_in(password, headers):
    raise ValueError("something broke")

for say in (ours.exception, theirs.exception):
    try:
        sign_in("open-" + "sesame", {"authorization": "Token open-" + "sesame"})
    except ValueError:
        say("it_broke")
ours.warning("said_too_much", token="open-" + "sesame", uid="open-" + "sesame")
"""


@pytest.fixture
def said() -> str:
    """On standard error, by a process that breaks while it holds a password."""
    done = subprocess.run([sys.executable, "-c", SAYS], capture_output=True, text=True, check=True)
    return done.stderr


def test_a_traceback_says_where_it_broke_and_not_what_the_variables_held(said: str) -> None:
    assert said.count('"sign_in"') == 2
    assert said.count("something broke") == 2
    assert "sesame" not in said


def test_a_field_that_is_named_like_a_secret_is_left_out(said: str) -> None:
    words = json.loads(said.splitlines()[-1])
    assert (words["event"], words["token"], words["uid"]) == ("said_too_much", "…", "…")
