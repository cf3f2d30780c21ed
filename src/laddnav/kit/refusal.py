"""The two families of errors that somebody may catch."""


class Refusal(Exception):
    """The request cannot be granted as it stands; the next move is the asker's."""


class Trouble(Exception):
    """Something outside is down; nobody is at fault and trying again later may help."""
