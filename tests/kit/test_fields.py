"""A field that means nothing is found wherever it stands, and what may say anything may."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from msgspec import Meta, Struct

from laddnav.kit import fields, json
from laddnav.kit.fields import UnknownField


class Inner(Struct):
    a: Annotated[int, Meta(ge=0)] = 0


class Ours(Struct, tag="ours"):
    inner: Inner | None = None


class Theirs(Struct, tag="theirs"):
    other: int = 0


class Outer(Struct, rename={"spelt": "SPELT"}):
    at: datetime | None = None
    times: tuple[datetime, ...] = ()
    spelt: int = 0
    one: Annotated[Inner | None, Meta(description="x")] = None
    many: tuple[Inner, ...] = ()
    pair: tuple[int, Inner] | None = None
    by_name: dict[str, Inner] = {}
    either: Ours | Theirs | None = None
    words: dict[str, Any] = {}
    anything: Any = None


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b'{"spelt": 1}', "spelt"),
        (b'{"one": {"b": 1}}', "one.b"),
        (b'{"many": [{}, {"a": 1, "b": 1}]}', "many[1].b"),
        (b'{"pair": [1, {"b": 1}]}', "pair[1].b"),
        (b'{"by_name": {"x": {"b": 1}}}', "by_name.x.b"),
        (b'{"either": {"type": "ours", "other": 1}}', "either.other"),
        (b'{"either": {"type": "ours", "inner": {"b": 1}}}', "either.inner.b"),
    ],
)
def test_a_slip_is_named_by_where_it_stands(body: bytes, named: str) -> None:
    with pytest.raises(UnknownField, match=f"field {json.encode(named).decode()[1:-1]!r} ".replace("[", "\\[")):
        fields.decode(body, Outer)


def test_what_means_something_is_read_and_what_may_be_anything_is_not_looked_into() -> None:
    body = b"""{"SPELT": 1, "one": {"a": 1}, "many": [{}], "pair": [1, {"a": 2}], "by_name": {"x": {}},
      "either": {"type": "theirs", "other": 1}, "words": {"b": {"c": 1}}, "anything": [{"b": 1}]}"""
    read = fields.decode(body, Outer)
    assert (read.spelt, read.one, read.either) == (1, Inner(a=1), Theirs(other=1))


def test_an_instant_of_the_year_1_says_nothing() -> None:
    for body in (b'{"at": "0001-01-01T00:00:00Z"}', b'{"times": ["2026-11-23T12:00:00Z", "1969-12-31T23:59:59Z"]}'):
        with pytest.raises(json.Unreadable, match="before 1970 cannot be meant - at"):
            fields.decode(body, Outer)
    assert fields.decode(b'{"at": "1970-01-01T00:00:00Z"}', Outer).at == datetime(1970, 1, 1, tzinfo=UTC)


def test_words_of_another_kind_are_left_to_whoever_reads_them() -> None:
    for body in (b"[]", b'{"one": [1]}', b'{"many": {"b": 1}}', b'{"either": 5}', b"{"):
        with pytest.raises(json.Unreadable):
            fields.decode(body, Outer)
