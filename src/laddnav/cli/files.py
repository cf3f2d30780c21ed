"""Files that a command is given: read whole, unpacked where they are packed, and named where they are wrong."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from laddnav.cli.words import WrongCall
from laddnav.kit.refusal import Refusal

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")

_GZIP = b"\x1f\x8b"


def read(file: str) -> bytes:
    """Its bytes, unpacked; `-` is standard input. Raises WrongCall."""
    try:
        document = sys.stdin.buffer.read() if file == "-" else _bytes(file)
    except (OSError, ValueError) as error:
        raise WrongCall(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if document.startswith(_GZIP):
        document = _unpacked(file, document)
    if not document.strip():
        raise WrongCall(f"{file} is empty")
    return document


def texts(paths: Iterable[Path]) -> dict[str, str]:
    """Of these files, and of all files in these folders, by name. Raises WrongCall."""
    found: dict[str, str] = {}
    for path in paths:
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            if not (path.is_dir() and (file.is_dir() or file.name.startswith("."))):
                found[file.name.removesuffix(".gz")] = _text(file)
    return found


def _text(file: Path) -> str:
    document = read(str(file))
    try:
        return document.decode()
    except UnicodeDecodeError as error:
        line = document[: error.start].count(b"\n") + 1
        raise WrongCall(f"{file}, line {line}: it is not UTF-8") from error


def read_as(file: str, reader: Callable[[bytes], T]) -> T:
    """What a file says, read by somebody who knows what it is. Raises WrongCall, naming the file."""
    document = read(file)
    try:
        return reader(document)
    except Refusal as refusal:
        raise WrongCall(f"{file}: {_in_its_lines(str(refusal), document)}") from refusal


_IN_BYTES = re.compile(r" \(byte (\d+)\)")


def _in_its_lines(said: str, document: bytes) -> str:
    """What is wrong and where, as who looks at the file sees it."""
    place = _IN_BYTES.search(said)
    if place is None:
        holds_a_list = said.startswith("Expected `object`") and document.lstrip().startswith(b"[")
        return "it holds a list, where one object is wanted" if holds_a_list else said
    line = document[: int(place[1])].count(b"\n") + 1
    if "trailing characters" in said:
        return (
            f"something follows the first JSON object, on line {line}; of CDRs one a line `laddnav reprice` takes many"
        )
    return said.replace(place[0], f" (line {line})")


def _bytes(file: str) -> bytes:
    with open(file, "rb") as opened:  # pathlib would be loaded for this alone, and with it urllib
        return opened.read()


def _unpacked(file: str, document: bytes) -> bytes:
    import gzip
    import zlib

    try:
        return gzip.decompress(document)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise WrongCall(f"{file} is packed and not whole: {error}") from error
