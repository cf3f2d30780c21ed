"""`laddnav hub`, as its page tells it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

from tests.cli.conftest import Command

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "run-a-hub.md"


def test_the_page_works_as_it_is_written(laddnav: Command, database_url: str) -> None:
    laddnav.environment["LADDNAV_DATABASE"] = database_url
    blocks = re.findall(r"```\n(.*?)```", PAGE.read_text(), re.S)
    lines = [shlex.split(line)[1:] for block in blocks for line in block.splitlines()]
    wrong = ["hub", "log", "--hub", "DE*HUB", "--month", "2026-13"]
    odd = ["hub", "deny", "SE*LAD", "NL*TNM", "--hub", "DE*HUB", "--module", "weather"]
    done = [laddnav(*words, status=None) for words in [*lines, wrong, odd]]
    assert [one.returncode for one in done] == [0] * len(lines) + [2, 2], done
    said = {" ".join(words[:2]): one.stdout for words, one in zip(lines, done, strict=False)}
    assert said["hub allow"].split() == ["one", "other", "module", "NL*TNM", "SE*LAD", "-"]
    assert said["hub log"] == ""
    assert json.dumps("2026-13")[1:-1] in done[-2].stderr
    assert "locations" in done[-1].stderr
