from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from agent_envs.snapshots.repositories.git import GitError, GitRepository

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
AUTHOR = (
    "-c",
    "user.name=a",
    "-c",
    "user.email=a@b.c",
    "-c",
    "protocol.file.allow=always",
    "-c",
    "commit.gpgsign=false",
)


def git(folder: Path, *arguments: str, given: bytes | None = None) -> str:
    done = subprocess.run(["git", *AUTHOR, *arguments], cwd=folder, input=given, capture_output=True, check=True)
    return done.stdout.decode().strip()


def commit(folder: Path, files: dict[str, str | bytes | None], subject: str = "change") -> str:
    for path, content in files.items():
        target = folder / path
        if content is None:
            target.unlink()
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--allow-empty", f"--message={subject}")
    return git(folder, "rev-parse", "HEAD")


def odd_commit(folder: Path, mode: str, path: str, content: str) -> str:
    """A commit on the index, whatever is in the work tree."""
    id = git(folder, "hash-object", "-w", "--stdin", given=content.encode()) if mode != "160000" else content
    git(folder, "update-index", "--add", "--cacheinfo", f"{mode},{id},{path}")
    git(folder, "commit", "--quiet", "--message=odd")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "repository"
    made.mkdir()
    git(made, "init", "--quiet")
    return made


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_commits_come_newest_first_with_what_they_changed(folder: Path) -> None:
    first = commit(folder, {"a.py": "1\n2\n", "old.py": "x\n"}, "one")
    second = commit(folder, {"a.py": "1\n3\n4\n", "old.py": None, "pic": b"\0\1"}, "zwei: ä")
    newest, oldest = GitRepository(folder).commits()
    assert (newest.id, newest.parent, newest.subject) == (second, first, "zwei: ä")
    assert [(file.path, file.added_lines, file.removed_lines) for file in newest.files] == [
        ("a.py", 2, 1),
        ("old.py", 0, 1),
        ("pic", 0, 0),
    ]
    assert [file.path for file in newest.files if file.after is None] == ["old.py"]
    assert [file.path for file in newest.files if file.before is None] == ["pic"]
    assert (oldest.id, oldest.parent, len(oldest.files)) == (first, None, 2)


def test_merges_side_branches_and_what_is_over_the_limit_are_passed_over(folder: Path) -> None:
    commit(folder, {"a": "1"}, "first")
    git(folder, "checkout", "--quiet", "-b", "side")
    commit(folder, {"b": "1"}, "side")
    git(folder, "checkout", "--quiet", "-")
    commit(folder, {"c": "1"}, "main")
    git(folder, "merge", "--quiet", "--no-ff", "--message=merge", "side")
    commit(folder, {}, "nothing changed")
    repository = GitRepository(folder)
    assert [one.subject for one in repository.commits()] == ["nothing changed", "main", "first"]
    assert [one.subject for one in repository.commits(limit=2)] == ["nothing changed", "main"]
    assert [one.subject for one in repository.commits(until="side")] == ["side", "first"]


def test_links_and_submodules_are_no_regular_files(folder: Path) -> None:
    first = commit(folder, {"a": "1"})
    odd_commit(folder, "120000", "link", "a")
    odd_commit(folder, "160000", "module", first)
    module, link, regular = (one.files[0] for one in GitRepository(folder).commits())
    assert [(file.path, file.regular) for file in (module, link, regular)] == [
        ("module", False),
        ("link", False),
        ("a", True),
    ]
    kinds = {path: entry.kind for path, entry in GitRepository(folder).files("HEAD").items()}
    assert kinds == {"a": "file", "link": "link", "module": "submodule"}


def test_files_are_read_whatever_their_names(folder: Path) -> None:
    names = ["a b", "new\nline", "-dash", ":(glob)*", "tab\there", "ä", os.fsdecode(b"\xff")]
    commit(folder, {name: f"{name!r}\n" for name in names})
    repository = GitRepository(folder)
    assert set(repository.files("HEAD")) == set(names)
    assert {name: repository.read("HEAD", name) for name in names} == {name: f"{name!r}\n".encode() for name in names}
    assert repository.read("HEAD", "none") is None
    assert {file.path for file in next(repository.commits()).files} == set(names)


def test_many_contents_come_in_the_order_of_their_ids(folder: Path) -> None:
    commit(folder, {f"{number}": b"\n" * number for number in range(50)})
    repository = GitRepository(folder)
    entries = [entry for _, entry in sorted(repository.files("HEAD").items())]
    assert [len(content) for content in repository.read_many(e.id for e in entries)] == [e.size_bytes for e in entries]


def test_an_export_is_the_work_tree_without_git(folder: Path, tmp_path: Path) -> None:
    head = commit(folder, {"src/a.py": "1\r\n", "run": "#!", ".gitattributes": "* text\n*.py export-ignore ident\n"})
    git(folder, "update-index", "--chmod=+x", "run")
    git(folder, "commit", "--quiet", "--message=x")
    odd_commit(folder, "120000", "src/up", "../run")
    exported = GitRepository(folder).export("HEAD", tmp_path / "out")
    assert (exported.files, exported.left_out) == (4, {})
    assert (tmp_path / "out" / "src" / "up").readlink() == Path("../run")
    assert [(tmp_path / "out" / name).stat().st_mode & 0o777 for name in ("run", "src/a.py")] == [0o755, 0o644]
    assert contents(tmp_path / "out")["src/a.py"] == GitRepository(folder).read(head, "src/a.py")
    with pytest.raises(FileExistsError, match="not empty"):
        GitRepository(folder).export("HEAD", tmp_path / "out")


