"""Databases of many episodes, in threads and processes, and at the end of the interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.snapshots.domains.image import Image

from .conftest import CLOCK
from .episodes import everything, pay


def test_a_thousand_episodes_write_the_same_row_without_conflict(shop: Image) -> None:
    episodes = [EpisodeDatabase(shop, CLOCK) for _ in range(1000)]
    for number, episode in enumerate(episodes):
        pay(episode, number)
    found = [episode.scalar("SELECT cents FROM \"order\" WHERE customer = 'c1' AND number = 1") for episode in episodes]
    assert found == [500 + number for number in range(1000)]


def test_threads_have_episodes_of_their_own(shop: Image) -> None:
    digests: dict[int, str] = {}

    def play(number: int) -> None:
        database = EpisodeDatabase(shop, CLOCK + timedelta(days=number))
        for _ in range(50):
            database.reset()
            for _ in range(3):
                pay(database)
            twin = database.fork()
            assert twin.scalar("SELECT datetime('now')") == twin.now
            pay(twin, -3)
            assert twin.diff() == ()
        digests[number] = database.digest()

    threads = [threading.Thread(target=play, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database = EpisodeDatabase(shop, CLOCK)
    pay(database, 3)
    assert digests == dict.fromkeys(range(4), database.digest())


def test_a_forked_process_goes_on_by_itself(database: EpisodeDatabase) -> None:
    pay(database)
    idle = database.fork()
    pay(idle)
    idle.close()
    state, digest = everything(database), database.digest()

    def child() -> str:
        assert everything(database) == state
        pay(database)
        return database.digest()

    theirs = in_a_fork(child)
    assert database.digest() == digest
    pay(database)
    assert database.digest() == theirs


def in_a_fork(act: Callable[[], str]) -> str:
    """What a function returns in a forked process."""
    read_end, write_end = os.pipe()
    if (pid := os.fork()) == 0:
        try:
            os.write(write_end, act().encode())
        finally:
            os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(pid, 0)
    return said


def test_no_connection_is_open_when_the_interpreter_takes_itself_apart(tmp_path: Path, shop: Image) -> None:
    shop.save(tmp_path / "image.sqlite")
    code = (
        "import atexit, gc, sys\n"
        "def count_open():\n"
        "    from agent_envs.snapshots.domains.connection import Connection\n"
        "    print(sum(isinstance(each, Connection) and not each.is_closed for each in gc.get_objects()))\n"
        "atexit.register(count_open)\n"  # the first to be registered is the last to run
        "from datetime import UTC, datetime\n"
        "from pathlib import Path\n"
        "from agent_envs.snapshots.domains.episode import EpisodeDatabase\n"
        "from agent_envs.snapshots.domains.image import Image\n"
        "class Holder: pass\n"
        "holder = Holder()\n"
        "holder.itself = holder\n"
        "image = Image.load(Path(sys.argv[1]))\n"
        "holder.databases = [EpisodeDatabase(image, datetime(2026, 3, 1, tzinfo=UTC)) for _ in range(20)]\n"
        "for database in holder.databases:\n"
        "    database.scalar('SELECT 1')\n"
        "del holder, database\n"
        "gc.collect()\n"  # which saves the connections for the pool, but not the weak references to them
    )
    command = [sys.executable, "-c", code, str(tmp_path / "image.sqlite")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "0\n")
