"""Repositories with bugs and hidden tests."""
