from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_envs.snapshots.repositories.layout import Layout, is_test, layout_of

LAYOUTS = {
    "flat": (
        ["setup.py", "ledger/__init__.py", "ledger/money.py", "tests/test_money.py", "docs/conf.py"],
        Layout(("",), ("ledger",), ("tests",)),
    ),
    "src": (
        ["setup.py", "run.py", "src/ledger/__init__.py", "src/other.py", "tests/test_money.py", "tools/make.py"],
        Layout(("src",), ("src/ledger", "src/other.py"), ("tests",)),
    ),
    "lib": (
        ["lib/ledger/__init__.py", "lib/ledger/money.py", "test/test_money.py"],
        Layout(("lib",), ("lib/ledger",), ("test",)),
    ),
    "a package that is called lib": (
        ["lib/__init__.py", "lib/money.py", "tests/test_money.py"],
        Layout(("",), ("lib",), ("tests",)),
    ),
    "a single module": (
        ["setup.py", "noxfile.py", "money.py", "test_money.py", "conftest.py"],
        Layout(("",), ("money.py",), ("conftest.py", "test_money.py")),
    ),
    "a namespace": (
        ["acme/ledger/__init__.py", "acme/ledger/money.py", "tests/unit/test_money.py"],
        Layout(("",), ("acme",), ("tests",)),
    ),
    "tests inside of packages": (
        ["ledger/__init__.py", "ledger/tests/__init__.py", "ledger/tests/test_a.py", "ledger/in/test/b.py"],
        Layout(("",), ("ledger",), ("ledger/in/test", "ledger/tests")),
    ),
    "testing at the top alone": (
        ["ledger/__init__.py", "ledger/testing/helper.py", "testing/test_a.py"],
        Layout(("",), ("ledger",), ("testing",)),
    ),
}


@pytest.mark.parametrize(("files", "layout"), LAYOUTS.values(), ids=LAYOUTS)
def test_code_and_tests_are_told_apart_by_their_names(files: list[str], layout: Layout) -> None:
    assert layout_of(files) == layout


@pytest.mark.parametrize("files", [[], ["README.md"], ["tests/test_a.py", "setup.py"], ["docs/conf.py", "my-dir/a.py"]])
def test_a_repository_without_python_is_refused(files: list[str]) -> None:
    with pytest.raises(ValueError, match="no Python module outside of tests"):
        layout_of(files)


def test_data_beside_the_code_belongs_to_it_and_data_beside_tests_does_not() -> None:
    layout = layout_of(["src/ledger/__init__.py", "src/ledger/tests/test_a.py"])
    assert layout.is_source("src/ledger/rates.json")
    assert layout.is_source("src/ledger/deep/er/x.txt")
    assert not layout.is_source("src/ledger/tests/rates.json")
    assert not layout.is_source("src/ledgers/money.py")
    assert not layout.is_source("setup.py")


@pytest.mark.parametrize(
    "path", ["conftest.py", "a/conftest.py", "a/b_test.py", "a/b_tests.py", "tests.py", "testing/a"]
)
def test_tests_are_known_by_their_names(path: str) -> None:
    assert is_test(path)


@pytest.mark.parametrize("path", ["a/testing.py", "a/contest.py", "a/test_data.json", "a/testing/b.py", "attest/a.py"])
def test_names_that_only_sound_like_tests_are_none(path: str) -> None:
    assert not is_test(path)


PATHS = st.lists(st.sampled_from("src lib ledger tests docs money test_a a-b".split()), min_size=1, max_size=4)


@given(st.lists(PATHS.map(lambda parts: "/".join(parts) + ".py"), unique=True))
def test_no_file_is_both_and_the_order_of_files_does_not_matter(files: list[str]) -> None:
    try:
        layout = layout_of(files)
    except ValueError:
        assert not any(path.startswith("ledger") and not is_test(path) for path in files)
        return
    assert layout == layout_of(sorted(files, reverse=True))
    for path in files:
        assert not (is_test(path) and layout.is_source(path))
        assert is_test(path) == any(path == one or path.startswith(f"{one}/") for one in layout.tests)
