"""Readings, the weeks they lie in, what they come to in each quarter of an hour, and doubts, as they are kept."""

from laddnav.readings.store import doubts, mains, quarters, said, weeks

__all__ = ["doubts", "mains", "quarters", "said", "weeks"]