def test_what_an_export_leaves_out_is_named(folder: Path, tmp_path: Path) -> None:
    first = commit(folder, {"a": "1", "big": b"1" * 101, os.fsdecode(b"\xff"): "1"})
    odd_commit(folder, "160000", "module", first)
    exported = GitRepository(folder).export("HEAD", tmp_path / "out", limit_bytes=100)
    assert (exported.files, list(exported.left_out)) == (1, ["big", "module", "\\xff"])


def test_no_setting_of_a_repository_or_a_user_is_heard(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(folder, {"a.py": "1\n"}, "first")
    commit(folder, {"a.py": "2\n", ".gitattributes": "* diff=evil filter=evil\n"}, "second")
    signed = git(folder, "cat-file", "commit", "HEAD").replace("\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n\n", 1)
    git(folder, "reset", "--quiet", git(folder, "hash-object", "-t", "commit", "-w", "--stdin", given=signed.encode()))
    ran = tmp_path / "ran"
    evil = tmp_path / "evil"
    evil.write_text(f'#!/bin/sh\necho "$0 $*" >> {ran}\n')
    evil.chmod(0o755)
    (folder / ".git/info/attributes").write_text("* diff=evil filter=evil\n")
    settings = (
        "core.fsmonitor",
        "core.pager",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "gpg.program",
    )
    for name in (*settings, "filter.evil.smudge", "core.sshCommand", "core.editor"):
        git(folder, "config", name, str(evil))
    git(folder, "config", "log.showSignature", "true")
    subprocess.run(["git", "log", "--max-count=1"], cwd=folder, capture_output=True, check=False)
    assert ran.exists(), "the settings are not the dangerous ones"
    ran.unlink()
    before = {path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in folder.rglob("*")}
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", str(evil))
    repository = GitRepository(folder)
    assert [one.subject for one in repository.commits()] == ["second", "first"]
    assert b"+2" in repository.diff("HEAD^", "HEAD", ["a.py"])
    assert repository.export("HEAD", tmp_path / "out").files == 2
    assert not ran.exists()
    assert before == {
        path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in folder.rglob("*")
    }


def test_what_stands_in_a_work_tree_changes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(folder, {"a.py": "1\n"})
    (folder / ".gitattributes").write_text("* binary\n")
    monkeypatch.chdir(folder)
    (only,) = GitRepository(Path()).commits()
    assert [(file.path, file.added_lines) for file in only.files] == [("a.py", 1)]


def test_an_object_that_is_missing_is_never_fetched(folder: Path, tmp_path: Path) -> None:
    commit(folder, {"a": "1"})
    id = GitRepository(folder).files("HEAD")["a"].id
    git(folder, "config", "remote.origin.url", f"ext::touch {tmp_path / 'ran'}")
    git(folder, "config", "remote.origin.promisor", "true")
    git(folder, "config", "protocol.ext.allow", "always")
    (folder / ".git/objects" / id[:2] / id[2:]).unlink()
    for read in (lambda: list(GitRepository(folder).read_many([id])), lambda: GitRepository(folder).files("HEAD")):
        with pytest.raises(GitError, match=f"lacks the object {id}: a partial clone"):
            read()
    with pytest.raises(GitError):
        list(GitRepository(folder).commits())
    assert not (tmp_path / "ran").exists()


def test_a_damaged_object_is_an_error(folder: Path) -> None:
    commit(folder, {"a": "1"})
    id = GitRepository(folder).files("HEAD")["a"].id
    damaged = folder / ".git/objects" / id[:2] / id[2:]
    damaged.chmod(0o644)
    damaged.write_bytes(damaged.read_bytes()[:-4])
    with pytest.raises(GitError, match=id[:7]):
        list(GitRepository(folder).read_many([id]))
    with pytest.raises(GitError, match="is a tree"):
        list(GitRepository(folder).read_many([git(folder, "rev-parse", "HEAD^{tree}")]))
    with pytest.raises(GitError, match="no id of an object"):
        list(GitRepository(folder).read_many(["HEAD"]))


@pytest.mark.parametrize("name", ["none", "--all", "-n1", "", "HEAD..", "HEAD\0", "HEAD:a", "0" * 40])
def test_what_names_no_commit_is_an_error(folder: Path, name: str) -> None:
    commit(folder, {"a": "1"})
    with pytest.raises(GitError):
        GitRepository(folder).files(name)
    with pytest.raises(GitError):
        list(GitRepository(folder).commits(until=name))


def test_bare_repositories_and_further_work_trees_are_read(folder: Path, tmp_path: Path) -> None:
    commit(folder, {"a": "1"})
    git(folder, "worktree", "add", "--quiet", str(tmp_path / "further"))
    git(folder, "clone", "--quiet", "--bare", ".", str(tmp_path / "bare"))
    for path in (folder, folder / ".git", tmp_path / "further", tmp_path / "bare"):
        assert list(GitRepository(path).files("HEAD")) == ["a"]


def test_what_is_no_repository_is_named(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GitError, match="'HEAD' names no commit"):
        list(GitRepository(folder).commits())
    (folder / "inner").mkdir()
    for path in (folder / "inner", tmp_path / "none"):
        with pytest.raises(GitError, match=f"{path}.*not a git repository"):
            GitRepository(path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="install git"):
        GitRepository(folder)
