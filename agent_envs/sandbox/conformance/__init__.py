"""What a sandbox promises, as checks that anyone can run on a backend: `check` one, read what it says."""

from __future__ import annotations

import tempfile
import time
import traceback
from collections.abc import Callable, Collection
from pathlib import Path

import msgspec

from agent_envs.conformance import Finding, Violation

from ..backends import Protection
from . import bombs, contract, escapes, forks
from .stage import Stage, StartSandbox

__all__ = ["ATTACKS", "CHECKS", "Finding", "Report", "StartSandbox", "check"]

CHECKS: dict[str, Callable[[Stage], None]] = {
    "commands": contract.commands_end_as_they_should,
    "files": contract.files_are_read_and_written,
    "paths that lead out": contract.no_path_leads_out,
    "shell session": contract.the_session_goes_on,
    "same everywhere": contract.the_host_does_not_show,
    "binary output": contract.any_bytes_are_shown,
    "a gigabyte of output": contract.long_output_is_cut,
    "standard input": contract.nothing_waits_for_input,
    "snapshot": forks.the_snapshot_stays_as_it_is,
    "digest": forks.equal_trees_have_equal_digests,
    "forks": forks.forks_are_equal_and_independent,
    "deep trees and awkward names": forks.awkward_trees_are_carried,
    "close": forks.nothing_is_left_behind,
}
"""What every sandbox does, whatever it protects."""
ATTACKS: dict[str, tuple[Protection, Callable[[Stage], None]]] = {
    "host secrets": (Protection.READING, escapes.secrets_are_not_read),
    "environment": (Protection.READING, escapes.the_environment_does_not_leak),
    "neighbours": (Protection.READING, escapes.neighbours_do_not_meet),
    "writing outside": (Protection.WRITING, escapes.nothing_is_written_outside),
    "network": (Protection.NETWORK, escapes.nobody_is_reached),
    "host processes": (Protection.PROCESSES, escapes.host_processes_are_out_of_reach),
    "killing the parent": (Protection.PROCESSES, escapes.the_parent_survives),
    "rights": (Protection.RIGHTS, escapes.no_rights_are_gained),
    "background processes": (Protection.OUTLIVING, bombs.nothing_outlives_its_command),
    "time bomb": (Protection.OUTLIVING, bombs.no_time_bomb_goes_off),
    "running for ever": (Protection.TIME, bombs.every_command_ends),
    "fork bomb": (Protection.COUNT, bombs.processes_are_counted),
    "memory of one process": (Protection.PROCESS_MEMORY, bombs.a_process_has_limited_memory),
    "memory of all processes": (Protection.TOTAL_MEMORY, bombs.all_processes_have_limited_memory),
    "huge file": (Protection.FILE_SIZE, bombs.a_file_has_a_limited_size),
    "disk filling": (Protection.DISK, bombs.the_disk_is_not_filled),
}
"""Attacks, and what a backend claims to protect that each of them tries."""


class Report(msgspec.Struct, frozen=True):
    """What all checks found on one backend, and which attacks were not tried because it claims nothing."""

    findings: tuple[Finding, ...]
    not_claimed: tuple[str, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        """Every promise that is broken, with the check that found it; empty where all are kept."""
        return tuple(f"{finding.check}: {finding.problem}" for finding in self.findings if finding.problem)


def check(
    start: StartSandbox,
    *,
    claims: Collection[Protection] = tuple(Protection),
    checks: Collection[str] = (*CHECKS, *ATTACKS),
) -> Report:
    """Hold a backend against its promises.

    An attack that succeeds does harm: it may end every process of the user. So only those are tried that the backend
    claims to protect from; all of them keep to small sizes and end what they begin.

    Args:
        start: Starts a sandbox of the backend with a snapshot's folder and limits.
        claims: What the backend claims to protect.
        checks: Names of the checks to run, out of `CHECKS` and `ATTACKS`.

    Returns:
        The findings. Whatever the sandbox raises is a finding; the checks themselves raise nothing.
    """
    claimed = {name: attack for name, (protection, attack) in ATTACKS.items() if protection in claims}
    findings = []
    for name, act in {**CHECKS, **claimed}.items():
        if name in checks:
            findings.append(_finding(name, act, start))
    return Report(tuple(findings), tuple(name for name in ATTACKS if name in checks and name not in claimed))


def _finding(name: str, act: Callable[[Stage], None], start: StartSandbox) -> Finding:
    begun, problem = time.perf_counter(), ""
    with tempfile.TemporaryDirectory(prefix="agent-envs-checks-") as folder, Stage(Path(folder), start) as stage:
        try:
            act(stage)
        except Violation as violation:
            problem = str(violation)
        except Exception:  # whatever the sandbox raises is what the check is to report
            problem = f"it crashed:\n{traceback.format_exc()}"
    return Finding(name, problem, time.perf_counter() - begun)
