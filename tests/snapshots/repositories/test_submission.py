from __future__ import annotations

import io
import shlex
import zipfile
from collections.abc import Iterator

import pytest

from agent_envs.sandbox import Sandbox
from agent_envs.snapshots.repositories import submission as submissions
from agent_envs.snapshots.repositories.repository_set import RepositorySet
from agent_envs.snapshots.repositories.submission import of_files, submission
from agent_envs.snapshots.repositories.trees import Tree


@pytest.fixture(scope="module")
def base(ledger: RepositorySet) -> Tree:
    return ledger.base(ledger.tasks[0]).tree


@pytest.fixture
def sandbox(ledger: RepositorySet) -> Iterator[Sandbox]:
    sandbox = ledger.sandbox(ledger.tasks[0])
    yield sandbox
    sandbox.close()


def run(sandbox: Sandbox, script: str) -> None:
    done = sandbox.run(f"set -e\n{script}")
    assert done.exit_code == 0, done.output


def test_nothing_done_is_nothing(sandbox: Sandbox, base: Tree) -> None:
    run(sandbox, "git status; python -m pytest -q tests || true; touch ledger/money.py")
    assert submission(sandbox, base).files == {}


@pytest.mark.parametrize(
    "after",
    [
        "true",
        "git add -A",
        "git add -A; git commit -qm x",
        "git commit -qam x; git checkout -q --orphan y; git commit -qm z",
        "mkdir .git/info; echo '*' > .git/info/exclude; git update-index --assume-unchanged ledger/money.py",
        "git stash -q; git stash apply -q",
        "rm -rf .git",
    ],
)
def test_what_git_knows_of_it_makes_no_difference(after: str, sandbox: Sandbox, base: Tree) -> None:
    run(sandbox, f"echo 'x = 1' > ledger/money.py; echo 'y = 2' > ledger/new.py\n{after}")
    assert submission(sandbox, base) == ({"ledger/money.py": b"x = 1\n", "ledger/new.py": b"y = 2\n"}, {})


def test_what_is_ignored_counts(sandbox: Sandbox, base: Tree) -> None:
    run(sandbox, "echo 'y = 2' > ledger/new.py; printf '*\\n' > ledger/.gitignore")
    assert submission(sandbox, base).files["ledger/new.py"] == b"y = 2\n"


LEFT_OUT = {
    "tests/test_money.py": ("echo > $P", "tests are the hidden ones"),
    "tests/test_new.py": ("echo > $P", "tests are the hidden ones"),
    "ledger/tests/data.json": ("mkdir ledger/tests; echo > $P", "tests are the hidden ones"),
    "conftest.py": ("echo > $P", "tests are the hidden ones"),
    "ledger/conftest.py": ("echo > $P", "tests are the hidden ones"),
    "pytest.ini": ("echo > $P", "it is no code of the project"),
    "pyproject.toml": ("echo > $P", "it is no code of the project"),
    "readme.md": ("echo > $P", "it is no code of the project"),
    "sitecustomize.py": ("echo > $P", "it is no code of the project"),
    "other/__init__.py": ("mkdir other; echo > $P", "it is no code of the project"),
    "ledgers.py": ("echo > $P", "it is no code of the project"),
    "ledger/link.py": ("ln -s /etc/passwd $P", "it is a link"),
    "ledger/link": ("ln -s .. $P", "it is a link"),
    "ledger/pipe.py": ("mkfifo $P", "it is a pipe"),
    "ledger/money.pyc": ("echo > $P", "compiled code, archives and paths for the interpreter do not count"),
    "ledger/__pycache__/money.cpython-311.pyc": ("mkdir ledger/__pycache__; echo > $P", "compiled code"),
    "ledger/money.so": ("echo > $P", "compiled code, archives and paths for the interpreter do not count"),
    "ledger/a.pth": ("echo > $P", "compiled code, archives and paths for the interpreter do not count"),
    "ledger/unreadable.py": ("echo > $P; chmod 000 $P", "it cannot be read"),
    "ledger/huge.py": ("head -c 4194305 /dev/zero > $P", "it cannot be read: "),
}


def test_everything_but_code_is_left_out_and_named(sandbox: Sandbox, base: Tree) -> None:
    script = "\n".join(f"P={shlex.quote(path)}; {how}" for path, (how, _) in LEFT_OUT.items())
    run(sandbox, f"{script}\necho 'x = 1' > ledger/money.py")
    work = submission(sandbox, base)
    assert work.files == {"ledger/money.py": b"x = 1\n"}
    assert sorted(work.left_out) == sorted(LEFT_OUT)
    for path, (_, reason) in LEFT_OUT.items():
        assert work.left_out[path].startswith(reason), path


