"""Wrappers: what the agent sees of its own history; each imports the core only."""
