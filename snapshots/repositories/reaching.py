"""Names and texts by which code reaches for the tests that judge it, or for the interpreter that runs both."""

from __future__ import annotations

import re

REACHING = frozenset(
    "pytest _pytest pluggy unittest doctest conftest gc ctypes _ctypes atexit builtins importlib runpy faulthandler"
    " code codeop pickle marshal shelve timeit zipimport zipapp signal _signal multiprocessing resource sitecustomize"
    " usercustomize site pkgutil pydoc pdb bdb cProfile profile trace tracemalloc rlcompleter imp _imp linecache"
    " fileinput pty mmap fcntl posix _posixsubprocess _io _thread _xxsubinterpreters subprocess"
    " __import__ __builtins__ __subclasses__ __loader__ __spec__ __path__ __self__ eval exec compile modules"
    " breakpoint new_class meta_path path_hooks path_importer_cache settrace setprofile _getframe _current_frames"
    " walk_stack walk_tb"
    " extract_stack format_stack print_stack StackSummary formatwarning addaudithook excepthook unraisablehook _exit"
    " kill killpg abort execv execve execvp posix_spawn getppid prlimit dup2 writev closerange fdopen sendfile openpty"
    " forkpty FileIO urlopen currentframe getouterframes get_objects get_referrers get_stack f_back f_globals f_locals"
    " f_builtins f_code tb_frame gi_frame cr_frame ag_frame __code__ __globals__ __closure__ __match_args__"
    " FunctionType CodeType attrgetter methodcaller get_type_hints _evaluate getattr_static getmembers"
    " getmembers_static getclosurevars import_module EntryPoint entry_points setrecursionlimit"
    " PYTEST_CURRENT_TEST".split()
)
"""Names of modules, functions and attributes, whoever's they are.

`pickle` is one of them, since what it reads can call anything. `traceback` is none: what it says of an exception ends
where that was caught. Its functions for the whole stack are: they show the line of the test that calls.
"""

BUILT_IN = frozenset("eval exec compile __import__ breakpoint globals locals".split())
"""Functions of the interpreter that need no import."""

COMMON = frozenset("code compile gc kill abort modules signal resource site profile trace imp subprocess".split())
"""Of all these, those that other things have for attributes."""

INTERPRETER = frozenset("sys _sys os _os builtins importlib inspect io _io _thread posix".split())
"""Modules that give reach, by the names under which other modules hold them."""

OF_MODULES = frozenset(
    "os.write os.fork os.kill os.abort os.dup os.pipe os.pipe2 os.read os.system os.popen os.walk os.listdir os.scandir"
    " sys.modules sys.path sys.argv inspect.stack inspect.trace string.Formatter socket.fromfd".split()
)
"""What has a common name, and gives reach where it is of this module."""

KEYWORDS = frozenset("eval_str closefd pass_fds stack_info".split())
"""Arguments by which common functions give reach."""

FILES = frozenset("read_text read_bytes write_text write_bytes glob rglob iterdir".split())
"""Methods of paths that read, write or list."""

_TEXTS = frozenset(name for name in REACHING if "_" in name or "pytest" in name)
_IN_TEXTS = (*sorted(name for name in REACHING if name.startswith("__")), "_pytest", "sys.modules")
_OF_TESTS = re.compile(r"(^|[/*])(tests?/|test_[\w*]*\.py|conftest)|^tests$|/tests?$|_tests?\.py")
_OF_DESCRIPTORS = re.compile(r"/proc/|/dev/fd")


def in_text(text: str) -> str:
    """What a text names of which a fix has no need; empty where that is nothing."""
    if text in _TEXTS:
        return text
    found = [name for name in _IN_TEXTS if name in text] + ["pytest"] * text.startswith("pytest")
    if found:
        return f"{found[0]} in a text"
    if _OF_DESCRIPTORS.search(text):
        return "a text that names processes or descriptors"
    return "a text that names files of tests" if _OF_TESTS.search(text) else ""


def can_reach(beginning: str) -> bool:
    """Whether a name of which only the beginning is known can be one that gives reach."""
    names = (*REACHING, *INTERPRETER, *(name.partition(".")[2] for name in OF_MODULES))
    return any(name.startswith(beginning) or beginning.startswith(name) for name in names)
