"""How a process that serves looks for garbage: seldom, never among what it has loaded, and not while it loads."""

import gc

SEARCH_AFTER = 10_000  # objects made and not let go; Python's own 700 is a fraction of one tick of many stations


def load() -> None:
    """Nothing that is loaded is let go again, and looking through all of it again and again is a tenth of a start."""
    gc.disable()


def settle() -> None:
    """Once everything is loaded: it stays, so no search for rings of garbage has to look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(SEARCH_AFTER)
    gc.enable()
