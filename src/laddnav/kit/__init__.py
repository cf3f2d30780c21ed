"""Words that every room speaks; it knows no rule of charging."""
