"""Whether a change of a definition does something new, told by its bytecode."""

from __future__ import annotations
import __future__

import ast
import warnings
from collections import Counter
from types import CodeType

from .functions import Function
from .source import Edit, Source, first_line


class Compiled:
    """A definition compiled without the rest of its file, which is many times faster, and what changes of it came to.

    Args:
        source: The file.
        node: A function that stands in no other function, or a class at the top.
    """

    def __init__(self, source: Source, node: Function | ast.ClassDef) -> None:
        assert node.end_lineno is not None
        first = first_line(node)
        self._source = source
        self._start = source.line_start(first)
        self._end = source.line_start(node.end_lineno + 1)
        # A method needs something around it, and the class gives it the `__class__` of its `super()`.
        self._before = "class _:\n" if source.lines[first - 1].lstrip("\f")[:1].isspace() else ""
        self._flags = _future_flags(source.tree)
        code, self._warnings = self._compile(Edit(self._start, self._start, ""))
        self._seen = {code}

    def is_new(self, edit: Edit) -> bool:
        """Whether a change compiles, without new warnings, and to what nothing before it came to."""
        try:
            code, warned = self._compile(edit)
        except SyntaxError:
            return False
        if warned - self._warnings or code in self._seen:
            return False
        self._seen.add(code)
        return True

    def _compile(self, edit: Edit) -> tuple[CodeType, Counter[str]]:
        whole = self._source.text
        text = self._before + whole[self._start : edit.start] + edit.text + whole[edit.end : self._end]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            code = compile(f"{text}\n", "<mutant>", "exec", self._flags, dont_inherit=True)
        return _without_lines(code), Counter(str(warning.message) for warning in caught)


def _without_lines(code: CodeType) -> CodeType:
    """The code without its place in the file, so that equal ones compare as equal."""
    constants = tuple(_without_lines(one) if isinstance(one, CodeType) else one for one in code.co_consts)
    return code.replace(co_firstlineno=1, co_linetable=b"", co_consts=constants)


def _future_flags(tree: ast.Module) -> int:
    """What the file imports from ``__future__``, as flags of the compiler."""
    flags = 0
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for name in node.names:
                flags |= getattr(__future__, name.name).compiler_flag
    return flags
