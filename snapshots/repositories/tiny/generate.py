"""Puts a small Python repository together: a package of five useful modules, and their tests."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from itertools import combinations
from pathlib import Path

# As long as the word that stands for them in the parts, so that lines stay as they are formatted.
PACKAGES = ("bramble", "cobbler", "lantern", "satchel", "sundial", "thimble", "toolbox", "trellis")
PARTS_EACH = 5
USERS_LEAST = 2

_PARTS = Path(__file__).parent / "parts"
_WORD = "PACKAGE"
_SIBLING = re.compile(r"^from \.(\w+) import", re.MULTILINE)
_FIRST_LINE = re.compile(r'"""(.+\.)(?:""")?\n')

_PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{package}"
version = "0.1.0"
description = "Small helpers in pure Python: {listed}."
readme = "README.md"
requires-python = ">=3.11"
license = "Apache-2.0"

[tool.pytest.ini_options]
testpaths = ["tests"]
"""
_README = """\
# {package}

Small helpers in pure Python, without dependencies.

{described}

The tests run with `python -m pytest`.
"""
_INIT = '''\
"""Small helpers in pure Python, without dependencies."""

from . import {imported}

__all__ = [{quoted}]
'''


def generate(seed: int) -> dict[str, bytes]:
    """A repository whose name, parts and their order depend on the seed alone.

    At least `USERS_LEAST` of its `PARTS_EACH` parts use others of them.

    Args:
        seed: Any whole number.

    Returns:
        Contents of all files by their path, in order of the paths.
    """
    package = PACKAGES[_number(seed, "package") % len(PACKAGES)]
    choices = _choices()
    chosen = choices[_number(seed, "parts") % len(choices)]
    parts = sorted(chosen, key=lambda part: _number(seed, part))
    modules = {part: _text(f"{part}.py") for part in parts}
    listed = ", ".join(parts)
    quoted = ", ".join(f'"{part}"' for part in parts)
    described = "\n".join(f"- `{package}.{part}` - {_first_sentence(text)}" for part, text in modules.items())
    files = {
        "README.md": _README.format(package=package, described=described),
        "pyproject.toml": _PYPROJECT.format(package=package, listed=listed),
        f"{package}/__init__.py": _INIT.format(imported=", ".join(sorted(parts)), quoted=quoted),
    }
    files |= {f"{package}/{part}.py": text for part, text in modules.items()}
    files |= {f"tests/test_{part}.py": _text(f"test_{part}.py").replace(_WORD, package) for part in parts}
    return {path: text.encode() for path, text in sorted(files.items())}


@cache
def _choices() -> list[tuple[str, ...]]:
    """All sets of parts that make a repository: with all that they use, and with enough parts that use others."""
    names = sorted(path.name.removesuffix(".py.txt") for path in _PARTS.glob("*.py.txt"))
    uses = {name: set(_SIBLING.findall(_text(f"{name}.py"))) for name in names if not name.startswith("test_")}
    return [
        chosen
        for chosen in combinations(uses, PARTS_EACH)
        if all(uses[part] <= set(chosen) for part in chosen) and sum(bool(uses[part]) for part in chosen) >= USERS_LEAST
    ]


def _text(name: str) -> str:
    return (_PARTS / f"{name}.txt").read_text(encoding="utf-8")


def _first_sentence(module: str) -> str:
    found = _FIRST_LINE.match(module)
    assert found is not None, "every part opens with a sentence"
    return found[1]


def _number(seed: int, what: str) -> int:
    """A large number that depends on both, evenly spread."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{what}".encode()).digest(), "big")
