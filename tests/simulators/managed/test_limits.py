from __future__ import annotations

import gc
import multiprocessing
import pickle
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cloudpickle
import pytest

from agent_envs.outcome import Fault
from agent_envs.simulators.managed.crew import Crew
from agent_envs.simulators.managed.pace import Pace

Make = Callable[..., Any]
BRIEF_S = 0.001
LONG_S = 600.0


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.at_s = 0.0

    def now_s(self) -> float:
        return self.at_s

    def sleep(self, seconds: float) -> None:
        self.at_s += seconds


def test_turns_are_evenly_spaced() -> None:
    clock = Clock()
    pace, turns_s = Pace(4, clock.now_s, clock.sleep), []
    for _ in range(5):
        pace.wait()
        turns_s.append(clock.at_s)
    assert turns_s == [0, 0.25, 0.5, 0.75, 1.0]


def test_what_was_not_used_is_not_saved_up() -> None:
    clock = Clock()
    pace, turns_s = Pace(4, clock.now_s, clock.sleep), []
    for pause_s in (0, 10, 0, 0):
        clock.at_s += pause_s
        pace.wait()
        turns_s.append(clock.at_s)
    assert turns_s == [0, 10, 10.25, 10.5]


def test_threads_get_their_turns_one_after_the_other() -> None:
    waits_s: list[float] = []
    pace = Pace(1, lambda: 0.0, waits_s.append)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: pace.wait(), range(100)))
    assert sorted(waits_s) == list(range(1, 100))


def test_every_try_waits_for_its_turn(make_kitchen: Make, manage: Make) -> None:
    turns_s = [time.monotonic()]

    def fail() -> None:
        turns_s.append(time.monotonic())
        raise OSError

    with pytest.raises(Fault):
        manage(make_kitchen(*[fail] * 4), retries=3, rate_per_s=1000).cook("soup")
    assert turns_s[4] - turns_s[0] >= 3 / 1000


def test_a_call_that_hangs_is_left_behind(make_kitchen: Make, manage: Make, stuck: Any) -> None:
    managed = manage(make_kitchen(stuck.wait, stuck.wait), retries=1, timeout_s=BRIEF_S)
    with pytest.raises(Fault, match=r"TimeoutError: no answer within 0\.001 s"):
        managed.cook("soup")


def test_a_backend_that_hangs_holds_no_more_threads_than_it_may(make_kitchen: Make, manage: Make, stuck: Any) -> None:
    before = set(threading.enumerate())
    managed = manage(make_kitchen(*[stuck.wait] * 50), retries=9, timeout_s=BRIEF_S, concurrency=3)
    with pytest.raises(Fault, match=r"none of 3 calls under way has returned within 0\.001 s"):
        managed.cook("soup")
    assert len(set(threading.enumerate()) - before) == 3


def test_a_thread_that_returns_is_used_again(stuck: Any) -> None:
    crew = Crew(1)
    with pytest.raises(TimeoutError):
        crew.call(stuck.wait, BRIEF_S)
    stuck.set()
    first, second = (crew.call(threading.get_ident, LONG_S) for _ in range(2))
    assert first == second


def test_a_crew_has_no_more_threads_than_calls_at_once() -> None:
    crew = Crew(4)
    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(lambda _: crew.call(threading.current_thread, LONG_S), range(500)))) <= 4


def test_the_threads_end_with_the_crew() -> None:
    crew = Crew(4)
    threads = [crew.call(threading.current_thread, LONG_S) for _ in range(3)]
    del crew
    gc.collect()
    for thread in threads:
        thread.join(LONG_S)
        assert not thread.is_alive()


def test_what_a_call_raises_itself_is_not_taken_for_its_time_being_over() -> None:
    def late() -> None:
        raise TimeoutError("of its own")

    with pytest.raises(TimeoutError, match="of its own"):
        Crew(1).call(late, LONG_S)


def test_a_call_that_never_returns_does_not_keep_the_process_from_its_end() -> None:
    code = (
        "import threading; from agent_envs.simulators.managed.crew import Crew\n"
        "try: Crew(1).call(threading.Event().wait, 0.001)\n"
        "except TimeoutError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "no answer within 0.001 s\n"


def test_a_pickle_holds_no_answers_and_no_threads(make_kitchen: Make, manage: Make) -> None:
    managed = manage(make_kitchen())
    fresh = cloudpickle.dumps(managed)
    managed.cook("soup")
    twin = pickle.loads(fresh)
    assert twin.cook("soup") == "soup from the kitchen"
    assert (len(managed.backend.orders), len(twin.backend.orders)) == (1, 1)
    assert twin.retries == managed.retries
    managed.backend.orders.clear()
    assert len(cloudpickle.dumps(managed)) == len(fresh)


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_forked_process_makes_threads_of_its_own(make_kitchen: Make, manage: Make, stuck: Any) -> None:
    managed = manage(make_kitchen(stuck.wait), retries=0, timeout_s=BRIEF_S, concurrency=1)
    with pytest.raises(Fault):
        managed.cook("soup")
    managed.timeout_s = LONG_S
    ours, theirs = multiprocessing.get_context("fork").Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=lambda: theirs.send(managed.cook("rice")))
    child.start()
    assert ours.recv() == "rice from the kitchen"
    child.join()


def test_global_chance_is_left_alone(make_kitchen: Make, manage: Make) -> None:
    random.seed(7)
    before = random.getstate()
    assert manage(make_kitchen(OSError(), OSError()), wait_s=BRIEF_S).cook("soup")
    assert random.getstate() == before
