"""How a process that serves looks for garbage: seldom, and never among what it has loaded."""

import gc

SEARCH_AFTER = 10_000  # objects made and not let go; Python's own 700 is a fraction of one tick of many stations


def settle() -> None:
    """Once everything is loaded: it stays, so no search for rings of garbage has to look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(SEARCH_AFTER)
