"""Work on many Stations at once: what it is, how far each has come, and who carries it on."""
