"""Which files of a Python repository are its code, and which its tests, told by their names alone."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

_BESIDE = frozenset(
    "asv_bench bench benchmark benchmarks build ci contrib demo demos dist doc docs example examples extra extras fuzz"
    " packaging profiling requirements sandbox script scripts tools util utils".split()
)
_TEST_FILE = re.compile(r"(test_.*|.*_tests?|tests?|conftest)\.py")
_NOT_MODULES = ("setup.py", "noxfile.py", "tasks.py", "fabfile.py", "conf.py", "versioneer.py", "ez_setup.py")
_IDENTIFIER = re.compile(r"[^\W\d]\w*")


class Layout(msgspec.Struct, frozen=True):
    """Where things stand in a repository.

    Args:
        paths: Folders from which the project is imported: ``""`` for the root, or ``src``.
        sources: Packages and modules of the project, as paths.
        tests: Folders and files of tests at the top, or in packages.
    """

    paths: tuple[str, ...]
    sources: tuple[str, ...]
    tests: tuple[str, ...]

    def is_source(self, path: str) -> bool:
        """Whether a file is the project's code, or data that stands beside it."""
        return not is_test(path) and any(path == source or path.startswith(f"{source}/") for source in self.sources)


def is_test(path: str) -> bool:
    """Whether a file is a test, or belongs to tests: by its name or that of a folder above it."""
    *folders, name = path.split("/")
    if _TEST_FILE.fullmatch(name):
        return True
    return any(folder in ("test", "tests") for folder in folders) or folders[:1] == ["testing"]


def layout_of(files: Iterable[str]) -> Layout:
    """The layout of a repository with these files.

    Raises:
        ValueError: It holds no Python module outside of its tests.
    """
    python = [path for path in files if path.endswith(".py")]
    paths, sources = set(), set()
    for path in python:
        parts = path.split("/")
        at = 1 if parts[0] in ("src", "lib") and len(parts) > 1 and f"{parts[0]}/__init__.py" not in python else 0
        top = parts[at]
        if is_test(path) or not _IDENTIFIER.fullmatch(top.removesuffix(".py")):
            continue
        if at == 0 and (top in _BESIDE or (len(parts) == 1 and top in _NOT_MODULES)):
            continue
        paths.add("/".join(parts[:at]))
        sources.add("/".join(parts[: at + 1]))
    if not sources:
        raise ValueError("no Python module outside of tests: this is no repository of a Python project")
    if any(paths - {""}):  # what stands beside src/ are scripts
        sources = {source for source in sources if "/" in source}
        paths -= {""}
    tests = {_top_of_tests(path) for path in python if is_test(path)}
    return Layout(tuple(sorted(paths)), tuple(sorted(sources)), tuple(sorted(tests)))


def _top_of_tests(path: str) -> str:
    """The outermost folder of tests that a file stands in, or the file."""
    folders = path.split("/")[:-1]
    for number, folder in enumerate(folders):
        if folder in ("test", "tests") or (folder, number) == ("testing", 0):
            return "/".join(folders[: number + 1])
    return path
