"""The operator API about partners."""
