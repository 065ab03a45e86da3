"""The contract as checks that anyone can run on an environment: `check` one, read what it says."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

import gymnasium
import msgspec

from . import episodes, forks, processes, resources
from .violation import MakeEnv, Violation

__all__ = ["CHECKS", "Finding", "MakeEnv", "Report", "Violation", "check"]

CHECKS: dict[str, Callable[[MakeEnv, tuple[int, ...]], None]] = {
    "gymnasium's own checker": episodes.gymnasium_agrees,
    "observations, rewards and infos": episodes.observations_are_contexts,
    "oracle 1, no-op 0, damaged less": episodes.tasks_are_proved,
    "awkward turns": episodes.awkward_turns_are_observations,
    "wrong use": episodes.wrong_use_is_refused,
    "forks and replay": forks.forks_are_independent,
    "other episodes and global chance": forks.neighbours_change_nothing,
    "threads": processes.threads_change_nothing,
    "processes and hash seeds": processes.processes_agree,
    "close and leaks": resources.nothing_leaks,
}


class Finding(msgspec.Struct, frozen=True):
    """What one check found: nothing, or what is wrong in words."""

    check: str
    problem: str
    seconds: float


class Report(msgspec.Struct, frozen=True):
    """What all checks found on one environment."""

    env: str
    findings: tuple[Finding, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        """Every violation, with the check that found it; empty when the environment keeps the contract."""
        return tuple(f"{finding.check}: {finding.problem}" for finding in self.findings if finding.problem)


def check(
    env: str | MakeEnv,
    *,
    seeds: tuple[int, ...] = (0, 1, 2),
    checks: tuple[str, ...] = tuple(CHECKS),
    **kwargs: Any,
) -> Report:
    """Hold an environment against the contract of `agent_envs.core`.

    Args:
        env: An id for `gymnasium.make`, or a function that makes the environment; it is called many times, in other
            threads and, pickled by cloudpickle, in other processes.
        seeds: The episodes that are played; more of them find more.
        checks: Names of the checks to run, out of `CHECKS`.
        **kwargs: Parameters of the environment.

    Returns:
        The findings. Whatever the environment raises is a finding; the checks themselves raise nothing.
    """
    # The spec itself, not the id: another process may not have registered it.
    make: MakeEnv = partial(partial(gymnasium.make, gymnasium.spec(env)) if isinstance(env, str) else env, **kwargs)
    findings = []
    for name in checks:
        begun = time.perf_counter()
        try:
            CHECKS[name](make, seeds)
            problem = ""
        except Violation as violation:
            problem = str(violation)
        except Exception:  # whatever the environment raises is what the check is to report
            problem = f"it crashed:\n{traceback.format_exc()}"
        findings.append(Finding(name, problem, time.perf_counter() - begun))
    return Report(env if isinstance(env, str) else getattr(env, "__name__", repr(env)), tuple(findings))
