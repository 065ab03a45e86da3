from __future__ import annotations

import pytest

from agent_envs.snapshots.repositories.bugs.mutants import mutants
from agent_envs.snapshots.repositories.bugs.operators import OPERATORS

# Operator, the lines of a function `f(a, b)`, and what they become: one text for each mutant, in order.
CASES: list[tuple[str, str, list[str]]] = [
    ("remove function", '"""Doc."""\n# how\nx = a\nreturn x', ['"""Doc."""\n# how\npass']),
    ("compare", "return a  <  b", ["return a  <=  b"]),
    ("compare", "return (a) not  in (b)", ["return (a) in (b)"]),
    ("compare", "return a is b is not None", ["return a is not b is not None", "return a is b is None"]),
    ("boolean", "return a and (b or a)", ["return a or (b or a)", "return a and (b and a)"]),
    ("drop not", "return not (a and b)", ["return (a and b)"]),
    ("drop condition", "return (a) and (not b)", ["return (not b)", "return (a)"]),
    ("negate if", "if a: b()", ["if not a: b()"]),
    ("negate if", "if a < 2: b()", ["if a >= 2: b()"]),
    ("negate if", "return [x for x in a if x and b]", ["return [x for x in a if not (x and b)]"]),
    ("negate if", "return a if b else 0", ["return a if not b else 0"]),
    ("arithmetic", "return a // b", ["return a / b"]),
    ("arithmetic", "a -= -b", ["a += -b", "a -= b"]),
    ("swap operands", "return (a  # first\n    - b * 2)", ["return (b * 2  # first\n    - a)"]),
    ("swap operands", "return a - b - 7", ["return 7 - (a - b)", "return b - a - 7"]),
    ("swap operands", "return 'no. ' + a", ["return a + 'no. '"]),
    ("swap operands", "return a >= b or a > 0", ["return b >= a or a > 0", "return a >= b or a < 0"]),
    ("off by one", "return a[0]", ["return a[1]", "return a[-1]"]),
    ("off by one", "return a + 1", ["return a", "return a + 2"]),
    ("off by one", "return range(0x10)", ["return range(0x11)", "return range(0xf)"]),
    ("off by one", "return a[:b]", ["return a[:b + 1]", "return a[:b - 1]"]),
    ("constant", "return g(0, 1.0, 41)", ["return g(1, 1.0, 41)", "return g(0, 0.0, 41)", "return g(0, 1.0, 42)"]),
    ("constant", "return g(a[::-1], '', \", \", 'word')", [
        "return g(a[::1], '', \", \", 'word')",
        "return g(a[::-1], ' ', \", \", 'word')",
        "return g(a[::-1], '', \"\", 'word')",
    ]),
    ("boolean constant", "return g(a, key=True)", ["return g(a, key=False)"]),
    ("swap arguments", "return g((a), b + 1, *a)", ["return g((b + 1), a, *a)"]),
    ("wrong variable", "c = g(b)\nreturn c", ["c = g(a)\nreturn c", "c = g(b)\nreturn b"]),
    ("remove if", "if a:\n    raise b\nreturn a", ["return a"]),
    ("remove branch", "if a:\n    b = 1\nelif b:\n    b = 2\nelse:  # why\n    b = 3\nreturn b", [
        "if a:\n    b = 1\nelse:  # why\n    b = 3\nreturn b",
        "if a:\n    b = 1\nelif b:\n    b = 2\nreturn b",
    ]),
    ("remove branch", "while a:\n    a = g(a)\nelse: a = 1", ["while a:\n    a = g(a)\n"]),
    ("remove branch", "if a:\n    b = 1\nreturn b", ["return b"]),
    ("remove loop", "for x in a:\n    g(x)\nreturn b", ["return b"]),
    ("remove assignment", "a.x = b  # why\na.y: int = b; b += 1\nreturn a", [
        "a.y: int = b; b += 1\nreturn a",
        "a.x = b  # why\npass; b += 1\nreturn a",
        "a.x = b  # why\na.y: int = b; pass\nreturn a",
    ]),
    ("remove call", "if a: g(b)\nreturn a", ["if a: pass\nreturn a"]),
    ("return None", "if a:\n    return (b\n        )\ng()", ["if a:\n    return None\ng()"]),
    ("break or continue", "for x in a:\n    if x: break\n    g()", ["for x in a:\n    if x: continue\n    g()"]),
    ("shuffle", "a.x = 1\n\n# then\na.y = a.x\na.z = 2", ["a.y = a.x\n\n# then\na.x = 1\na.z = 2"]),
    ("other exception", "try: a()\nexcept KeyError: pass", ["try: a()\nexcept IndexError: pass"]),
    ("other exception", "try: a()\nexcept (E, F): pass", ["try: a()\nexcept F: pass", "try: a()\nexcept E: pass"]),
    ("swallow exception", "try: a()\nexcept E:\n    b()\n    raise", ["try: a()\nexcept E:\n    pass"]),
    ("remove finally", "try: a()\nfinally:\n    b()\n    g()", ["try: a()\nfinally:\n    pass"]),
    ("remove finally", "try: a()\nexcept E: b()\n# at last\nfinally:\n    b()\nreturn a", [
        "try: a()\nexcept E: b()\n# at last\nreturn a",
    ]),
    ("remove raise", "if a: raise E\nb()", ["if a: pass\nb()"]),
]  # fmt: skip


