"""The pages: the operator's console, served as HTML; it asks the rooms and computes nothing."""
