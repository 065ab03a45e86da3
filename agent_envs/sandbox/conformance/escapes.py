"""Attacks on the host: its files, its environment, its processes, its network, and rights over it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from agent_envs.conformance.violation import demand

from .stage import Stage

# The devices and settings of the kernel by which a host is taken over; only asked for, never written.
_LEVERS = (
    "/proc/sysrq-trigger /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /sys/kernel/uevent_helper"
    " /dev/mem /dev/kmsg /dev/sda /dev/vda /dev/nvme0n1 /var/run/docker.sock /run/docker.sock"
)
_TRACE = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
for process in map(int, sys.argv[1:]):
    print("traced" if libc.ptrace(16, process, None, None) == 0 else "refused")
"""
# Families of sockets that reach beyond a network namespace: the host of a virtual machine, radios, other hosts.
_FAMILIES = """
import socket
for number in range(64):
    if number not in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET, socket.SOCK_RAW):
            try:
                socket.socket(number, kind)
                print(number)
            except OSError:
                pass
"""
_SPEAK = """
import socket, sys
for kind, address in ((socket.SOCK_STREAM, sys.argv[1]), (socket.SOCK_DGRAM, sys.argv[1])):
    try:
        socket.socket(socket.AF_UNIX, kind).connect("\\0" + address)
        print("reached")
    except OSError:
        print("refused")
"""


def secrets_are_not_read(stage: Stage) -> None:
    """Neither passwords, nor the home, nor a file that everybody may read can be read."""
    planted = stage.folder / "secret.txt"
    planted.write_text(stage.secret)
    planted.chmod(0o644)
    sandbox = stage.sandbox()
    shown = sandbox.run(
        f"cat {planted} /proc/1/root{planted} /proc/1/cwd{planted}; grep -rs {stage.secret} /tmp /home"
    ).output
    demand(stage.secret not in shown, "a file of the host was read")
    shadow = sandbox.run("cat /etc/shadow").output
    demand("root:" not in shadow, "/etc/shadow was read")
    home = {path.name for path in Path.home().iterdir()} if Path.home().is_dir() else set()
    seen = set(sandbox.run(f"ls -A {Path.home()}").output.splitlines())
    demand(len(home) < 3 or not home <= seen, f"the home of the host is shown: {sorted(home & seen)}")


def the_environment_does_not_leak(stage: Stage) -> None:
    """No variable of the host is seen, in no process."""
    os.environ["AGENT_ENVS_SECRET"] = stage.secret
    try:
        stage.bystander()
        shown = stage.sandbox().run("env; set; cat /proc/*/environ /proc/*/cmdline | tr '\\0' '\\n'").output
    finally:
        del os.environ["AGENT_ENVS_SECRET"]
    demand(stage.secret not in shown, "the environment or the arguments of a process of the host were read")


def neighbours_do_not_meet(stage: Stage) -> None:
    """Two sandboxes share no file and no folder."""
    one, other = stage.sandbox(), stage.sandbox()
    one.run(f"for to in . /tmp /dev/shm /var/tmp /run ~; do echo {stage.secret} > $to/left; done")
    shown = other.run("cat ./left /tmp/left /dev/shm/left /var/tmp/left /run/left ~/left").output
    demand(stage.secret not in shown, "what one sandbox wrote is read in another")


def nothing_is_written_outside(stage: Stage) -> None:
    """Only the tree and the folder for temporary files can be written, even where everybody may write."""
    everybodys = stage.folder / "everybodys"
    everybodys.mkdir()
    everybodys.chmod(0o777)
    name = f"written-{stage.secret}"
    places = ("/", "/etc", "/usr", "/usr/bin", "/var/tmp", "/opt", "/run", "/dev", "/home", str(Path.home()), "/tmp")
    sandbox = stage.sandbox()
    for place in (*places, str(everybodys), str(stage.snapshot)):
        sandbox.run(f"echo x > {place}/{name}; mkdir -p {place} && echo x > {place}/{name}")
        sandbox.run(f"ln -s {place} out; echo x > out/{name}; rm out")
        written = Path(place, name)
        if written.exists():
            written.unlink()
            demand(False, f"a command wrote to {place} of the host")
    changed = sandbox.run("for to in / /usr /etc; do touch $to/x && echo $to; done 2> /dev/null").output
    demand(changed == "", f"commands can write to {changed.split()}")


