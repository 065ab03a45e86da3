"""Runs tests and says which lines of the project's code each of them ran."""

# ruff: noqa: PTH109, PTH118, PTH123
from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator
from typing import Any

import coverage
import pytest

from .work import arguments, prepare


class Watch:
    """Tells coverage which test runs.

    Args:
        cover: What watches the lines.
    """

    def __init__(self, cover: coverage.Coverage) -> None:
        self._cover = cover

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Give its lines to the test that runs."""
        self._cover.switch_context(item.nodeid)
        done = yield
        self._cover.switch_context("")
        return done


def main() -> None:
    """Do the job in the file named on the command line; what was found is one line of JSON on the output."""
    with open(sys.argv[1]) as file:
        job: dict[str, Any] = json.load(file)
    prepare(job)
    said = os.dup(1)
    nothing = os.open("/dev/null", os.O_WRONLY)
    for fd in (1, 2):
        os.dup2(nothing, fd)
    root = os.getcwd()
    watched = [path if path.endswith(".py") else f"{path}/*" for path in job["sources"]]
    cover = coverage.Coverage(data_file=None, config_file=False, include=[os.path.join(root, one) for one in watched])
    cover.start()
    pytest.main(arguments(root, job["files"]), plugins=[Watch(cover)])
    cover.stop()
    data = cover.get_data()
    number: dict[str, int] = {}
    found = {
        os.path.relpath(path, root): {
            line: sorted(number.setdefault(test, len(number)) for test in tests)
            for line, tests in data.contexts_by_lineno(path).items()
        }
        for path in data.measured_files()
    }
    text = f"\n{job['nonce']} {json.dumps({'tests': list(number), 'lines': found})}\n".encode()
    while text:
        text = text[os.write(said, text) :]


if __name__ == "__main__":
    main()
