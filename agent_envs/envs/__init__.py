"""Environments: what an episode is, over whatever world is given to it."""
