"""Attacks on what a machine has: processes, memory, disk, time. Each is small: it goes a little beyond small limits."""

from __future__ import annotations

import errno

import msgspec

from agent_envs.conformance.violation import demand

from .stage import SMALL, Stage

_MB = 1 << 20
_DAEMON = "setsid sh -c 'trap \"\" TERM HUP INT; while :; do echo x >> {file}; done' > /dev/null 2>&1 < /dev/null &"
_HOLD = "head -c {mb}M /dev/zero | tail -n 1 > /dev/null"  # tail holds the one line in memory


def nothing_outlives_its_command(stage: Stage) -> None:
    """What a command leaves running is ended with it, even if it hides from signals, its session and its output."""
    sandbox = stage.sandbox()
    daemon, waiter = _DAEMON.format(file=f"alive-{stage.secret}"), f"sh -c 'sleep 1000; : {stage.secret}'"
    for way in (daemon, f"( ( {daemon} ) & )", f"{waiter} & {waiter} | cat &"):
        done = sandbox.run(f"{way}\necho started")
        demand(done.output == "started\n" and not done.timed_out, f"a command with a background process gives {done}")
        size = sandbox.run("cat alive* 2> /dev/null | wc -c").output
        demand(sandbox.run("cat alive* 2> /dev/null | wc -c").output == size, f"{way!r} outlives its command")
    pattern = f"[{stage.secret[0]}]{stage.secret[1:]}"  # which does not find itself
    left = sandbox.run(f"cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\\0' '\\n' | grep -c '{pattern}'").output
    demand(left == "0\n", f"{left.strip()} processes outlive their commands")


def no_time_bomb_goes_off(stage: Stage) -> None:
    """What is to happen later does not: nothing waits for its time between commands."""
    sandbox = stage.sandbox()
    sandbox.run("(while [ ! -e signal ]; do :; done; echo boom > boom) > /dev/null 2>&1 & disown -a")
    sandbox.run("(echo 'echo boom > boom' | at now; echo '* * * * * echo boom' | crontab -) > /dev/null 2>&1")
    sandbox.write("signal", b"")
    sandbox.run("for i in $(seq 20000); do :; done")
    demand(sandbox.run("cat boom").exit_code != 0, "a process waited for its time, and acted")


def every_command_ends(stage: Stage) -> None:
    """A command ends in time, whether it sleeps, works, stops itself or ignores signals; so does what it started."""
    sandbox = stage.sandbox()
    for way in (
        "sleep 1000",
        "trap '' TERM INT HUP; while :; do :; done",
        "kill -STOP $$",
        "sleep 1000 | sleep 1000 & wait",
        "exec > /dev/null 2>&1; sleep 1000",
        "yes",
    ):
        done = sandbox.run(way, timeout_s=0.2)
        demand(done.timed_out and done.exit_code == 124, f"{way!r} comes back as {done!r:.300}")
        demand(sandbox.run("echo on").output == "on\n", f"after {way!r} the sandbox is lost")
    limited = stage.sandbox(msgspec.structs.replace(SMALL, cpu_s=1)).run("while :; do :; done", timeout_s=60)
    demand(not limited.timed_out and limited.exit_code > 128, f"processor time is not limited: {limited}")


def processes_are_counted(stage: Stage) -> None:
    """A command starts as many processes as it may and no more, and a fork bomb ends with its command."""
    sandbox = stage.sandbox(msgspec.structs.replace(SMALL, processes=24))
    sandbox.run("for i in $(seq 60); do (echo >> started; sleep 1000) & done", timeout_s=1)
    started = len(sandbox.read("started"))
    demand(10 < started <= 24, f"{started} processes of 60 were started, and 24 are allowed")
    for bomb in (":(){ :|:& };:", "f() { f & f & }; f; wait", "while :; do (setsid sleep 1000 &) ; done"):
        sandbox.run(bomb, timeout_s=0.5)
        demand(sandbox.run("echo on").output == "on\n", f"after {bomb!r} the sandbox is lost")


def a_process_has_limited_memory(stage: Stage) -> None:
    """A process that takes more memory than it may is refused it, or ended."""
    sandbox = stage.sandbox(msgspec.structs.replace(SMALL, memory_mb=96))
    done = sandbox.run(f"set -o pipefail; {_HOLD.format(mb=200)} && echo survived")
    demand("survived" not in done.output, "a process took 200 MB, and 96 are allowed")
    fits = sandbox.run(f"set -o pipefail; {_HOLD.format(mb=20)} && echo survived")
    demand("survived" in fits.output, f"a process may not take 20 MB, and 96 are allowed: {fits}")


def all_processes_have_limited_memory(stage: Stage) -> None:
    """Processes that together take more memory than they may are ended, and the sandbox goes on."""
    sandbox = stage.sandbox(msgspec.structs.replace(SMALL, memory_mb=96, disk_mb=8))
    # Each holds its memory until all have it: none can leave before the pipe that they wait for is written.
    hold = "(head -c 60M /dev/zero | tail -n 1 | ([ $(head -c 1 | wc -c) = 1 ] && echo held >> held; cat gate))"
    sandbox.run(f"mkfifo gate; for i in 1 2 3 4 5; do {hold} & done; wait", timeout_s=2)
    held = sandbox.run("cat held 2> /dev/null | wc -l").output
    demand(int(held) < 5, "five processes of 60 MB each were alive at once, and 104 MB are allowed")
    demand(sandbox.run("echo on").output == "on\n", "after the memory was used up the sandbox is lost")


def a_file_has_a_limited_size(stage: Stage) -> None:
    """A file grows as large as it may, and no larger, also one that is not really there."""
    sandbox = stage.sandbox(msgspec.structs.replace(SMALL, file_mb=4))
    sandbox.run("head -c 9M /dev/zero > big; truncate -s 1T sparse; dd if=/dev/zero of=far bs=1 count=1 seek=1T")
    sizes = sandbox.run("stat -c %s big sparse far 2> /dev/null").output.split()
    demand(all(int(size) <= 4 * _MB for size in sizes), f"files of {sizes} bytes were made, and 4 MB are allowed")
    try:
        sandbox.write("big", bytes(9 * _MB))
    except OSError as error:
        demand(error.errno == errno.EFBIG, f"a file that is too large is refused as {error!r}")
    else:
        demand(False, "a file of 9 MB is written, and 4 are allowed")


def the_disk_is_not_filled(stage: Stage) -> None:
    """All files together, those for a while included, hold as much as they may; the same goes for their number."""
    sandbox = stage.sandbox(msgspec.structs.replace(SMALL, disk_mb=8))
    sandbox.run("for i in $(seq 12); do for to in . /tmp /dev/shm; do head -c 1M /dev/zero > $to/fill$i; done; done")
    total = sandbox.run("cat fill* /tmp/fill* /dev/shm/fill* | wc -c; rm -f fill* /tmp/fill* /dev/shm/fill*").output
    demand(int(total.split()[0]) <= 2 * 8 * _MB, f"files of {total} bytes were made, and 8 MB are allowed")
    count = sandbox.run("for i in $(seq 5000); do : > f$i; done 2> /dev/null; ls -f | wc -l").output
    demand(int(count) < 5000, "files without end were made")
    demand(
        sandbox.run("rm -f f*; echo on > on; cat on").output == "on\n", "after the disk was full the sandbox is lost"
    )
