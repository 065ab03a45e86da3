from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from agent_envs.snapshots.repositories import tiny
from agent_envs.snapshots.repositories.layout import Layout, layout_of
from agent_envs.snapshots.repositories.tiny import generate
from agent_envs.snapshots.repositories.tiny.generate import PARTS_EACH, USERS_LEAST

PARTS = {
    path.name.removesuffix(".py.txt")
    for path in (Path(tiny.__file__).parent / "parts").iterdir()
    if not path.name.startswith("test_")
}


def parts_of(files: dict[str, bytes]) -> dict[str, str]:
    """Text of each part of a repository by its name."""
    return {
        path.split("/")[1].removesuffix(".py"): content.decode()
        for path, content in files.items()
        if re.fullmatch(r"(?!tests/)\w+/(?!__init__)\w+\.py", path)
    }


def seeds_with_all_parts() -> list[int]:
    """The first seeds that bring a part which none before them brought, until there are all."""
    seeds: list[int] = []
    left = set(PARTS)
    for seed in range(100):
        if left & (parts := parts_of(generate(seed)).keys()):
            seeds.append(seed)
            left -= parts
    assert not left
    return seeds


def write(files: dict[str, bytes], root: Path) -> None:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def run(root: Path, *command: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-B", *command], cwd=root, env=os.environ | environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("seed", seeds_with_all_parts())
def test_its_tests_pass(seed: int, tmp_path: Path) -> None:
    write(generate(seed), tmp_path)
    output = run(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    assert re.search(r"^\d{3} passed in", output, re.MULTILINE)


@pytest.mark.parametrize("seed", seeds_with_all_parts())
def test_it_is_well_formatted(seed: int, tmp_path: Path) -> None:
    write(generate(seed), tmp_path)
    ruff = ("-m", "ruff", "--isolated")
    assert "would be reformatted" not in run(tmp_path, *ruff, "format", "--check", "--no-cache", ".")
    assert "All checks passed" in run(tmp_path, *ruff, "check", "--select", "E,F,W,I", "--no-cache", ".")


def test_it_is_the_same_in_every_process(tmp_path: Path) -> None:
    code = (
        "import hashlib; from agent_envs.snapshots.repositories.tiny import generate;"
        "print([hashlib.sha256(repr(generate(seed)).encode()).hexdigest() for seed in range(20)])"
    )
    assert run(tmp_path, "-c", code, PYTHONHASHSEED="1") == run(tmp_path, "-c", code, PYTHONHASHSEED="2")


def test_seeds_make_different_repositories() -> None:
    made = [generate(seed) for seed in range(50)]
    assert len({repr(files) for files in made}) == len(made)
    assert len({tuple(parts_of(files)) for files in made}) > 25
    assert len({next(path for path in files if path.endswith("/__init__.py")) for files in made}) > 4


@pytest.mark.parametrize("seed", [-1, 0, 1, 7, 10**30])
def test_its_parts_stand_beside_what_they_use(seed: int) -> None:
    parts = parts_of(generate(seed))
    uses = {part: set(re.findall(r"^from \.(\w+) import", text, re.MULTILINE)) for part, text in parts.items()}
    assert len(parts) == PARTS_EACH
    assert set().union(*uses.values()) <= parts.keys()
    assert sum(bool(used) for used in uses.values()) >= USERS_LEAST


def test_it_is_laid_out_as_a_project() -> None:
    files = generate(3)
    package = next(path for path in files if path.endswith("/__init__.py")).split("/")[0]
    assert layout_of(files) == Layout(("",), (package,), ("tests",))
    assert {path for path in files if "/" not in path} == {"README.md", "pyproject.toml"}
    assert not [path for path, content in files.items() if b"PACKAGE" in content]
    for part in parts_of(files):
        assert f"`{package}.{part}`".encode() in files["README.md"]
        assert f"tests/test_{part}.py" in files


def test_the_package_imports_all_its_parts(tmp_path: Path) -> None:
    files = generate(5)
    write(files, tmp_path)
    package = next(path for path in files if path.endswith("/__init__.py")).split("/")[0]
    output = run(tmp_path, "-c", f"import {package}; print(*sorted({package}.__all__))")
    assert output.split() == sorted(parts_of(files))
