"""The text of an issue, from what failing tests do and get: what a user would report, and not where the mistake is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from .example import cleaned, example_of
from .running import Raised

LIMIT_MESSAGE_LINES = 12


class Failure(NamedTuple):
    """A test that fails.

    Args:
        id: Its id.
        raised: What it failed with.
    """

    id: str
    raised: Raised


class _Example(NamedTuple):
    """What is shown of a failure: the statements, what was raised, and the names that the last statement uses."""

    lines: list[str]
    raised: Raised
    names: set[str]

    @property
    def says_what(self) -> bool:
        """Whether one sees what came out."""
        return bool(self.raised.message) or bool(self.names & set(self.raised.values))


def issue_text(project: str, failures: Sequence[Failure], sources: Mapping[str, str], shown: int = 2) -> str:
    """The issue that failing tests make.

    It holds what they run, cut to the statements that matter, and what they get. Frames of the project's code are left
    out: they would give the place away.

    Args:
        project: Name of the project.
        failures: The tests, in any order.
        sources: What the files of the tests hold.
        shown: How many of them are shown, at most.

    Returns:
        The text; empty where no test can be shown.
    """
    examples = _examples(failures, sources)[:shown]
    if not examples:
        return ""
    tests = {failure.id.partition("[")[0] for failure in failures}
    about = _subject(min(tests, key=lambda test: (len(test), test)))
    parts = [f"{project}: {about}", _OPENINGS[len(about) % len(_OPENINGS)].format(project=project)]
    for number, example in enumerate(examples):
        if number:
            parts.append("This fails as well:")
        parts.append("```python\n" + "\n".join(example.lines) + "\n```")
        parts.append(_got(example))
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
    node = _function(ast.parse(source), function.split("."))
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
    "With this version of {project} this does not behave as it should:",
    "Something is wrong with {project}. To reproduce it:",
    "I would expect this to work with {project}, and it does not:",
    "{project} does not do what I expect here:",
)


def _subject(test: str) -> str:
    """What a test is about, by its name and that of its class."""
    *_, name = test.split("::")
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")
    return " ".join(word for word in words if word and word not in ("test", "tests")) or "wrong behaviour"


def _examples(failures: Iterable[Failure], sources: Mapping[str, str]) -> list[_Example]:
    """The shortest of what can be shown, each from another test."""
    found: dict[str, _Example] = {}
    for failure in sorted(failures):
        path, _, name = failure.id.partition("::")
        test = name.partition("[")[0]
        shown = example_of(sources.get(path, ""), failure.raised) if test not in found else None
        if shown is not None:
            found[test] = _Example(shown[0], failure.raised, shown[1])
    return sorted(found.values(), key=lambda one: (not one.says_what, len(one.lines), one.lines))


def _got(example: _Example) -> str:
    raised = example.raised
    lines = cleaned(raised.message).strip().splitlines()
    if len(lines) > LIMIT_MESSAGE_LINES:
        lines[LIMIT_MESSAGE_LINES:] = ["…"]
    message = "\n".join(lines)
    if raised.type == "Failed" and message.startswith("DID NOT RAISE"):
        return f"Nothing is raised there, and {message.removeprefix('DID NOT RAISE ')} should be."
    if raised.type == "AssertionError":
        values = [f"{name} = {cleaned(value)}" for name, value in raised.values.items() if name in example.names]
        told = "\n".join(filter(None, (message, *(values if not message else ()))))
        return f"This fails. What I get:\n\n```\n{told}\n```" if told else "This fails."
    told = f"{raised.type}: {message}" if message else raised.type
    return f"What I get is an exception:\n\n```\n{told}\n```"
