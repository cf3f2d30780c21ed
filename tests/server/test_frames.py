"""Frames of stations that are in one piece, and those that the line has cut."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as some
from websockets.frames import Frame, Opcode

from laddnav.server.handshakes import framed, rest, whole_text

lengths = some.sampled_from([0, 1, 125, 126, 127, 4_000, 65_535, 65_536, 70_000])
frames = some.builds(
    lambda opcode, many, fin: Frame(opcode, b"x" * many, fin).serialize(mask=True),
    some.sampled_from([Opcode.TEXT, Opcode.TEXT, Opcode.BINARY, Opcode.CONT]),
    lengths,
    some.booleans(),
) | some.just(Frame(Opcode.PONG, b"x").serialize(mask=True))


@settings(max_examples=60)
@given(many=lengths)
def test_a_whole_text_is_heard_as_it_was_said_and_said_as_websockets_says_it(many: int) -> None:
    said = b"x" * many
    heard = whole_text(Frame(Opcode.TEXT, said).serialize(mask=True))
    assert heard == (said if many < 65_536 else None)
    assert framed(said) == Frame(Opcode.TEXT, said).serialize(mask=False)


@settings(max_examples=60)
@given(frame=frames, data=some.data())
def test_only_a_whole_text_is_taken_for_one(frame: bytes, data: some.DataObject) -> None:
    if frame[0] != 0x81:
        assert whole_text(frame) is None
    cut = data.draw(some.integers(0, len(frame) - 1))
    assert whole_text(frame[:cut]) is None
    assert whole_text(frame + frame[:cut] + b"\x00") is None
    assert whole_text(bytes((frame[0], frame[1] & 0x7F)) + frame[2:]) is None, "who does not mask it is not heard"


@settings(max_examples=100)
@given(said=some.lists(frames, min_size=1, max_size=4), data=some.data())
def test_wherever_the_line_cuts_frames_it_is_known_where_one_ends_or_that_nobody_knows(
    said: list[bytes], data: some.DataObject
) -> None:
    line, ends = b"".join(said), [sum(map(len, said[: number + 1])) for number in range(len(said))]
    cuts = sorted(data.draw(some.sets(some.integers(1, min(len(line), 12)) | some.integers(1, len(line)), max_size=4)))
    at: int | None = 0
    for since, until in zip([0, *cuts], [*cuts, len(line)], strict=True):
        at = None if at is None else rest(line[since:until], at)
        if at is None:
            begun = max((end for end in ends if end <= until), default=0)
            assert until - begun < 14, "only within a head it is not known"
            return
        assert until + at in (0, *ends)
    assert at == 0
