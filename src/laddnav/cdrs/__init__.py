"""A charge when it is over: closed once, credited, never edited."""
