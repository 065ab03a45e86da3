"""What a sandbox shows of the host, read-only: the system's programs, an interpreter, and no more."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

GUEST = Path(__file__).parent / "guest"
_SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SETTINGS = ("alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "mime.types", "ssl/certs")
_PATH = ("/usr/local/bin", "/usr/bin", "/bin")
_ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "TERM": "dumb",
    "SHELL": "/bin/bash",
    "USER": "user",
    "LOGNAME": "user",
    "PAGER": "cat",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",  # else a file of the same size and second as another could run as that one
}


def interpreter() -> tuple[Path, ...]:
    """The folders of the Python that runs this, which are visible unless one says otherwise."""
    return tuple(dict.fromkeys(Path(prefix) for prefix in (sys.prefix, sys.base_prefix)))


class View(NamedTuple):
    """What commands see beside the tree and the system's programs, all of it read-only.

    Programs in the ``bin`` of a folder come first on the PATH.

    Args:
        visible: Folders that are seen at their own path.
        mounts: Folders of the host by the path at which they are seen. A backend that does not isolate shows them at
            their own.
        hidden: Folders below those that are seen empty. A backend that does not isolate hides nothing.
        variables: Variables of every command, beside those that all have; ``{tree}`` stands for where commands see the
            tree, and the path of a mount in braces for where they see that.
    """

    visible: tuple[Path, ...] = interpreter()
    mounts: Mapping[str, Path] = MappingProxyType({})
    hidden: tuple[Path, ...] = ()
    variables: Mapping[str, str] = MappingProxyType({})

    def at(self, target: str, *, isolated: bool) -> str:
        """Where commands see one of the mounts."""
        return target if isolated else str(self.mounts[target])


class Layout(NamedTuple):
    """A root in words.

    Args:
        binds: Paths of the host, and where each is seen.
        links: Symbolic links: what each points to, and where it is.
    """

    binds: list[list[str]]
    links: list[list[str]]


def layout(visible: Iterable[Path], mounts: Mapping[str, Path] = MappingProxyType({})) -> Layout:
    """The system's programs and libraries, a handful of settings, and the folders that were asked for."""
    binds = [["/usr", "/usr"]]
    links = []
    for path in map(Path, _SYSTEM):
        if path.is_symlink():
            links.append([str(path.readlink()), str(path)])
        elif path.is_dir():
            binds.append([str(path)] * 2)
    binds += [[f"/etc/{name}"] * 2 for name in _SETTINGS if Path("/etc", name).exists()]
    binds += [[str(path), f"/etc/{path.name}"] for path in sorted((GUEST / "etc").iterdir())]
    folders = sorted({path.absolute() for path in visible})  # parents come first, or they would hide their children
    binds += [[str(path)] * 2 for path in folders if not path.is_relative_to("/usr")]
    binds += [[str(path.absolute()), target] for target, path in sorted(mounts.items())]
    return Layout(binds, links)


def hidden_interpreter(visible: Iterable[Path]) -> list[Path]:
    """Where the Python is that serves a sandbox, if commands are not to see it."""
    python = Path(sys.base_prefix)
    return [] if any(python.is_relative_to(path) for path in (*visible, Path("/usr"))) else [python]


def environment(view: View, *, isolated: bool) -> dict[str, str]:
    """All variables of a command but HOME and TMPDIR."""
    folders = [(path, str(path)) for path in view.visible]
    folders = [(view.mounts[target], view.at(target, isolated=isolated)) for target in view.mounts] + folders
    programs = [f"{seen}/bin" for path, seen in folders if (path / "bin").is_dir()]
    given = dict(view.variables)
    for target in view.mounts:
        seen = view.at(target, isolated=isolated)
        given = {name: value.replace(f"{{{target}}}", seen) for name, value in given.items()}
    return {**_ENVIRONMENT, "PATH": ":".join(dict.fromkeys([*programs, *_PATH])), **given}
