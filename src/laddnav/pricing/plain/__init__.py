"""A Tariff as the people read it who pay by it: in words, and as a picture of a week."""
