"""The text of an issue, from what failing tests do and get: what a user would report, and not where the mistake is."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from .assembly import Example
from .example import cleaned, example_of
from .parsing import parsed
from .running import Raised

LIMIT_MESSAGE_LINES = 12
_WORD = re.compile(r"\w+")
_CLASS = re.compile(r"<class '(?:[^']*\.)?(\w+)'>")
_HINT = re.compile(r"^\s*(?:Use -v+ to get more diff|Omitting .*use -v+ to show|\.\.\.Full output truncated.*)$")


class Failure(NamedTuple):
    """A test that fails.

    Args:
        id: Its id.
        raised: What it failed with.
    """

    id: str
    raised: Raised


class _Shown(NamedTuple):
    """What is shown of a failure, and what beside the code lies where its test stands."""

    failure: Failure
    example: Example
    beside: tuple[str, ...] = ()

    def beside_others_than(self, project: str) -> _Shown:
        """With what it uses of other modules than the project."""
        others = (one for one in self.example.modules if one != _module(project))
        return self._replace(beside=(*others, *self.example.fixtures))

    @property
    def is_placed(self) -> bool:
        """Whether the example has to stand there, too."""
        return bool(self.beside) or self.example.is_relative

    @property
    def rank(self) -> tuple[bool, bool, bool, int, list[str]]:
        """Smaller for what is better to show: one sees what came out, and it runs anywhere, is bare code, is short."""
        raised, example = self.failure.raised, self.example
        tells = bool(raised.message) or bool(example.names & set(raised.values))
        return not tells, self.is_placed, example.is_test, len(example.lines), example.lines


def issue_text(project: str, failures: Sequence[Failure], sources: Mapping[str, str], shown: int = 2) -> str:
    """The issue that failing tests make.

    It holds what they run, cut to the statements that matter, and what they get; only what can be run by who reads it.
    Frames of the project's code are left out: they would give the place away.

    Args:
        project: Name of the project; where none of its tests imports that, it is called by what they do import.
        failures: The tests, in any order.
        sources: What the files of the tests hold.
        shown: How many of them are shown, at most.

    Returns:
        The text; empty where no test can be shown.
    """
    found = _examples(failures, sources)
    if not found:
        return ""
    project = _imported(project, found)
    examples = sorted((one.beside_others_than(project) for one in found), key=lambda one: one.rank)[:shown]
    tests = {failure.id.partition("[")[0] for failure in failures}
    about = _subject(examples[0].failure.id.partition("[")[0])
    parts = [f"{project}: {about}"]
    for number, one in enumerate(examples):
        opening = "This fails as well" if number else _OPENINGS[len(about) % len(_OPENINGS)].format(project=project)
        code = "```python\n" + "\n".join(one.example.lines) + "\n```"
        parts += [f"{opening}{_how_to_run(one)}:", code, _got(one)]
    rest = len(tests) - len(examples)
    if rest > 0:
        cases = "case of the same kind does" if rest == 1 else "cases of the same kind do"
        parts.append(f"{rest} other {cases} not work either.")
    return "\n\n".join(parts)


def feature_text(project: str, path: str, function: str, source: str, tests: Iterable[str]) -> str:
    """The issue of a feature that is not there: what it is called, what it says of itself, and where its tests are.

    Args:
        project: Name of the project.
        path: The file it belongs in.
        function: Its qualified name.
        source: What the file holds with the feature.
        tests: Ids of the tests that need it.
    """
    node = _function(parsed(source), function.split("."))
    if node is None:
        return ""
    described = node.body[:1] if ast.get_docstring(node) is not None else []
    node.body = [*described, ast.Expr(ast.Constant(...))]
    files = sorted({test.partition("::")[0] for test in tests})
    return "\n\n".join(
        (
            f"{project}: implement `{function}`",
            f"`{function}` in `{path}` is not implemented: it raises NotImplementedError. Please write it:",
            f"```python\n{ast.unparse(node)}\n```",
            f"The tests in {', '.join(files)} say what it must do.",
        )
    )


def _function(tree: ast.AST, names: list[str]) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """A function by the parts of its qualified name; the last of that name."""
    for node in reversed(list(ast.iter_child_nodes(tree))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == names[0]:
            if len(names) > 1:
                return _function(node, names[1:])
            return None if isinstance(node, ast.ClassDef) else node
    return None


_OPENINGS = (
    "With this version of {project} this does not behave as it should",
    "Something is wrong with {project}. To reproduce it",
    "I would expect this to work with {project}, and it does not",
    "{project} does not do what I expect here",
)


def _subject(test: str) -> str:
    """What a test is about, by its name and that of its class."""
    *_, name = test.split("::")
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")
    return " ".join(word for word in words if word and word not in ("test", "tests")) or "wrong behaviour"


def _examples(failures: Sequence[Failure], sources: Mapping[str, str]) -> list[_Shown]:
    """What can be shown, each from another test."""
    tests = {failure.id.partition("[")[0].rpartition("::")[2] for failure in failures}
    found: dict[str, _Shown] = {}
    for failure in sorted(failures):
        path, _, name = failure.id.partition("::")
        test = name.partition("[")[0]
        example = example_of(failure.id, sources.get(path, ""), failure.raised) if test not in found else None
        if example is not None and not tests & set(_WORD.findall("\n".join(example.lines))):
            found[test] = _Shown(failure, example)
    return list(found.values())


def _imported(project: str, found: Sequence[_Shown]) -> str:
    """What the project is called where it is imported, if that is something else: a set may name it otherwise."""
    counts = Counter(name for one in found for name in one.example.modules)
    if not counts or _module(project) in counts:
        return project
    return min(counts, key=lambda name: (-counts[name], name))


def _module(project: str) -> str:
    return re.sub(r"\W", "_", project.lower())


def _how_to_run(shown: _Shown) -> str:
    """What a reader has to know who wants to run an example; empty for code that runs anywhere."""
    what = "as a test for pytest" if shown.example.is_test else "as a file"
    if not shown.is_placed:
        return f" ({what})" if shown.example.is_test else ""
    folder = shown.failure.id.partition("::")[0].rpartition("/")[0]
    place = f"in `{folder}/`" if folder else "in the root folder"
    beside = ", ".join(f"`{name}`" for name in shown.beside)
    verb = "is" if len(shown.beside) == 1 else "are"
    return f" ({what} {place}, where {beside} {verb})" if beside else f" ({what} {place})"


def _got(shown: _Shown) -> str:
    raised = shown.failure.raised
    lines = [line for line in cleaned(raised.message).strip().splitlines() if not _HINT.search(line)]
    if len(lines) > LIMIT_MESSAGE_LINES:
        lines[LIMIT_MESSAGE_LINES:] = ["…"]
    message = "\n".join(lines).rstrip()
    if raised.type == "Failed" and message.startswith("DID NOT RAISE"):
        expected = _CLASS.sub(r"\1", message.removeprefix("DID NOT RAISE "))
        return f"Nothing is raised there, and {expected} should be."
    if raised.type == "AssertionError":
        values = [f"{name} = {cleaned(value)}" for name, value in raised.values.items() if name in shown.example.names]
        told = "\n".join(filter(None, (message, *(values if not message else ()))))
        return f"This fails. What I get:\n\n```\n{told}\n```" if told else "This fails."
    told = f"{raised.type}: {message}" if message else raised.type
    return f"What I get is an exception:\n\n```\n{told}\n```"
