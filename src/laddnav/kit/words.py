"""How a sentence is marked that is shown in the language of its reader, wherever in the house it is written."""


def N_(text: str) -> str:
    """gettext's own name for a text that is translated where it is shown."""
    return text
