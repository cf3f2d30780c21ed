"""Double entry: what somebody owes and why; appended, never changed."""