def nobody_is_reached(stage: Stage) -> None:
    """No server of the host is reached, by no protocol; and no other host, for there is no way out."""
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_UNIX) as unix,
    ):
        udp.bind(("127.0.0.1", 0))
        unix.bind(f"\0{stage.secret}")
        unix.listen()
        for server in (tcp, udp, unix):
            server.setblocking(False)
        sandbox = stage.sandbox()
        ports = tcp.getsockname()[1], udp.getsockname()[1]
        sandbox.run(f"echo x > /dev/tcp/127.0.0.1/{ports[0]}; echo x > /dev/udp/127.0.0.1/{ports[1]}", timeout_s=5)
        sandbox.write("speak.py", _SPEAK.encode())
        shown = sandbox.run(f"python speak.py {stage.secret}").output
        demand(shown == "refused\n" * 2, f"a socket of the host that has no file is reached: {shown}")
        sandbox.write("families.py", _FAMILIES.encode())
        families = sandbox.run("python families.py").output
        demand(families == "", f"there are sockets of the families {families.split()}, which leave the sandbox")
        for name, receive in (("TCP", tcp.accept), ("UDP", lambda: udp.recv(1))):
            try:
                receive()
            except BlockingIOError:
                continue
            demand(False, f"a server of the host is reached by {name}")
        outside = sandbox.run("echo x > /dev/udp/192.0.2.1/53 && echo sent", timeout_s=5).output
        demand("sent" not in outside, "a datagram can be sent to another host")
        inside = sandbox.run("ls /sys/class/net 2> /dev/null; tail -n +3 /proc/net/dev | cut -d: -f1").output.split()
        demand(set(inside) <= {"lo"}, f"there are network devices: {inside}")


def host_processes_are_out_of_reach(stage: Stage) -> None:
    """Processes of the host are not seen, not traced and not signalled."""
    bystander = stage.bystander()
    sandbox = stage.sandbox()
    shown = sandbox.run("cat /proc/[0-9]*/cmdline | tr '\\0' '\\n'").output
    demand(stage.secret not in shown, "a process of the host is seen")
    sandbox.write("trace.py", _TRACE.encode())
    traced = sandbox.run(f"python trace.py {bystander.pid} 1 $PPID").output
    demand(traced == "refused\n" * 3, f"tracing a process of the host, and the one that serves the sandbox: {traced}")
    sandbox.run(f"kill -9 {bystander.pid}; kill -9 -- -{bystander.pid} {os.getpid()}")
    demand(bystander.poll() is None, "a process of the host was ended")


def the_parent_survives(stage: Stage) -> None:
    """A command that ends all that it can see ends itself at most."""
    bystander = stage.bystander()
    sandbox = stage.sandbox()
    sandbox.write("kept", b"x")
    for way in (
        "kill -9 $PPID",
        "kill -9 1",
        "kill -9 -1",
        "kill -STOP 1 $PPID",
        "for p in $(seq 50); do kill -9 $p; done",
        "for s in $(seq 64); do kill -$s 1; done",
        "for p in 1 $PPID; do for what in cpu=0:0 as=1:1 nofile=0:0; do prlimit --pid $p --$what; done; done",
    ):
        sandbox.run(way)
        demand(sandbox.run("cat kept").output == "x", f"after {way!r} the sandbox is lost")
    ways = "echo > /proc/1/mem", "cat /proc/1/environ", "cat /proc/1/maps", "cat /proc/1/fd/0", "echo > /proc/1/fd/1"
    for way in ways:
        demand(sandbox.run(way).exit_code != 0, f"the process that serves the sandbox is open to {way!r}")
    demand(bystander.poll() is None, "a process of the host was ended")


def no_rights_are_gained(stage: Stage) -> None:
    """A command is no root, has no capability, and gets none by a program; what takes a host over is not writable."""
    sandbox = stage.sandbox()
    status = sandbox.run("id -u; grep -E '^(Cap(Prm|Eff)|NoNewPrivs)' /proc/self/status").output.split()
    demand(status[0] != "0", "commands run as root")
    demand(
        status[1:] == ["CapPrm:", "0" * 16, "CapEff:", "0" * 16, "NoNewPrivs:", "1"], f"a command has rights: {status}"
    )
    demand(sandbox.run("mknod disk b 254 0 && echo made").output.endswith("made\n") is False, "a device can be made")
    open_ones = sandbox.run(f"for lever in {_LEVERS}; do [ -w $lever ] && echo $lever; done").output.split()
    demand(open_ones == [], f"commands can write {open_ones}")
    mounted = sandbox.run("mount -t tmpfs none /tmp 2> /dev/null && echo mounted").output
    demand(mounted == "", "a command can mount")
