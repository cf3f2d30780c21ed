"""The Tariff that comes with every CDR is read once; what is read of it, and what is wrong in it, is the same."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from laddnav.cdrs.model import Cdr
from laddnav.kit.json import Unreadable
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.ocpi.wire.shared import repeated
from tests.ocpi.wire.test_credit import example
from tests.ocpi.wire.test_examples import HEARING, SPELT

VERSIONS = pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])


def read(version: str, words: dict[str, Any]) -> Cdr:
    return SPELT[version][Cdr].decode(encoded(words), HEARING)


@VERSIONS
def test_cdrs_that_bring_the_same_bytes_bring_the_same_tariff(version: str) -> None:
    one, other = read(version, example(version)), read(version, example(version, id="ANOTHER"))
    assert one.tariffs[0] is other.tariffs[0]
    assert one == SPELT[version][Cdr].convert(parsed(encoded(example(version))), HEARING)


@VERSIONS
def test_one_that_differs_in_a_digit_is_another(version: str) -> None:
    dearer = deepcopy(example(version))
    dearer["tariffs"][0]["elements"][0]["price_components"][0]["price"] += 1
    component, before = (
        read(version, words).tariffs[0].elements[0].components[0] for words in (dearer, example(version))
    )
    assert component.price == before.price + 1


@VERSIONS
def test_a_tariff_of_unusual_length_is_read_and_not_kept(version: str) -> None:
    long = deepcopy(example(version))
    long["tariffs"][0]["elements"] *= repeated.LONGEST_KEPT // 50
    one, other = read(version, long), read(version, long)
    assert one == other and one.tariffs[0] is not other.tariffs[0]


@VERSIONS
def test_what_is_wrong_in_a_tariff_is_named_by_its_whole_path(version: str) -> None:
    words = deepcopy(example(version))
    words["tariffs"].append(deepcopy(words["tariffs"][0]))
    words["tariffs"][1]["elements"][0]["price_components"][0]["price"] = "2.00"
    for _ in range(2):
        with pytest.raises(Unreadable, match=r"\$\.tariffs\[1\]\.elements\[0\]\.price_components\[0\]\.price"):
            read(version, words)
