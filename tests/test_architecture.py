"""The arrows of the house, held by walking the imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GROUND = ROOT / "agent_envs"
ABOVE = ("snapshots", "simulators", "wrappers")
HEAVY = tuple(
    "libzim apsw faker duckdb tantivy selectolax typer rich pandas torch hypothesis tiktoken jinja2 openai"
    " stamina xllamacpp cachetools mcp yaml pytest coverage packaging".split()
)


def sources(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*.py")) if not any(parent.is_symlink() for parent in path.parents)]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def test_the_ground_imports_nothing_that_stands_on_it() -> None:
    above = tuple(f"agent_envs.{name}" for name in ABOVE)
    found = [(path, name) for path in sources(GROUND) for name in imported(path) if name.startswith((*above, *ABOVE))]
    assert found == []


@pytest.mark.parametrize("name", ABOVE)
def test_the_linked_folders_are_linked(name: str) -> None:
    link = GROUND / name
    assert link.is_symlink()
    assert str(link.readlink()) == f"../{name}"


def test_wrappers_know_the_contract_and_no_environment() -> None:
    contract = ("core", "stack", "messages", "dialects", "limits", "outcome", "tasks", "tokens")
    found = [
        (path, name)
        for path in sources(ROOT / "wrappers")
        for name in imported(path)
        if name.startswith("agent_envs") and name.split(".")[1] not in contract
    ]
    assert found == []


def test_every_module_opens_with_a_sentence() -> None:
    modules = [path for folder in ("agent_envs", *ABOVE, "benchmarks") for path in sources(ROOT / folder)]
    silent = [
        path
        for path in modules
        if not (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0].endswith(".")
    ]
    assert silent == []


def test_importing_the_package_registers_it_and_loads_nothing_heavy() -> None:
    code = (
        "import sys, agent_envs, gymnasium;"
        f"print([name for name in {HEAVY} if name in sys.modules], 'agent_envs/WikiSearch-v0' in gymnasium.registry)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] True"
