"""What the tests of simulated tools share: documents in which all but what a test is about is as small as can be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def document() -> Callable[..., dict[str, Any]]:
    """Makes an OpenAPI document of paths and components."""

    def make(paths: Any, version: str = "3.1.0", **schemas: Any) -> dict[str, Any]:
        return {"openapi": version, "paths": paths, "components": {"schemas": schemas}}

    return make
