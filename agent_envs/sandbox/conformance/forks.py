"""Checks of the tree: the snapshot under it, its digest, its forks, and that nothing of it is left behind."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from agent_envs.conformance.violation import demand
from agent_envs.outcome import Fault

from ..protocol import Sandbox
from ..snapshot import Snapshot
from .stage import Stage

# What may happen to names: changed, removed, and replaced by others of every kind.
_CHANGES = (
    "echo more >> readme.txt",
    "rm run.sh",
    "rm -r package && mkdir package && echo new > package/code.py",
    "rm -r package/inner; echo file > package/inner",
    "rm link.txt; mkdir link.txt; touch link.txt/x",
    "ln -s nowhere broken; mkfifo pipe; mkdir -p empty/folders",
    "mv package moved; chmod 000 moved/code.py; chmod 500 moved",
    "mkdir locked; echo x > locked/file; chmod 000 locked",
    "ln readme.txt hard",
)
# The same tree made in another order and at other times.
_AGAIN = "mkdir -p b/c; echo 1 > b/c/one; touch -d 2001-01-01 b/c/one; echo 2 > a; ln -s a l"
_DEEP = "deep=$(printf 'd/%.0s' $(seq 400)); mkdir -p $deep && echo deep > $deep/bottom"
_NAMES = r"printf x > $'new\nline'; printf y > $'\xff\xfe'; printf z > ' -rf *'; mkdir -- --; printf w > '--/é'"


def the_snapshot_stays_as_it_is(stage: Stage) -> None:
    """Whatever a sandbox does to its tree, the folder that it began with is as it was."""
    before = Snapshot(stage.snapshot).digest()
    sandbox = stage.sandbox()
    demand(sandbox.digest() == before, "a new sandbox does not have its snapshot's digest")
    sandbox.run("rm -rf ./* ; echo mine > readme.txt; mkdir package")
    demand(Snapshot(stage.snapshot).digest() == before, "a command changed the snapshot")
    demand(stage.sandbox().digest() == before, "a command changed what other sandboxes begin with")


def equal_trees_have_equal_digests(stage: Stage) -> None:
    """The digest depends on names, contents, links and modes, and neither on times nor on how they came about."""
    one, other = stage.sandbox(), stage.sandbox()
    first = one.digest()
    one.run("touch readme.txt; echo x > y; rm y; chmod 600 run.sh; chmod 755 run.sh")
    one.run("cp -r package copy; rm -r package; mv copy package")
    one.run("echo temporary > $TMPDIR/file")
    demand(one.digest() == first, "a tree that is again as it was has another digest")
    one.run(_AGAIN)
    other.run("ln -s a l; echo 2 > a; mkdir b; echo 0 > b/c; rm b/c; mkdir b/c; echo 1 > b/c/one")
    demand(one.digest() == other.digest(), "equal trees have different digests")
    seen = {first, one.digest()}
    for change in _CHANGES:
        other.run(change)
        digest = other.digest()
        demand(digest not in seen or change.startswith("ln readme"), f"the digest does not see {change!r}")
        seen.add(digest)


def forks_are_equal_and_independent(stage: Stage) -> None:
    """At each moment a fork has the same files, goes its own way, and goes ours if the same is done in it."""
    sandbox = stage.sandbox()
    for change in _CHANGES:
        twin, stranger = stage.closing(sandbox.fork()), stage.closing(sandbox.fork())
        before = sandbox.digest()
        demand(twin.digest() == before, f"before {change!r} a fork has another digest")
        stranger.run("echo stranger > $TMPDIR/there; chmod -R u+w .; rm -rf ./*; echo stranger > readme.txt")
        demand(sandbox.digest() == twin.digest() == before, "a fork changes its original, or another fork")
        sandbox.run(f"{change}; echo temporary > $TMPDIR/file")
        demand(twin.digest() == before, "the original changes its fork")
        twin.run(change)
        demand(twin.digest() == sandbox.digest(), f"{change!r} leads to another tree in a fork")
        for one in (twin, stranger):
            one.close()
    twin = stage.closing(sandbox.fork())
    listed = "find . -mindepth 1 -printf '%p %y %m %T@ %l\\n' 2> /dev/null | sort; cat hard $TMPDIR/file; ls $TMPDIR"
    here, there = sandbox.run(listed).output, twin.run(listed).output
    demand(here == there, f"a fork's files differ:\n{here}\n{there}")


def awkward_trees_are_carried(stage: Stage) -> None:
    """Deep folders, names that are no text, and changes of everything at once have a digest and forks."""
    sandbox = stage.sandbox()
    for command in (_DEEP, _NAMES, "chmod -R a-w package; for i in $(seq 300); do echo $i > many$i; done"):
        done = sandbox.run(command)
        demand(done.exit_code == 0, f"{command!r} fails: {done.output}")
        twin = stage.closing(sandbox.fork())
        demand(twin.digest() == sandbox.digest(), f"after {command!r} a fork has another digest")
        twin.close()
    sandbox.run(f"{_DEEP}; for i in $(seq 6); do mkdir -p $deep; cd -P $deep; done; echo deep > bottom")
    demand(len(sandbox.digest()) > 0, "a tree deeper than any path has no digest")
    stage.closing(sandbox.fork()).close()
    demand(sandbox.run("echo on").output == "on\n", "after deep folders the sandbox is lost")


def nothing_is_left_behind(stage: Stage) -> None:
    """When sandboxes are closed, their processes, folders and open files are gone, whatever their trees hold."""

    def held() -> tuple[int, int]:
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        return len(children), len(list(Path("/proc/self/fd").iterdir()))

    before = held()
    sandbox: Sandbox = stage.sandbox()
    sandbox.run(f"{_DEEP}; mkdir locked; chmod 000 locked; sleep 1000 & setsid sleep 1000 &")
    twin = sandbox.fork()
    roots = [Path(one.root) for one in (sandbox, twin) if Path(one.root).is_relative_to(tempfile.gettempdir())]
    for one in (sandbox, twin, sandbox):
        one.close()
    after = held()
    demand(after == before, f"processes, open files: {before} before, and {after} when all is closed")
    left = [str(root) for root in roots if root.exists()]
    demand(not left, f"trees that are left when all is closed: {left}")
    try:
        sandbox.run("true")
    except Fault:
        return
    demand(False, "a closed sandbox runs a command; it is to raise Fault")
