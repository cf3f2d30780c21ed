"""Every question that the text leaves open is answered in one table, which people can read."""

import re
from enum import StrEnum
from pathlib import Path
from typing import get_type_hints

from laddnav.pricing.policy import OURS, Policy

READINGS = (Path(__file__).parents[2] / "docs" / "reference" / "pricing-readings.md").read_text(encoding="utf-8")
ROWS = {match[1]: match[0] for match in re.finditer(r"^\| `(\w+)` \|.*$", READINGS, re.MULTILINE)}


def test_every_switch_is_a_row_of_the_readings() -> None:
    assert set(ROWS) == set(Policy.__struct_fields__) - {"name"}


def test_every_row_names_our_answer_first_and_all_the_others() -> None:
    for switch, answers in get_type_hints(Policy).items():
        if not issubclass(answers, StrEnum):
            continue
        ours, others = ROWS[switch].split("|")[2:4]
        assert f"`{getattr(OURS, switch)}`" in ours
        assert all(f"`{answer}`" in others for answer in answers if answer is not getattr(OURS, switch)), switch
