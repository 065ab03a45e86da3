"""Speed and memory of the shop's episodes, next to plain sqlite3, DuckDB and copied dictionaries in the same run."""

from __future__ import annotations

import argparse
import gc
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import apsw
import duckdb
import psutil  # type: ignore[import-untyped]
from domain_backends import JOIN, READ, WRITE, Backend, Dictionaries, DuckDb, Ours, Sqlite

from agent_envs.envs.domain_grade import graded
from agent_envs.envs.domain_task import DomainTask
from agent_envs.envs.tool_domain import ToolDomain
from agent_envs.messages import Action, Message, ToolCall, assistant
from agent_envs.simulators.user.agenda import AgendaUser
from agent_envs.snapshots.domains.compose import composed
from agent_envs.snapshots.domains.domain import Domain, load_domain
from agent_envs.snapshots.domains.proof import prove
from agent_envs.snapshots.domains.world import DomainWorld
from agent_envs.tasks import TaskSet

CALLS = 10
EPISODES_OPEN = (1, 100, 1000)


def main() -> None:
    """Measure everything, print one table and one JSON line; times are medians in µs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000, 200_000, 1_000_000])
    parser.add_argument("--repeats", type=int, default=2000, help="of ours; slower ones are repeated less")
    arguments = parser.parse_args()
    domain, results = load_domain("shop"), {}
    with tempfile.TemporaryDirectory() as folder:
        for rows in arguments.rows:
            path = shutil.copy(domain.snapshot(rows, 0).database, Path(folder) / f"{rows}.duckdb")
            image = domain.image(rows, 0)
            makers: dict[str, Callable[[], Backend]] = {
                "ours": partial(opened, domain, rows),
                "sqlite3, rollback": partial(Sqlite, image),
                "duckdb, rollback": partial(DuckDb, Path(path), list(image.tables)),
                "dict deepcopy": partial(Dictionaries, domain, image),
            }
            for name, make in makers.items():
                results[f"{rows} rows: statements, {name}"] = statements(
                    make(), keys_of(domain, rows), arguments.repeats
                )
                gc.collect()
            results[f"{rows} rows: through env.step"] = steps(domain, rows, arguments.repeats)
            for episodes in EPISODES_OPEN:
                with get_context("spawn").Pool(1) as fresh:  # nothing that was freed before is in its memory
                    results[f"{rows} rows: KB an episode, {episodes} open"] = fresh.apply(memory, (rows, episodes))
            results[f"{rows} rows: of 1,000 episodes that write one row fail"] = conflicts(domain, rows, Path(path))
    for name, values in results.items():
        print(f"{name:50} " + "   ".join(f"{key} {value:,.1f}" for key, value in values.items()))
    print(json.dumps({"benchmark": "domains", **results}))


def opened(domain: Domain, rows: int) -> Ours:
    """An episode of ours."""
    return Ours(domain.open(rows, 0))


def keys_of(domain: Domain, rows: int) -> Iterator[tuple[str, str]]:
    """Orders all over the table, each with its customer."""
    found = domain.open(rows, 0).rows(
        "SELECT order_id, customer_id FROM orders ORDER BY (CAST(substr(order_id, 2) AS INTEGER) * 7919) % 10007,"
        " order_id LIMIT 5000"
    )
    return cycle([(row["order_id"], row["customer_id"]) for row in found])


def timed(act: Callable[[], object], repeats: int, budget_s: float = 3.0) -> float:
    """Median time in µs, of fewer repeats where they take too long together."""
    gc.collect()
    gc.disable()
    times: list[float] = []
    while len(times) < repeats and (sum(times) < budget_s * 1e6 or len(times) < 3):
        begun = time.perf_counter_ns()
        act()
        times.append((time.perf_counter_ns() - begun) / 1e3)
    gc.enable()
    return median(times)


def play(backend: Backend, keys: Iterator[tuple[str, str]]) -> None:
    """Ten calls: five point reads, two joins, three writes."""
    for _ in range(5):
        backend.read(READ, next(keys)[0])
    for _ in range(2):
        backend.read(JOIN, next(keys)[0])
    for number in range(3):
        backend.write(f"07700 90000{number}", next(keys)[1])


def statements(backend: Backend, keys: Iterator[tuple[str, str]], repeats: int) -> dict[str, float]:
    """The same ten statements on every backend: reset after an episode, calls, whole episode, digest and fork."""

    def episode() -> None:
        backend.reset()
        play(backend, keys)

    def reset() -> float:
        play(backend, keys)
        begun = time.perf_counter_ns()
        backend.reset()
        return (time.perf_counter_ns() - begun) / 1e3

    resets, deadline = [reset()], time.perf_counter() + 3
    while len(resets) < repeats and time.perf_counter() < deadline:
        resets.append(reset())
    found = {
        "reset": median(resets),
        "read": timed(lambda: backend.read(READ, next(keys)[0]), repeats),
        "join": timed(lambda: backend.read(JOIN, next(keys)[0]), repeats),
    }
    backend.reset()
    play(backend, keys)
    same = next(keys)[1]
    found["write"] = timed(lambda: backend.write("07700 900001", same), repeats)
    found["10 calls"] = timed(episode, repeats)
    found["digest"] = timed(backend.digest, repeats)
    try:
        found["fork"] = timed(backend.fork, repeats)
    except NotImplementedError:
        found["fork"] = float("nan")
    return found


def task_of(world: DomainWorld) -> DomainTask:
    """The first task that takes ten calls and is proved."""
    database, domain = world.database(), world.domain
    for subject in domain.subjects(database):
        for draft in composed(database, domain.tools, domain.user_tools, subject):
            if len(draft.moves) == CALLS:
                task = draft.task("ten", subject.name, domain.tools, domain.user_tools)
                if prove(world, AgendaUser(), task).holds:
                    return task
    raise LookupError(f"no task of {CALLS} calls")


def varied(turns: tuple[Action, ...], count: int) -> Iterator[tuple[Action, ...]]:
    """The same dialogue again and again, each time in other words, for nobody says the same a thousand times."""
    for number in range(count):
        word = "".join(chr(ord("a") + int(digit)) for digit in str(number))
        yield tuple(
            turn if not isinstance(turn, Message) or turn.calls else assistant(f"{turn.content} So says {word}")
            for turn in turns
        )


def calls_of(env: ToolDomain, turns: tuple[Action, ...]) -> Iterator[float]:
    """Median time in µs of each turn with a call."""
    times = {turn: list[float]() for turn in turns if isinstance(turn, Message) and turn.calls}
    for _ in range(100):
        env.reset(seed=0)
        for turn in turns:
            begun = time.perf_counter_ns()
            env.step(turn)
            if turn in times:
                times[turn].append((time.perf_counter_ns() - begun) / 1e3)
    return map(median, times.values())


def steps(domain: Domain, rows: int, repeats: int) -> dict[str, float]:
    """A whole dialogue of ten calls with the user, as a trainer plays it, and its parts."""
    world = DomainWorld(domain, rows, 0)
    task = task_of(world)
    env = ToolDomain(world, TaskSet("ten", [task]), AgendaUser(), limit_turns=100)
    env.reset(seed=0)
    dialogues = varied(env.solution(), repeats)

    def episode() -> None:
        env.reset(seed=0)
        for turn in next(dialogues):
            _, reward, *_ = env.step(turn)
        assert reward == 1.0

    def begin() -> None:
        env.reset(seed=0)
        env.world.scalar("SELECT 1")  # the connection is taken when it is needed

    turns = next(dialogues)
    found = {"turns": float(len(turns)), "calls": float(CALLS), "episode": timed(episode, repeats - 50)}
    found["reset"] = timed(begin, repeats)
    found["its calls"] = sum(calls_of(env, turns))
    look = assistant(calls=(ToolCall.of("get_order", order_id=next(keys_of(domain, rows))[0]),))
    env.reset(seed=0)
    found["step with a call"] = timed(lambda: env.step(look), 90)
    episode()
    state, database = env.state, env.world
    found["grade"] = timed(lambda: graded(task, world, state, database.diff()), repeats)
    found["digest"] = timed(database.digest, repeats)
    found["fork"] = timed(env.fork, repeats)

    def fork_and_use() -> None:
        env.fork().world.scalar("SELECT 1")

    found["fork and first use"] = timed(fork_and_use, repeats)
    return found


def memory(rows: int, episodes: int) -> dict[str, float]:
    """KB that each open episode holds after ten calls, the image left aside: resident, and SQLite's own count."""
    domain = load_domain("shop")
    first, keys = domain.open(rows, 0), keys_of(domain, rows)
    first.close()
    gc.collect()
    process = psutil.Process()
    resident, used = process.memory_info().rss, apsw.memory_used()
    held = [opened(domain, rows) for _ in range(episodes)]
    for backend in held:
        play(backend, keys)
    return {
        "resident": (process.memory_info().rss - resident) / episodes / 1024,
        "sqlite": (apsw.memory_used() - used) / episodes / 1024,
    }


def conflicts(domain: Domain, rows: int, path: Path) -> dict[str, float]:
    """How many of 1,000 episodes that are open at once cannot write one and the same row."""
    customer_id = next(keys_of(domain, rows))[1]
    held = [opened(domain, rows) for _ in range(1000)]
    for number, backend in enumerate(held):
        backend.write(f"+44 {number}", customer_id)
    ours = sum(not backend.database.diff() for backend in held)
    failed = 0
    with duckdb.connect(path) as connection:
        cursors = [connection.cursor() for _ in range(1000)]
        for number, cursor in enumerate(cursors):
            cursor.execute("BEGIN")
            try:
                cursor.execute(WRITE, [f"+44 {number}", customer_id])
            except duckdb.TransactionException:
                failed += 1
    return {"ours": float(ours), "duckdb": float(failed)}


if __name__ == "__main__":
    main()