def test_removed_code_is_removed_and_removed_tests_are_put_back(sandbox: Sandbox, base: Tree) -> None:
    run(sandbox, "rm ledger/money.py readme.md; rm -r tests")
    work = submission(sandbox, base)
    assert work.files == {"ledger/money.py": None}
    assert set(work.left_out) == {"readme.md", *(path for path in base.files if path.startswith("tests/"))}
    assert set(work.left_out.values()) == {"it is no code of the project, and was put back"}


@pytest.mark.parametrize("instead", ["true", "echo > ledger", "ln -s /tmp ledger", "mkfifo ledger"])
def test_a_removed_package_loses_all_its_files(instead: str, sandbox: Sandbox, base: Tree) -> None:
    run(sandbox, f"rm -r ledger; {instead}")
    gone = {path for path in base.files if path.startswith("ledger/")}
    files = submission(sandbox, base).files
    assert {path for path, content in files.items() if content is None} == gone


def test_a_file_that_became_a_folder_is_removed_and_what_is_in_it_counts(sandbox: Sandbox, base: Tree) -> None:
    run(sandbox, "rm ledger/money.py; mkdir ledger/money.py; echo 'x = 1' > ledger/money.py/a.py")
    assert submission(sandbox, base).files == {"ledger/money.py": None, "ledger/money.py/a.py": b"x = 1\n"}


def test_a_moved_file_is_gone_here_and_new_there(sandbox: Sandbox, base: Tree) -> None:
    run(sandbox, "git mv ledger/money.py ledger/cents.py")
    files = submission(sandbox, base).files
    assert files == {"ledger/money.py": None, "ledger/cents.py": base.read("ledger/money.py")}


@pytest.mark.parametrize(
    "content", [b"x = 1\r\n", b"\xef\xbb\xbfx = 1", b"# -*- coding: latin-1 -*-\nx = '\xe4'\n", b""]
)
def test_content_passes_to_the_byte(content: bytes, sandbox: Sandbox, base: Tree) -> None:
    sandbox.write("ledger/money.py", content)
    sandbox.write("ledger/ä b.py", content)
    assert submission(sandbox, base).files == {"ledger/money.py": content, "ledger/ä b.py": content}


def test_more_files_than_a_fix_has_are_left_out(sandbox: Sandbox, base: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submissions, "LIMIT_FILES", 3)
    run(sandbox, "for i in 1 2 3 4 5; do echo $i > ledger/n$i.py; done")
    work = submission(sandbox, base)
    assert list(work.files) == ["ledger/n1.py", "ledger/n2.py", "ledger/n3.py"]
    assert set(work.left_out) == {"ledger/n4.py", "ledger/n5.py"}


def test_files_that_are_handed_in_pass_the_same_rules(base: Tree) -> None:
    same = base.read("ledger/money.py") or b""
    work = of_files({"ledger/money.py": same, "ledger/new.py": b"1", "conftest.py": b"", "setup.py": b""}, base)
    assert work.files == {"ledger/new.py": b"1"}
    assert set(work.left_out) == {"conftest.py", "setup.py"}


def zipped(start: bytes, end: bytes) -> bytes:
    made = io.BytesIO()
    made.write(start)
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr("inner.py", "x = 1")
        archive.comment = end
    return made.getvalue()


@pytest.mark.parametrize("path", ["ledger/money.py", "ledger/new.py"])
@pytest.mark.parametrize("content", [zipped(b"", b""), zipped(b'x = """', b'"""'), zipped(b"x = 1\n", b"") + b"\n"])
def test_an_archive_does_not_count_wherever_in_a_file_it_stands(path: str, content: bytes, base: Tree) -> None:
    assert of_files({path: content}, base) == ({}, {path: "it is an archive"})


def test_an_archive_in_volumes_is_one(base: Tree) -> None:
    volumes = b"PK\x06\x07" + bytes(12) + b"\2\0\0\0" + b"PK\x05\x06" + bytes(18)
    with pytest.raises(zipfile.BadZipFile):
        zipfile.is_zipfile(io.BytesIO(volumes))
    assert of_files({"ledger/new.py": volumes}, base).left_out == {"ledger/new.py": "it is an archive"}


def test_code_that_begins_with_the_letters_of_an_archive_counts(base: Tree) -> None:
    assert of_files({"ledger/new.py": b"PK = 'id'"}, base).files == {"ledger/new.py": b"PK = 'id'"}
