"""Rollouts: policies, one policy through one episode, and the record of it."""
