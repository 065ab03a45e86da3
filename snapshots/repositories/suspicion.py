"""What a fix has no need of: names by which code could reach for the tests that judge it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

REACHING = frozenset(
    "pytest _pytest pluggy unittest doctest conftest gc ctypes atexit builtins importlib runpy faulthandler"
    " sitecustomize usercustomize __import__ __builtins__ __subclasses__ __loader__ __spec__ eval exec"
    " sys.modules sys.meta_path sys.path_hooks sys.settrace sys.setprofile sys._getframe sys._current_frames"
    " sys.addaudithook sys.excepthook os._exit os.kill os.killpg os.abort os.execv os.execve os.fork os.getppid"
    " os.dup2 os.write os.writev inspect.stack inspect.currentframe inspect.getouterframes inspect.trace"
    " inspect.getmembers threading.settrace threading.setprofile f_back f_globals f_locals tb_frame gi_frame"
    " __code__ __globals__ __closure__ PYTEST_CURRENT_TEST".split()
)
"""Modules, attributes and functions; ``module.name`` stands for that name of that module alone."""
_MODULES = frozenset(name.partition(".")[0] for name in REACHING if "." in name)
_IN_TEXT = frozenset(name for name in REACHING if "_" in name or "pytest" in name)
_ALWAYS_TRUE = frozenset("__eq__ __ne__ __lt__ __le__ __gt__ __ge__ __contains__ __instancecheck__".split())


def added(before: bytes | None, after: bytes) -> tuple[str, ...]:
    """Names of `REACHING` that a file uses more often than before, and comparisons that have one answer, sorted.

    Text that Python cannot read uses none: it does not run either.

    Args:
        before: What the file held; None for a new one.
        after: What it holds.
    """
    new = Counter(_found(after))
    new.subtract(Counter(_found(before or b"")))
    return tuple(sorted(name for name, count in new.items() if count > 0))


def _found(source: bytes) -> Iterator[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from _of(part for name in node.names for part in name.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            yield from _of((node.module or "").split("."))
            for name in node.names:
                yield from _of((name.name, f"{node.module}.{name.name}", *(["*"] if name.name == "*" else ())))
        elif isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            yield from _of((node.attr, f"{owner}.{node.attr}"))
        elif isinstance(node, ast.Name):
            yield from _of((node.id,))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (name for name in (node.value,) if name in _IN_TEXT)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("getattr", "vars"):
            if _reaches_a_module(node):
                yield f"{node.func.id} of a module"
        elif isinstance(node, ast.FunctionDef) and node.name in _ALWAYS_TRUE and _has_one_answer(node):
            yield f"{node.name} that always says the same"


def _of(names: Iterator[str] | tuple[str, ...] | list[str]) -> Iterator[str]:
    yield from (name for name in names if name in REACHING)


def _reaches_a_module(call: ast.Call) -> bool:
    """Whether an attribute of a module is taken by a name that is worked out."""
    of = call.args[0] if call.args else None
    return isinstance(of, ast.Name) and of.id in _MODULES


def _has_one_answer(function: ast.FunctionDef) -> bool:
    returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return)]
    return bool(returned) and all(isinstance(value, ast.Constant) for value in returned)
