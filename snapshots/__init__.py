"""Frozen worlds, content-addressed; opened fresh per episode, forked cheaply."""
