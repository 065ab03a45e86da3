"""Questions with exactly one answer, drawn from a knowledge graph and proved against the encyclopedia beside it."""

from .make import make_tasks

__all__ = ["make_tasks"]
