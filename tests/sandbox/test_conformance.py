from __future__ import annotations

from pathlib import Path

import pytest

from agent_envs.sandbox import Backend, Limits, Protection, Sandbox, available, conformance, start
from agent_envs.sandbox.conformance import ATTACKS, CHECKS, StartSandbox

BACKENDS = {backend.name: backend for backend in available()}


def there(name: str) -> Backend:
    if BACKENDS[name].missing:
        pytest.skip(f"the backend {name} is not there: {BACKENDS[name].missing}")
    return BACKENDS[name]


def starting(name: str) -> StartSandbox:
    def begin(snapshot: Path, limits: Limits) -> Sandbox:
        return start(snapshot, backend=name, limits=limits, trusted=True)

    return begin


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", BACKENDS)
def test_a_backend_keeps_its_promises(name: str, check: str) -> None:
    backend = there(name)
    assert conformance.check(starting(name), claims=backend.protects, checks=[check]).problems == ()


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("name", BACKENDS)
def test_a_backend_withstands_what_it_claims_to(name: str, attack: str) -> None:
    backend = there(name)
    protection, _ = ATTACKS[attack]
    if protection not in backend.protects:
        assert name == "plain" or protection == Protection.TOTAL_MEMORY
        pytest.skip(f"{name} does not claim to keep commands from {protection} here")
    assert conformance.check(starting(name), claims=backend.protects, checks=[attack]).problems == ()


def test_a_backend_that_claims_too_much_is_found_out() -> None:
    there("plain")
    claims = (Protection.READING, Protection.WRITING, Protection.NETWORK)
    attacks = ("host secrets", "writing outside", "network")
    report = conformance.check(starting("plain"), claims=claims, checks=attacks)
    assert [problem.partition(":")[0] for problem in report.problems] == list(attacks)


def test_attacks_that_nothing_is_claimed_against_are_not_tried() -> None:
    there("plain")
    report = conformance.check(starting("plain"), claims=(), checks=["commands", "fork bomb"])
    assert [finding.check for finding in report.findings] == ["commands"]
    assert report.not_claimed == ("fork bomb",)


def test_a_sandbox_that_does_not_start_is_a_finding() -> None:
    def begin(snapshot: Path, limits: Limits) -> Sandbox:
        raise OSError("no room")

    report = conformance.check(begin, checks=["commands"])
    assert "OSError: no room" in report.problems[0]