def function(body: str, head: str = "def f(a, b):") -> str:
    return head + "".join(f"\n    {line}" if line else "\n" for line in body.split("\n"))


def made(operator: str, source: str) -> list[str]:
    return [mutant.source for mutant in mutants(source) if mutant.operator == operator]


@pytest.mark.parametrize(("operator", "body", "changed"), CASES)
def test_an_operator_makes_its_change_and_no_other(operator: str, body: str, changed: list[str]) -> None:
    assert [text.rstrip() for text in made(operator, function(body))] == [function(text).rstrip() for text in changed]


def test_another_default_is_given_to_a_parameter() -> None:
    head = "def f(a=None, b=1, *, c: bool = True, d=g):"
    changed = ("b=0, *, c: bool = True, d=g", "b=1, *, c: bool = False, d=g", "b=1, *, c: bool = True, d=None")
    assert made("default", function("return a", head)) == [
        function("return a", f"def f(a=None, {x}):") for x in changed
    ]


def test_an_await_is_dropped() -> None:
    head = "async def f(a, b):"
    assert made("drop await", function("return await a(b)", head)) == [function("return a(b)", head)]


def test_every_operator_is_in_the_table() -> None:
    assert {operator for operator, _, _ in CASES} | {"default", "drop await"} == set(OPERATORS)


@pytest.mark.parametrize(
    "source",
    [
        "LIMIT = 1 + 2\nif LIMIT > 2:\n    LIMIT = 0",
        "__all__ = ['f']\n__version__ = '1.0'",
        "class A:\n    size = 1",
        "@decorated(1, 2)\ndef f(a: int | str) -> list[int]: pass",
        'def f():\n    "A ; B"',
        "if __name__ == '__main__':\n    def f(): return 1",
        "if typing.TYPE_CHECKING:\n    def f(): return 1",
    ],
)
def test_what_is_no_code_of_a_function_is_never_changed(source: str) -> None:
    assert list(mutants(source)) == []


@pytest.mark.parametrize(
    "statement",
    [
        "logger.debug('-', 1 + a, a and b)",
        "self._log.info('', a < 2)",
        "warnings.warn('-', stacklevel=1)",
        "if TYPE_CHECKING:\n    x = a + 2",
    ],
)
def test_in_what_is_logged_or_for_type_checkers_nothing_is_changed(statement: str) -> None:
    assert {mutant.operator for mutant in mutants(function(statement))} == {"remove function"}


def test_the_message_of_an_assertion_stays_and_its_condition_does_not() -> None:
    changed = {mutant.source for mutant in mutants(function("assert a > b, g(1, 2)"))} - {function("pass")}
    assert changed and all(text.endswith(", g(1, 2)") and "assert" in text for text in changed)


def test_a_message_of_an_exception_keeps_its_separators() -> None:
    assert made("constant", function("raise E('-', 3)")) == [function("raise E('-', 4)")]


@pytest.mark.parametrize("expression", ["a + 0", "a * 1", "a ** 1", "a << 0"])
def test_an_operation_that_changes_nothing_keeps_its_operator(expression: str) -> None:
    assert made("arithmetic", function(f"return {expression}")) == []


def test_equal_arguments_are_not_swapped() -> None:
    assert made("swap arguments", function("return g(a, a)")) == []


def test_two_operators_that_come_to_the_same_count_once() -> None:
    changed = [mutant.operator for mutant in mutants(function("if a == b: g()")) if "!=" in mutant.source]
    assert changed == ["compare"]
