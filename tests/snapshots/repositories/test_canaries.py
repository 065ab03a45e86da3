from __future__ import annotations

import ast

import pytest

from agent_envs.snapshots.repositories.canaries import canaries, random_names


@pytest.mark.parametrize(
    "beside",
    [
        "",
        "from __future__ import annotations\nimport os\nfrom ledger.money import parse\n",
        "def f(:",
        "import pytest\n",
    ],
)
def test_canaries_are_python_whatever_stands_beside_them(beside: str) -> None:
    for _ in range(20):
        made = canaries("tests", beside)
        compile(made.content, made.path, "exec")
        named = {node.name for node in ast.parse(made.content).body if isinstance(node, ast.FunctionDef)}
        assert {test.partition("::")[2] for test in made.outcomes} <= named
        assert set(made.outcomes.values()) == {"passed", "failed", "error", "skipped"}
    assert ("from ledger.money import parse" in canaries("tests", beside).content.decode()) is ("ledger" in beside)


def test_no_two_canaries_are_alike() -> None:
    assert len({canaries("tests").content for _ in range(10)}) == 10
    assert len(set(random_names(50))) == 50
