"""Bugs made by small changes to the functions of a Python file, and features taken out of it."""
