"""Talking to a model: what is asked and answered, and who answers: an endpoint, a local model, or a recording."""

from __future__ import annotations

from .cassette import Cassette, NotRecorded
from .endpoint import Endpoint
from .local import LocalModel
from .protocol import Call, Chat, Reply

__all__ = ["Call", "Cassette", "Chat", "Endpoint", "LocalModel", "NotRecorded", "Reply"]
