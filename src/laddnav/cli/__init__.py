"""The command line: each command reads its words, calls the verbs of the rooms, and says what came of it."""
