from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from agent_envs.outcome import Fault
from agent_envs.sandbox import Limits, Sandbox, Snapshot, View, available, start
from agent_envs.sandbox.guest import wire
from agent_envs.sandbox.local import LocalSandbox

Open = Callable[..., Sandbox]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def test_a_snapshot_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match="give the folder"):
        start(tmp_path / "nothing")


@pytest.mark.parametrize("limits", [{"memory_mb": 0}, {"processes": -1}])
def test_limits_are_above_zero(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="give a whole number above 0"):
        Limits(**limits)


def test_a_command_that_is_refused_is_told_its_own_length(opened: Open) -> None:
    sandbox = opened()
    for run in (sandbox.run, sandbox.shell):
        with pytest.raises(ValueError, match=r"a command of 7 characters .*none of them zero"):
            run("echo \0x")


def test_a_message_that_nobody_reads_is_given_up() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with pytest.raises(TimeoutError):
        wire.send(writing, {}, bytes(1 << 20), 0.001)
    for fd in (reading, writing):
        os.close(fd)


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
