"""What a plan says of itself is kept in English and read in Swedish."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from msgspec.structs import replace

from laddnav.kit.energy import kwh
from laddnav.sites import planning
from laddnav.sites.model import OutsideLimit, SiteBattery
from laddnav.sites.problem import Outlook
from laddnav.web.pages.retold import SAID, retold
from laddnav.web.words import translations
from tests.sites.moments import NOW, charge, facts

SWEDISH = translations("sv").gettext


def test_every_sentence_of_a_plan_that_misses_and_does_not_know_is_said_in_swedish() -> None:
    battery = SiteBattery(capacity_kwh=Decimal(9), charge_kw=Decimal(3), discharge_kw=Decimal(3))
    soon = {"departs_at": NOW + timedelta(minutes=30), "energy": kwh(20)}
    now = facts(charge(wants=soon), limits=(OutsideLimit(id="1", by="DSO", kw=Decimal(1), begin_at=NOW, told_at=NOW),))
    said = set[str]()
    for zone in (None, "SE3"):
        there = replace(now, site=replace(now.site, bidding_zone=zone, battery=battery))
        made = planning.solved(there, Outlook(), number=1, why="anna asked for it")
        said |= {made.why, *made.notes}
        later = replace(there, at=NOW + timedelta(hours=1), plan=made)
        other = replace(made, situation=planning.situation(later))
        said |= {
            why
            for one in (replace(there, plan=None), later, replace(later, plan=other))
            if (why := planning.due(one, None))
        }
    assert len(said) >= 8, said
    for text in said:
        assert retold(text, SWEDISH) not in ("", text), text
    assert retold("anna asked for it", SWEDISH) == "anna bad om det"


def test_what_nobody_has_translated_stays_as_it_was_said() -> None:
    assert retold("nobody has thought of this", SWEDISH) == "nobody has thought of this"
    assert retold("100 % of it", SWEDISH) == "100 % of it"


def test_no_two_of_its_sentences_are_taken_for_each_other() -> None:
    for sentence in SAID:
        assert retold(sentence.replace("%(", "").replace(")s", ""), lambda one: one.replace("%(", "%%(")) == sentence
