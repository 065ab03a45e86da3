"""Who plays the episodes of a run: a worker has one environment, in this process or in one of its own."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import traceback
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Protocol, TypeAlias, cast

import cloudpickle
import gymnasium

from .policies import MakePolicy
from .rollout import rollout
from .trajectory import Trajectory, decode, encode

MakeEnv: TypeAlias = Callable[[], gymnasium.Env[Any, Any]]
"""Makes an environment; each worker calls it once."""


class WorkerError(RuntimeError):
    """What went wrong in a worker's process; its traceback is a note."""


class Worker(Protocol):
    """Plays episodes, one at a time."""

    def play(self, seed: int) -> Trajectory:
        """The episode of a seed; raises what the policy or the environment raises."""

    def close(self) -> None:
        """Close the environment."""


class Here:
    """A worker in the thread that makes it.

    Args:
        make_env: Makes its environment.
        make_policy: Makes the policy of each episode.
    """

    def __init__(self, make_env: MakeEnv, make_policy: MakePolicy) -> None:
        self._env, self._make_policy = make_env(), make_policy

    def play(self, seed: int) -> Trajectory:
        """The episode of a seed."""
        return rollout(self._env, self._make_policy, seed)

    def close(self) -> None:
        """Close the environment."""
        self._env.close()


class Elsewhere:
    """A worker in a process of its own, which begins afresh: it inherits no handle, lock or thread.

    Args:
        payload: What makes its environment and its policies, as `pickled` gives it.
    """

    def __init__(self, payload: bytes) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"from {__name__} import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,  # an interrupt of the terminal is for this process, which then closes that one
        )
        self._send(payload)

    def play(self, seed: int) -> Trajectory:
        """The episode of a seed.

        Raises:
            WorkerError: Something failed there, or the process died.
        """
        self._send(seed)
        assert self._process.stdout is not None
        try:
            answer = pickle.load(self._process.stdout)
        except (EOFError, pickle.UnpicklingError):
            raise WorkerError(f"the worker's process died with exit code {self._process.wait()}") from None
        if isinstance(answer, bytes):
            return decode(answer)
        told, trace = answer
        error = WorkerError(told)
        error.add_note(trace)
        raise error

    def close(self) -> None:
        """Let the process close its environment and end."""
        self._process.communicate()

    def _send(self, value: bytes | int) -> None:
        assert self._process.stdin is not None
        try:
            pickle.dump(value, self._process.stdin)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise WorkerError(f"the worker's process died with exit code {self._process.wait()}") from None


def serve() -> None:
    """What the process of a worker runs: a payload and then seeds come in, episodes or tracebacks go out."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what an environment prints is not to stand between the answers
    payload = pickle.load(sys.stdin.buffer)
    worker: Worker | None = None
    while True:
        try:
            seed = pickle.load(sys.stdin.buffer)
        except EOFError:
            break
        try:
            worker = worker or Here(*pickle.loads(payload))
            answer: bytes | tuple[str, str] = encode(worker.play(seed))
        except Exception as error:
            answer = f"{type(error).__name__}: {error}", traceback.format_exc()
        pickle.dump(answer, answers)
        answers.flush()
    if worker:
        worker.close()


def pickled(payload: object, *functions: Any) -> bytes:
    """A payload, and by value what the modules of its functions hold that another process cannot import."""
    local = {module for function in functions if (module := _module_of(function)) and not _importable(module)}
    for module in local:
        cloudpickle.register_pickle_by_value(module)
    try:
        return cast(bytes, cloudpickle.dumps(payload))
    finally:
        for module in local:
            cloudpickle.unregister_pickle_by_value(module)


def _module_of(function: Any) -> ModuleType | None:
    if isinstance(function, partial):
        return _module_of(function.func)
    return sys.modules.get(getattr(function, "__module__", None) or "")


def _importable(module: ModuleType) -> bool:
    return module.__name__ == "__main__" or find_spec(module.__name__) is not None
