"""How a process that serves looks for garbage: seldom, never among what it has loaded, and not while it loads."""

import gc

# Objects made and not let go. What two hundred messages hold while they are under way is 20,000, of which none is
# garbage, and Python's own 700 is a fraction of that; what is left in rings is a few objects for each who leaves.
SEARCH_AFTER = 50_000


def load() -> None:
    """Nothing that is loaded is let go again, and looking through all of it again and again is a tenth of a start."""
    gc.disable()


def settle() -> None:
    """Once everything is loaded: it stays, so no search for rings of garbage has to look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(SEARCH_AFTER)
    gc.enable()
