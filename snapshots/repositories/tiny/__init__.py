"""A tiny repository that is put together from parts of ours, with nothing to fetch."""

from .generate import generate

__all__ = ["generate"]
