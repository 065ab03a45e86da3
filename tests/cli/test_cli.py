from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent_envs.catalog import CATALOG
from agent_envs.cli import app
from agent_envs.sandbox import available

ENV_ID = "agent_envs/WikiSearch-v0"
cli = CliRunner()


def run(*words: str) -> str:
    result = cli.invoke(app, words)
    assert result.exit_code == 0, result.output
    return result.output


def test_list_names_every_environment() -> None:
    assert [entry["id"] for entry in json.loads(run("list", "--json"))] == [entry.id for entry in CATALOG]
    assert ENV_ID in run("list")


@pytest.mark.parametrize(("policy", "reward"), [("oracle", 1.0), ("noop", 0.0), ("random", 0.0)])
def test_run_prints_one_object_with_the_results(policy: str, reward: float) -> None:
    results = json.loads(run("run", ENV_ID, "--policy", policy, "--episodes", "5", "--json"))
    assert {"env", "policy", "episodes", "mean_reward", "outcomes", "faults", "digest"} <= set(results)
    assert (results["mean_reward"], results["episodes"], results["faults"]) == (reward, 5, {})


def test_a_recorded_run_can_be_shown(tmp_path: Path) -> None:
    file = str(tmp_path / "run.jsonl")
    assert "mean_reward" in run("run", "WikiSearch-v0", "--episodes", "3", "--out", file)
    shown = run("show", file, "--episode", "2")
    assert "seed 2" in shown
    assert "answered: reward 1" in shown
    missing = cli.invoke(app, ["show", file, "--episode", "3"])
    assert missing.exit_code == 2
    assert "holds 3 episodes" in missing.output


def test_parameters_reach_the_environment() -> None:
    results = json.loads(run("run", ENV_ID, "--policy", "noop", "--episodes", "1", "--set", "limit_turns=3", "--json"))
    assert results["mean_turns"] == 4


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["run", "Nowhere-v0"],
            "unknown environment 'Nowhere-v0'; there are agent_envs/WikiSearch-v0, agent_envs/ToolDomain-v0",
        ),
        (["run", ENV_ID, "--set", "colour=red"], "takes no colour"),
        (["run", ENV_ID, "--set", "colour"], "--set takes key=value"),
        (["run", ENV_ID, "--set", "archive=/no/such.zim"], "no archive at /no/such.zim"),
        (["run", ENV_ID, "--set", "tasks=dev"], "tasks='dev'"),
        (["run", ENV_ID, "--set", "limit_turns=0"], "limit_turns=0"),
        (["run", ENV_ID, "--out", "/no/such/folder/run.jsonl"], "No such file"),
        (["show", "/no/such.jsonl"], "No such file"),
        (["run", "CartPole-v1"], "is no agent_envs.Env"),
        (["check", "CartPole-v1"], "is no agent_envs.Env"),
        (["run", ENV_ID, "--set", "hits=abc"], "hits='abc'"),
        (["run", ENV_ID, "--set", "dialect=5"], "unknown dialect 5"),
        (["run", ENV_ID, "--set", "forced_answer=no"], "forced_answer='no'"),
        (["run", ENV_ID, "--set", "archive=null"], "archive=None"),
        (["check"], "name one environment, or give --all"),
    ],
)
def test_a_wrong_word_is_told_without_a_traceback(words: list[str], told: str) -> None:
    result = cli.invoke(app, words)
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())
    assert "Traceback" not in result.output


