"""What a fix has no need of: names by which code could reach for the tests that judge it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping

REACHING = frozenset(
    "pytest _pytest pluggy unittest doctest conftest gc ctypes atexit builtins importlib runpy faulthandler code codeop"
    " pickle marshal shelve timeit zipimport zipapp signal traceback multiprocessing resource sitecustomize"
    " usercustomize __import__ __builtins__ __subclasses__ __loader__ __spec__ __self__ eval exec compile modules"
    " meta_path path_hooks path_importer_cache settrace setprofile _getframe _current_frames walk_stack walk_tb"
    " addaudithook excepthook unraisablehook _exit kill killpg abort execv execve execvp posix_spawn getppid prlimit"
    " dup2 writev currentframe getouterframes get_objects get_referrers f_back f_globals f_locals tb_frame gi_frame"
    " cr_frame __code__ __globals__ __closure__ FunctionType CodeType attrgetter methodcaller get_type_hints"
    " setrecursionlimit PYTEST_CURRENT_TEST".split()
)
"""Names of modules, functions and attributes, whoever's they are."""
_BUILT_IN = frozenset("eval exec compile __import__".split())
_ATTRIBUTES_TOO_COMMON = frozenset("code compile gc kill abort modules signal resource traceback".split())
_OF_MODULES = frozenset({"os.write", "os.fork", "os.kill", "os.abort", "sys.modules", "inspect.stack", "inspect.trace"})
_IN_TEXT = frozenset(name for name in REACHING if "_" in name or "pytest" in name)
_BY_NAME = frozenset("getattr setattr delattr vars".split())
_COMPARISONS = frozenset("__eq__ __ne__ __lt__ __le__ __gt__ __ge__ __contains__ __instancecheck__".split())


def added(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[str, ...]:
    """What changed files hold more often than before of what a fix has no need of, sorted.

    That are names of `REACHING`, attributes by names that are worked out, changes of other modules' attributes, and
    comparisons that do not look at what they compare with. A file that no syntax tree can be made of, though Python
    might run it, is such a thing as well.

    Args:
        before: What the Python files held, as far as they were there.
        after: What they hold.
    """
    new = Counter(name for source in after.values() for name in _found(source))
    new.subtract(Counter(name for source in before.values() for name in _found(source)))
    return tuple(sorted(name for name, count in new.items() if count > 0))


def _found(source: bytes) -> Iterator[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):  # then Python cannot run it either
        return
    except (RecursionError, MemoryError):
        yield "code too deep to be read"
        return
    modules = _modules(tree)
    for node in ast.walk(tree):
        yield from _of_node(node, modules)


def _modules(tree: ast.Module) -> dict[str, str]:
    """The names in a file that stand for modules, and which."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                found[name.asname or name.name.partition(".")[0]] = name.name
    return found


def _of_node(node: ast.AST, modules: Mapping[str, str]) -> Iterator[str]:
    match node:
        case ast.Import():
            yield from (part for name in node.names for part in name.name.split(".") if part in REACHING)
        case ast.ImportFrom():
            parts = [*(node.module or "").split("."), *(name.name for name in node.names)]
            yield from (part for part in parts if part in REACHING or part == "*")
            yield from (name for name in (f"{node.module}.{one.name}" for one in node.names) if name in _OF_MODULES)
        case ast.Attribute():
            yield from _of_attribute(node, modules)
        case ast.Name():
            yield from (name for name in (node.id,) if name in _BUILT_IN or (name in REACHING and "__" in name))
        case ast.Constant(value=str(text)) if text in _IN_TEXT:
            yield text
        case ast.Call(func=ast.Name(id=name)) if name in _BY_NAME:
            yield from _by_name(name, node, modules)
        case ast.FunctionDef(name=name) if name in _COMPARISONS and _does_not_look(node.args, node):
            yield f"{name} that does not look at the other"
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() as made) if name in _COMPARISONS:
            if _does_not_look(made.args, made.body):
                yield f"{name} that does not look at the other"


def _of_attribute(node: ast.Attribute, modules: Mapping[str, str]) -> Iterator[str]:
    owner = modules.get(node.value.id, "") if isinstance(node.value, ast.Name) else ""
    if node.attr in REACHING - _ATTRIBUTES_TOO_COMMON or f"{owner}.{node.attr}" in _OF_MODULES:
        yield node.attr
    if owner and node.attr == "__dict__":
        yield "__dict__ of a module"
    if owner and isinstance(node.ctx, ast.Store | ast.Del):
        yield "an attribute of another module, changed"


def _by_name(name: str, call: ast.Call, modules: Mapping[str, str]) -> Iterator[str]:
    of, attribute = [*call.args, None, None][:2]
    if isinstance(of, ast.Name) and of.id in modules and (name != "getattr" or not isinstance(attribute, ast.Constant)):
        yield f"{name} of a module"
    elif isinstance(attribute, ast.BinOp | ast.JoinedStr | ast.Call | ast.Subscript):
        yield f"{name} by a name that is worked out"


def _does_not_look(arguments: ast.arguments, body: ast.AST) -> bool:
    """Whether a comparison makes no use of its second argument."""
    names = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
    used = {node.id for node in ast.walk(body) if isinstance(node, ast.Name)}
    return len(names) > 1 and names[1] not in used
