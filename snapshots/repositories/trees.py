"""Trees of files: a repository as it is kept, and the tree of a task that is made from it."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from .git_tree import shown
from .layout import Layout, layout_of
from .one_commit import Kept, write_history

_TIME_S = 1704067200  # one for all files: what was changed is not to be told by it
_NOT_KEPT = (".git", "__pycache__")  # a submodule has a file of the first name


class Tree:
    """A repository as it is kept: files without a history, which nobody changes.

    Args:
        path: Its folder.

    Raises:
        NotADirectoryError: It is no folder.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise NotADirectoryError(f"{path} is no folder: a repository is the folder of its files")
        self.path = path

    @cached_property
    def files(self) -> dict[str, str]:
        """The path of each file and its mode, as git says it, in order; no history, no caches, all names UTF-8."""
        found: dict[str, str] = {}
        for folder, folders, names in os.walk(self.path):
            folders[:] = [name for name in folders if name not in _NOT_KEPT]
            links = [name for name in folders if Path(folder, name).is_symlink()]
            for name in (*(name for name in names if name not in _NOT_KEPT), *links):
                mode = os.lstat(f"{folder}/{name}").st_mode
                if stat.S_ISLNK(mode) or stat.S_ISREG(mode):
                    kind = "120000" if stat.S_ISLNK(mode) else "100755" if mode & stat.S_IXUSR else "100644"
                    found[os.path.relpath(f"{folder}/{name}", self.path)] = kind
        return {path: kind for path, kind in sorted(found.items()) if shown(path) == path}

    @cached_property
    def layout(self) -> Layout:
        """Which of them are its code, and which its tests.

        Raises:
            ValueError: It is no repository of a Python project.
        """
        return layout_of(self.files)

    def read(self, path: str) -> bytes | None:
        """What a file holds; None where there is none."""
        return (self.path / path).read_bytes() if self.files.get(path, "120000") != "120000" else None

    def build(self, target: Path, changes: Mapping[str, bytes | None]) -> None:
        """Write this tree with changes, each file once and in order, and a history of one commit.

        Args:
            target: The folder to make.
            changes: What files hold instead; None where there is to be no file.
        """
        target.mkdir(parents=True)
        kept = []
        modes = {**self.files, **{path: self.files.get(path, "100644") for path in changes}}
        for path, mode in sorted(modes.items()):
            if path in changes and changes[path] is None:
                continue
            one = Kept(path, mode, self._content(path, mode, changes))
            _write(target, one)
            kept.append(one)
        write_history(target, kept)
        for folder, folders, names in os.walk(target, topdown=False):
            for name in (*names, *folders):  # links to folders are among the folders
                os.utime(f"{folder}/{name}", (_TIME_S, _TIME_S), follow_symlinks=False)
        os.utime(target, (_TIME_S, _TIME_S))

    def _content(self, path: str, mode: str, changes: Mapping[str, bytes | None]) -> bytes:
        changed = changes.get(path)
        if changed is not None:
            return changed
        place = self.path / path
        return os.fsencode(place.readlink()) if mode == "120000" else place.read_bytes()


def _write(folder: Path, one: Kept) -> None:
    place = folder / one.path
    place.parent.mkdir(parents=True, exist_ok=True)
    if one.mode == "120000":
        place.symlink_to(os.fsdecode(one.content))
    else:
        place.write_bytes(one.content)
        place.chmod(0o755 if one.mode == "100755" else 0o644)


def copy_tree(tree: Tree, target: Path) -> None:
    """Keep a repository: its files alone, with one time for all, links only where they stay inside."""
    for path, mode in tree.files.items():
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        source = tree.path / path
        if mode != "120000":
            shutil.copyfile(source, place)
            place.chmod(0o755 if mode == "100755" else 0o644)
            os.utime(place, (_TIME_S, _TIME_S))
        elif Path(os.path.realpath(source)).is_relative_to(tree.path.resolve()) and not source.readlink().is_absolute():
            place.symlink_to(source.readlink())
