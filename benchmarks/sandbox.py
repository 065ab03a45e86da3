"""Speed and memory of sandboxes: commands next to bare subprocesses, starts and forks of a tree of 5,000 files."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from figures import RESULTS, print_results, timed

from agent_envs.sandbox import Sandbox, Snapshot, available, start
from agent_envs.sandbox.local import LocalSandbox

FILES = 5_000
FILE_BYTES = 7_000
CHANGED_FILES = 20
AT_ONCE = 50


def main() -> None:
    """Measure everything and print one table and one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=50)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder, "tree")
        plant(tree)
        command = ["/bin/bash", "--norc", "--noprofile", "-c", "true"]
        timed("bare: a command", repeats, lambda: subprocess.run(command, check=True, capture_output=True))
        timed("bare: copytree", 3, lambda: copied(tree, Path(folder, "copy")))
        for backend in available():
            if backend.missing:
                print(f"{backend.name} is left out: {backend.missing}")
            else:
                measure(backend.name, tree, repeats)
    print_results("sandbox")


def plant(tree: Path) -> None:
    """A tree of files, all different, fifty to a folder."""
    for number in range(FILES):
        path = tree / f"folder{number // 50}" / f"file{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"{number:07}".encode() * (FILE_BYTES // 7))


def copied(tree: Path, to: Path) -> None:
    """Copy a tree, and forget the copy."""
    shutil.copytree(tree, to)
    shutil.rmtree(to)


def measure(name: str, tree: Path, repeats: int) -> None:
    """All figures of a backend."""
    snapshot = Snapshot(tree)
    timed(f"{name}: first digest of the snapshot", 1, snapshot.digest)

    def begin() -> Sandbox:
        return start(snapshot, backend=name, trusted=True)

    timed(f"{name}: start and close", max(3, repeats // 5), lambda: begin().close())
    sandbox = begin()
    timed(f"{name}: a command", repeats, lambda: sandbox.run("true"))
    timed(f"{name}: a command of the session", repeats, lambda: sandbox.shell("true"))
    timed(f"{name}: reading a file", repeats, lambda: sandbox.read("folder0/file0.txt"))
    timed(f"{name}: writing a file", repeats, lambda: sandbox.write("folder0/file0.txt", b"new"))
    sandbox.run(f"for i in $(seq {CHANGED_FILES}); do echo more >> folder$i/file$((i * 50)).txt; done")
    timed(f"{name}: digest with {CHANGED_FILES} files changed", repeats, sandbox.digest)
    timed(f"{name}: fork with them, and close", max(3, repeats // 5), lambda: sandbox.fork().close())
    sandbox.close()
    crowd(name, begin)


def crowd(name: str, begin: Callable[[], Sandbox]) -> None:
    """Many sandboxes at once: starting them, a command in each from eight threads, and what each holds."""
    with ThreadPoolExecutor(8) as pool:
        begun = time.perf_counter()
        sandboxes = list(pool.map(lambda _: begin(), range(AT_ONCE)))
        RESULTS[f"{name}: {AT_ONCE} at once, starting them, ms"] = (time.perf_counter() - begun) * 1e3
        begun = time.perf_counter()
        list(pool.map(lambda one: one.run("cat folder0/* | wc -c"), sandboxes))
        RESULTS[f"{name}: {AT_ONCE} at once, a command in each, ms"] = (time.perf_counter() - begun) * 1e3
    held = [held_kb(one._process.pid) for one in sandboxes if isinstance(one, LocalSandbox)]
    RESULTS[f"{name}: memory of each of {AT_ONCE}, KB (PSS)"] = median(held)
    for one in sandboxes:
        one.close()


def held_kb(process: int) -> int:
    """Memory of a process and those below it, with shared pages divided among those who share them."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    own = sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return own + sum(held_kb(int(child)) for child in children)


if __name__ == "__main__":
    main()