def test_show_refuses_what_is_no_record(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text("{}\n")
    result = cli.invoke(app, ["show", str(tmp_path / "x.jsonl")])
    assert result.exit_code == 2
    assert "is no recorded episode" in result.output


def test_a_run_that_cannot_begin_leaves_an_old_record_alone(tmp_path: Path) -> None:
    (tmp_path / "old.jsonl").write_text("worth keeping")
    assert cli.invoke(app, ["run", "CartPole-v1", "--out", str(tmp_path / "old.jsonl")]).exit_code == 2
    assert (tmp_path / "old.jsonl").read_text() == "worth keeping"


def test_check_keeps_the_contract() -> None:
    output = run("check", ENV_ID, "--seeds", "1")
    assert "10 kept, 0 broken" in output


def test_doctor_tells_what_is_installed_and_cached() -> None:
    run("run", ENV_ID, "--episodes", "1", "--json")
    output = run("doctor")
    assert "libzim" in output
    assert "wikipedia-atlas" in output


def test_doctor_tells_what_isolates_and_why_the_rest_does_not() -> None:
    lines = run("doctor").splitlines()
    for backend in available():
        (line,) = (line for line in lines if line.startswith(f"│ {backend.name} "))
        _, _, isolates, missing, _ = (field.strip() for field in line.split("│"))
        assert (isolates == "yes") == (backend.isolates and not backend.missing)
        assert bool(missing) == bool(backend.missing)


def test_doctor_misses_nothing_where_all_extras_are_installed() -> None:
    def packages(extra: str) -> set[str]:
        return {line.partition(";")[0] for line in requires("agent-envs") or () if f"extra == '{extra}'" in line}

    assert packages("all")
    for extra in {entry.extra for entry in CATALOG} - {""}:
        assert packages(extra) <= packages("all"), extra


def test_the_same_run_in_two_processes_is_the_same_to_the_byte(tmp_path: Path) -> None:
    files = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    outputs = [
        subprocess.run(
            [sys.executable, "-m", "agent_envs.cli", "run", ENV_ID, "--episodes", "20", "--json", "--out", str(file)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for file, seed in zip(files, ("1", "2"), strict=True)
    ]
    assert outputs[0] == outputs[1]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_prove_tells_what_came_of_every_task() -> None:
    output = run("prove", "shop", "--rows", "1000", "--json")
    told = json.loads(output[output.index('{"candidates"') :].splitlines()[0])
    assert told["candidates"] >= told["proved"] >= 200
    assert told["in_train"] + told["in_validation"] + told["in_test"] == told["proved"]
    assert told["damaged_dialogues"] >= told["of_them_paid_less"] > 3 * told["proved"]
    assert "difficulty" in run("prove", "clinic", "--rows", "300")
    missing = cli.invoke(app, ["prove", "no such domain"])
    assert missing.exit_code == 2
    assert "there is no folder" in missing.output


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_run_by_several_processes_goes_on_where_it_ended_and_is_shown_and_rescored(form: str, tmp_path: Path) -> None:
    file = str(tmp_path / f"run.{form}")
    run("run", ENV_ID, "--episodes", "3", "--out", file)
    resumed = run("run", ENV_ID, "--episodes", "6", "--workers", "2", "--out", file, "--json")
    assert json.loads(resumed) == json.loads(run("run", ENV_ID, "--episodes", "6", "--json"))
    assert "seed 5" in run("show", file, "--episode", "5")
    again = str(tmp_path / f"again.{form}")
    scores = json.loads(run("rescore", file, ENV_ID, "--json", "--out", again))
    assert (scores["episodes"], scores["mean_reward"], scores["mean_reward_before"], scores["changed"]) == (6, 1, 1, 0)
    assert Path(again).read_bytes() == Path(file).read_bytes()
    other = cli.invoke(app, ["run", ENV_ID, "--episodes", "6", "--set", "dialect=openai", "--out", file])
    assert other.exit_code == 2
    assert "holds another run" in other.output


def test_a_run_in_wrappers_is_recorded_and_rescored_in_the_same(tmp_path: Path) -> None:
    file, wraps = str(tmp_path / "run.jsonl"), ["--wrap", "Summary:limit_tokens=2048,tool=true", "--wrap", "FormatGate"]
    run("run", ENV_ID, "--episodes", "2", "--out", file, *wraps)
    assert "the context was replaced" in run("show", file)
    assert json.loads(run("rescore", file, ENV_ID, *wraps, "--json"))["changed"] == 0
    for wrap, told in (
        ("Forget", "there is no wrapper 'Forget'; there are CallBudget, ContextLength"),
        ("TurnLimit:limit_turns=0", "limit_turns=0: give a whole number"),
        ("TurnLimit:turns=3", "unexpected keyword argument 'turns'"),
    ):
        result = cli.invoke(app, ["run", ENV_ID, "--wrap", wrap])
        assert result.exit_code == 2
        assert told in " ".join(result.output.split())


def test_rescore_tells_that_the_world_is_another(tmp_path: Path) -> None:
    file = str(tmp_path / "run.jsonl")
    run("run", ENV_ID, "--episodes", "2", "--out", file)
    assert "mean_reward_before" in run("rescore", file, ENV_ID)
    for words, told in ((["--set", "hits=1"], "was recorded as"), (["--out", file], "exists; give another file")):
        result = cli.invoke(app, ["rescore", file, ENV_ID, *words])
        assert result.exit_code == 2
        assert told in " ".join(result.output.split())
