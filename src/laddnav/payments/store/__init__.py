"""All SQL of the room: terminals and captures, payments with their calls, and the accounts at providers."""
