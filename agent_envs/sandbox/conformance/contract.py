"""Checks of what every sandbox does: commands, files, the shell session, and that nothing of the host shows."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

from agent_envs.conformance.violation import demand

from .stage import SMALL, Stage

_SHOWN = "env | sort; locale 2>/dev/null; umask; date +%Z; cd ~ && pwd; python -c 'print(hash(\"text\"))' 2>&1"


def commands_end_as_they_should(stage: Stage) -> None:
    """A command begins in the tree, has both of its outputs taken, and its exit code told."""
    sandbox = stage.sandbox()
    done = sandbox.run("cat package/code.py; echo wrong >&2; pwd; exit 7")
    demand(done.output == f"print('hello')\nwrong\n{sandbox.root}\n", f"a command shows {done.output!r}")
    demand(done.exit_code == 7 and not done.timed_out and not done.cut, f"exit 7 comes back as {done}")
    killed = sandbox.run("kill -TERM $$")
    demand(killed.exit_code == 128 + 15, f"a command that signal 15 ended comes back as {killed}")
    demand(sandbox.run("./run.sh").output == "ran\n", "a program of the tree does not run")
    demand(sandbox.run("X=1; cd package").exit_code == 0, "cd fails")
    demand(sandbox.run('pwd; echo "$X"').output == f"{sandbox.root}\n\n", "one command changes how the next one begins")
    for command, what in (("echo \0", "with a zero byte"), ("#" * 10_000_000, "of 10 MB")):
        _raises(ValueError, partial(sandbox.run, command), f"a command {what}")
    demand(sandbox.run("echo on").output == "on\n", "after a command that was refused the sandbox is lost")


def files_are_read_and_written(stage: Stage) -> None:
    """Files hold what was written, to the byte; what cannot be is told as Python tells it of files."""
    sandbox = stage.sandbox()
    content = bytes(range(256)) * 1000
    sandbox.write("new/folder/file.bin", content)
    demand(sandbox.read("new/folder/file.bin") == content, "a file does not hold what was written")
    sandbox.write("run.sh", b"#!/bin/sh\necho anew\n")
    demand(sandbox.run("./run.sh").output == "anew\n", "a program that was written anew does not run")
    demand(sandbox.read("link.txt") == b"A small tree.\n", "a link within the tree is not followed")
    _raises(FileNotFoundError, lambda: sandbox.read("nothing"), "reading a file that is not there")
    _raises(OSError, lambda: sandbox.read("package"), "reading a folder")
    _raises(IsADirectoryError, lambda: sandbox.write("package", b""), "writing a folder")
    _raises(NotADirectoryError, lambda: sandbox.write("readme.txt/x", b""), "writing below a file")
    _raises(OSError, lambda: sandbox.read("new/folder/file.bin", limit_bytes=10), "reading more than is allowed")
    sandbox.run("mkfifo pipe")
    _raises(OSError, lambda: sandbox.read("pipe"), "reading a pipe")
    _raises(OSError, lambda: sandbox.write("pipe", b"x"), "writing a pipe")
    demand(sandbox.run("echo on").output == "on\n", "after a mistake with files the sandbox is lost")


def no_path_leads_out(stage: Stage) -> None:
    """Neither an absolute path nor ``..`` nor a link that a command made leads out of the tree."""
    sandbox = stage.sandbox()
    secret = stage.folder / "secret.txt"
    secret.write_text(stage.secret)
    sandbox.run(f"ln -s / out; ln -s {secret} secret; ln -s ../../../../{secret} far; ln -s /proc/self/root magic")
    sandbox.run("ln -s /etc etc; ln -s loop loop; ln -s /usr/bin/env env")
    ways = (
        "/etc/passwd",
        "../x",
        "out/etc/passwd",
        "etc/passwd",
        "secret",
        "far",
        f"magic{secret}",
        "loop",
        "env",
        "",
        "\0",
    )
    for path in (*ways, "package/../../x", f"out{secret}"):
        _raises((OSError, ValueError), partial(sandbox.read, path), f"reading {path!r}")
        _raises((OSError, ValueError), partial(sandbox.write, path, b"stolen"), f"writing {path!r}")
    demand(secret.read_text() == stage.secret, "a file of the host was written")


def the_session_goes_on(stage: Stage) -> None:
    """The shell session keeps folder, variables, functions, aliases and options, also in forks and after mishaps."""
    sandbox = stage.sandbox()
    sandbox.shell("cd package; export A=$'two\\nlines' B='x  y'; C=(1 '2 3'); declare -i n=4; shopt -s nullglob")
    sandbox.shell("f() { echo \"f $1\"; }; alias hi='echo hello'; set -u")
    told = 'pwd; echo "$A"; echo "$B"; echo "${C[1]}"; n+=1; echo $n; f x; hi; shopt nullglob; env | grep -c ^A='
    expected = f"{sandbox.root}/package\ntwo\nlines\nx  y\n2 3\n5\nf x\nhello\nnullglob       \ton\n1\n"
    twin = stage.closing(sandbox.fork())
    for name, one in (("the session", sandbox), ("a fork's session", twin)):
        shown = one.shell(told).output.replace(one.root, sandbox.root)
        demand(shown == expected, f"{name} shows {shown!r} and not {expected!r}")
    twin.shell("cd inner")
    demand(sandbox.shell("basename $PWD").output == "package\n", "a fork's session changes the original's")
    demand(sandbox.shell("exit 3").exit_code == 3, "exit in a session does not tell its code")
    demand(sandbox.shell("echo $?").output == "3\n", "a session does not remember how its last command ended")
    demand(sandbox.shell("cd /; sleep 1000", timeout_s=0.2).timed_out, "a session's command is not ended in time")
    for mishap in ("cd /; kill -9 $$", "exec true"):
        sandbox.shell(mishap)
    demand(sandbox.shell("basename $PWD").output == "package\n", "after a mishap a session is not as it was")


def the_host_does_not_show(stage: Stage) -> None:
    """Language, time zone, home, hash seed, mask and path are the same, whatever the host has."""
    shown = set()
    before, mask = dict(os.environ), os.umask(0o077)
    try:
        for language, zone in (("de_DE.UTF-8", "Asia/Tokyo"), ("C", "America/Lima")):
            os.environ.update(LANG=language, LC_ALL=language, TZ=zone, PYTHONHASHSEED="7", HOME="/nowhere")
            sandbox = stage.sandbox()
            shown.add(sandbox.run(_SHOWN).output.replace(sandbox.root.removesuffix("tree"), "/"))
    finally:
        os.umask(mask)
        os.environ.clear()
        os.environ.update(before)
    demand(len(shown) == 1, f"what commands see depends on the host's settings: {shown}")
    text = shown.pop()
    for line in ("LC_ALL=C.UTF-8", "PYTHONHASHSEED=0", "0022", "UTC"):
        demand(line in text, f"commands do not see {line}: {text}")


def any_bytes_are_shown(stage: Stage) -> None:
    """Output that is no text is shown as text that can be written anywhere."""
    sandbox = stage.sandbox()
    shown = sandbox.run(r"printf 'caf\xc3\xa9 \xff\xfe\xed\xa0\x80'").output
    demand(shown == r"café \xff\xfe\xed\xa0\x80", f"bytes that are no UTF-8 are shown as {shown!r}")
    sandbox.run("head -c 100000 /dev/urandom").output.encode()


def long_output_is_cut(stage: Stage) -> None:
    """Of long output the beginning and the end are kept, with a note between them."""
    sandbox = stage.sandbox()
    done = sandbox.run("echo first; head -c 1000000000 /dev/zero; echo; echo last")
    demand(
        done.cut and len(done.output) < SMALL.output_bytes + 100, f"1 GB of output gives {len(done.output)} characters"
    )
    demand(done.output.startswith("first\n") and done.output.endswith("last\n"), "the wrong part of the output is cut")
    demand("bytes cut" in done.output, "no note says that output was cut")
    demand(not sandbox.run(f"head -c {SMALL.output_bytes} /dev/zero").cut, "output is cut that is not too long")


def nothing_waits_for_input(stage: Stage) -> None:
    """A command that reads its input finds it empty."""
    done = stage.sandbox().run("cat; read line; echo $?; (bash -i < /dev/tty) 2> /dev/null; echo on")
    demand(done.output == "1\non\n" and not done.timed_out, f"reading standard input gives {done}")


def _raises(
    expected: type[BaseException] | tuple[type[BaseException], ...], act: Callable[[], object], what: str
) -> None:
    try:
        act()
    except expected:
        return
    demand(False, f"{what} is accepted")
