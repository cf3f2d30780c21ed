"""What is done about an ill: by one click or by a rule, asked of the Station once, and followed until it helped."""
