"""A folder of Python files as a package under a name of its own, whose faults name file and line."""

from __future__ import annotations

import hashlib
import importlib
import importlib.machinery
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType

import msgspec

from .schema import DomainError


def package_of(folder: Path) -> str:
    """Make a folder importable.

    Returns:
        Name of the package; it changes with what the files say, so that a folder that was edited is loaded afresh.
    """
    files = [(path.name, path.read_bytes()) for path in sorted(folder.glob("*.*")) if path.is_file()]
    digest = hashlib.blake2b(msgspec.msgpack.encode((str(folder), files)), digest_size=6).hexdigest()
    name = f"domain_{folder.name}_{digest}"
    if name not in sys.modules:
        spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        sys.modules[name] = importlib.util.module_from_spec(spec)
    return name


def import_from(package: str, path: Path) -> ModuleType:
    """Import a file of a package's folder.

    Raises:
        DomainError: It does not run; the message names the file and the line at which it failed.
    """
    try:
        return importlib.import_module(f"{package}.{path.stem}")
    except Exception as error:  # whatever the author's code raises: the answer is where
        raise DomainError(f"{_place(error, path)}: {type(error).__name__}: {error}") from error


def _place(error: BaseException, path: Path) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if path.parent in Path(frame.filename).parents
    ]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else f"{path}:1"
