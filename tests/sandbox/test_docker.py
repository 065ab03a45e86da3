from __future__ import annotations

import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agent_envs.outcome import Fault
from agent_envs.sandbox import Sandbox, backends, docker, local, start
from agent_envs.sandbox.local import LocalSandbox

Install = Callable[..., Path]
ANSWERS = {
    "info": """echo '{"ServerVersion": "1"}'""",
    "create": "echo 'No such image' >&2; exit 1",
    "image": "exit 0",
    "rm": "exit 0",
}


@pytest.fixture
def client(programs: Path) -> Install:
    """Installs a client that answers so, and gives the file in which it notes what it is asked."""

    def install(**answers: str) -> Path:
        asked = programs / "asked"
        cases = "\n".join(f"{word}) {answer};;" for word, answer in {**ANSWERS, **answers}.items())
        (programs / "docker").write_text(f'#!/bin/sh\necho "$*" >> {asked}\ncase "$1" in\n{cases}\nesac\n')
        (programs / "docker").chmod(0o755)
        return asked

    return install


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for."""
    for name in ("_BEGIN_S", "_GRACE_S"):
        monkeypatch.setattr(local, name, 0.001)
    monkeypatch.setattr(docker, "_GRACE_S", 0.001)


def container(sandbox: Sandbox) -> str:
    """The name of its container."""
    assert isinstance(sandbox, LocalSandbox) and isinstance(sandbox._process.args, list)
    words = sandbox._process.args
    return str(words[words.index("--name") + 1])


def held(name: str) -> str:
    """What the engine holds by that name."""
    words = ["docker", "ps", "--all", "--format", "{{.Names}}", "--filter", f"label={docker.LABEL}"]
    shown = subprocess.run([*words, "--filter", f"name={name}"], capture_output=True, text=True, check=True)
    return shown.stdout.strip()


def is_soon_gone(name: str) -> bool:
    """Whether the engine lets go of a container: it may have begun to do so when it is asked to, and says no then."""
    return any(not held(name) for _ in range(200))


def test_without_its_program_docker_says_so(folder: Path, programs: Path) -> None:
    with pytest.raises(Fault, match=r"docker is not on the PATH.*start a Docker engine"):
        start(folder, backend="docker")


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({"info": "echo 'Cannot connect' >&2; exit 1"}, "docker info fails: Cannot connect"),
        ({"info": """echo '{"ServerVersion": ""}'"""}, "no engine answers it"),
        ({"info": "echo Welcome"}, "docker info answers 'Welcome', which no engine says"),
        ({"info": "echo '[1]'"}, r"docker info answers '\[1\]', which no engine says"),
        ({"run": "echo Welcome to this machine"}, "what came is no message: b'Welcome to this machine"),
        ({"run": "printf agent-envs"}, "what came is no message: b'agent-envs'"),
        ({"run": "echo no more memory >&2; exit 125"}, "the sandbox is lost .docker.: no more memory"),
    ],
)
def test_what_is_no_engine_is_a_fault_with_its_words(
    folder: Path, client: Install, answers: dict[str, str], why: str
) -> None:
    client(**answers)
    assert backends.tried("docker").missing
    with pytest.raises(Fault, match=why):
        start(folder, backend="docker")


def test_an_engine_that_hangs_is_given_up(folder: Path, client: Install, hurried: None) -> None:
    asked = client(run="exec /usr/bin/tail -f /dev/null")
    with pytest.raises(Fault, match="it did not begin within"):
        start(folder, backend="docker")
    begun, removed = asked.read_text().splitlines()[-2:]
    assert begun.startswith("run --name agent-envs-")
    assert removed == f"rm --force {begun.split()[2]}"


def test_an_engine_that_does_not_see_our_files_is_left_without_an_image(folder: Path, client: Install) -> None:
    asked = client(create="echo 'bad mount: no such path' >&2; exit 1", image="exit 1")
    with pytest.raises(Fault, match="runs on another machine, or does not see the files of this one: bad mount"):
        start(folder, backend="docker")
    assert "import" not in asked.read_text()


def test_the_image_is_made_once(programs: Path, client: Install) -> None:
    made = programs / "made"
    asked = client(image=f"test -e {made}", **{"import": f"/bin/cat; : > {made}"})
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(lambda _: docker.engine(), range(8)))) == 8
    words = [line.split()[0] for line in asked.read_text().splitlines()]
    assert words.count("import") == 1


def test_a_container_that_does_not_answer_is_removed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if missing := backends.tried("docker").missing:
        pytest.skip(missing)
    monkeypatch.setattr(docker, "_GRACE_S", 0.001)
    sandbox = start(folder, backend="docker")
    twin = sandbox.fork()
    name = container(sandbox)
    assert held(name) == name != container(twin)
    subprocess.run(["docker", "pause", name], capture_output=True, check=True)
    sandbox.close()
    assert is_soon_gone(name)
    assert twin.run("cat inner/text.txt").output == "one\n"
    twin.close()
    assert is_soon_gone(container(twin))
