"""What the ledger refuses beyond what an Entry cannot be."""

from laddnav.kit.refusal import Refusal


class PostedDifferently(Refusal):
    """An Entry of this key was posted with other content; a posting is corrected by another one, never changed."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Entry {key} was posted before with other content")
        self.key = key
