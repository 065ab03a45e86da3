"""What the tests of sandboxes share: a small snapshot, and sandboxes over it that are closed afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from agent_envs.sandbox import Sandbox, available, backends, docker, start

Open = Callable[..., Sandbox]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a program, a text and a subfolder."""
    folder = tmp_path / "snapshot"
    (folder / "inner").mkdir(parents=True)
    (folder / "main.py").write_text("print('hello')\n")
    (folder / "inner" / "text.txt").write_text("one\n")
    return folder


@pytest.fixture
def opened(folder: Path) -> Iterator[Open]:
    """Opens sandboxes over the folder, by the best backend there is."""
    if not any(backend.isolates and not backend.missing for backend in available()):
        pytest.skip("; ".join(f"{backend.name}: {backend.missing}" for backend in available() if backend.missing))
    with ExitStack() as stack:

        def begin(path: Path | None = None, **options: Any) -> Sandbox:
            sandbox = start(path or folder, **options)
            stack.callback(sandbox.close)
            return sandbox

        yield begin


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The only folder on the PATH, empty at first; what was tried with another PATH is forgotten, before and after."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    forget()
    yield folder
    forget()


def forget() -> None:
    """What backends are there is tried again when it is next asked for."""
    backends.tried.cache_clear()
    docker.engine.cache_clear()
