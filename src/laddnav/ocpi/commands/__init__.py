"""What is asked of a partner, or by one, and answered later: commands, profiles, bookings, Tokens."""
