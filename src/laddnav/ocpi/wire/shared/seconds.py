"""Lengths of time that the wire counts in whole seconds."""

from datetime import timedelta


def read_seconds(seconds: int | None) -> timedelta | None:
    """Raises ValueError where no length of time is that long."""
    if seconds is None:
        return None
    try:
        return timedelta(seconds=seconds)
    except OverflowError as error:
        raise ValueError(f"{seconds} seconds are too many") from error


def write_seconds(length: timedelta | None) -> int | None:
    return None if length is None else length // timedelta(seconds=1)
