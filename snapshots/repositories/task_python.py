"""The Python that commands in a repository see: pytest and what the tests need, and no other package that is here."""

from __future__ import annotations

import compileall
import hashlib
import os
import shutil
import site
import sys
import sysconfig
import venv
from functools import lru_cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from py_compile import PycInvalidationMode

import msgspec
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from agent_envs.sandbox import View
from agent_envs.snapshots.cache import build_once, cache_path

_AT, _INSIDE_AT = "/opt/python", "/opt/inside"  # the same everywhere, for they stand in what commands print
_INSIDE = Path(__file__).parent / "inside"
_VERSION = 2
_VARIABLES = {
    "GIT_AUTHOR_NAME": "user",
    "GIT_AUTHOR_EMAIL": "user@sandbox",
    "GIT_AUTHOR_DATE": "2024-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "user",
    "GIT_COMMITTER_EMAIL": "user@sandbox",
    "GIT_COMMITTER_DATE": "2024-01-01T00:00:00Z",
    "GIT_OPTIONAL_LOCKS": "0",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
}


class TaskPython(msgspec.Struct, frozen=True):
    """A virtual environment for the tests of repositories.

    Args:
        folder: Where it is.
        digest: Digest of the interpreter's version and of all distributions with theirs: what tests say depends on it.
    """

    folder: Path
    digest: str

    def view(self, paths: tuple[str, ...], *, grading: bool = False) -> View:
        """What commands see of it.

        Args:
            paths: Folders of the tree from which the project is imported.
            grading: Whether the programs that run hidden tests are seen, too.
        """
        found = ":".join(f"{{tree}}/{path}".rstrip("/") for path in paths)
        base = Path(sys.base_prefix)
        mounts, variables = {_AT: self.folder}, {**_VARIABLES, "PYTHONPATH": found}
        if grading:
            mounts[_INSIDE_AT], variables["INSIDE"] = _INSIDE, f"{{{_INSIDE_AT}}}"
        return View((base,), mounts, _packages_of_the_system(), variables)


@lru_cache(maxsize=16)
def task_python(needs: tuple[str, ...] = ()) -> TaskPython:
    """The environment with pytest and other distributions, copied from the one that runs this; made once.

    Args:
        needs: Names of distributions, beside pytest.

    Raises:
        ModuleNotFoundError: One of them, or what it requires, is not installed here.
    """
    found = _with_requirements(("pytest", *needs))
    versions = "".join(f" {name}=={one.version}" for name, one in sorted(found.items()))
    digest = hashlib.blake2b(f"{sys.version} {_VERSION}{versions}".encode(), digest_size=16).hexdigest()
    version = ".".join(map(str, sys.version_info[:3]))

    def build(path: Path) -> None:
        venv.create(str(path), symlinks=True, with_pip=False)
        for script in (path / "bin").glob("[Aa]ctivate*"):  # they say where it was made
            script.unlink()
        packages = path / "lib" / f"python{version.rpartition('.')[0]}" / "site-packages"
        for one in found.values():
            _copy(one, packages)
        compileall.compile_dir(
            packages,
            quiet=2,
            stripdir=str(packages),
            prependdir=_AT,
            invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
        )
        pytest = path / "bin" / "pytest"
        pytest.write_text('#!/bin/sh\nexec "$(dirname "$0")/python" -m pytest "$@"\n')
        pytest.chmod(0o755)
        (path / "pyvenv.cfg").write_text(_without_its_place((path / "pyvenv.cfg").read_text()))

    return TaskPython(build_once(cache_path("repository-python", f"python-{version}", digest), build), digest)


def _with_requirements(names: tuple[str, ...]) -> dict[str, Distribution]:
    """Distributions and all that they require, by canonical name."""
    found: dict[str, Distribution] = {}
    left = list(names)
    while left:
        name = canonicalize_name(left.pop())
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            raise ModuleNotFoundError(
                f"the tests of the repository need {name}, which is not installed: pip install {name}", name=name
            ) from None
        for text in found[name].requires or ():
            wanted = Requirement(text)
            if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
                left.append(wanted.name)
    return found


def _copy(one: Distribution, packages: Path) -> None:
    for file in one.files or ():
        source = Path(str(one.locate_file(file)))
        if ".." not in file.parts and file.suffix != ".pyc" and source.is_file():
            target = packages / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def _packages_of_the_system() -> tuple[Path, ...]:
    """Where the interpreter below keeps packages: a newer version of the very project could lie there."""
    base = {"base": sys.base_prefix, "platbase": sys.base_prefix}
    found = {Path(sysconfig.get_path(name, vars=base)) for name in ("purelib", "platlib")}
    found |= {Path(path) for path in site.getsitepackages([sys.base_prefix, "/usr", "/usr/local"])}
    found |= set(Path("/usr/lib/python3").glob("dist-packages"))
    return tuple(sorted(path for path in found if path.is_dir()))


def _without_its_place(settings: str) -> str:
    """The configuration of a virtual environment without the lines that say where it was made."""
    kept = [line for line in settings.splitlines() if line.partition(" =")[0] not in ("command", "executable")]
    return os.linesep.join([*kept, ""])
