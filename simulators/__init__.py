"""Whoever answers the agent: users, judges, tool simulators."""
