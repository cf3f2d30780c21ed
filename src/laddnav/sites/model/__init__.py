"""The nouns of a site: what it is, what it is told and tells, the plan, and how it stands.

Amperes are per phase of the mains. What was set up, and what is said to a Station, is exact; a plan is in floats.
"""
