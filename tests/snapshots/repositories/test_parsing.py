from __future__ import annotations

import subprocess
import sys

import pytest

from agent_envs.snapshots.repositories.parsing import parsed, parsed_expression

# Collecting garbage while a tree is made lets another thread in, which is what the interpreter does not expect.
CROWD = """
import ast, gc, sys, threading
from agent_envs.snapshots.repositories.parsing import parsed

class Ring:
    def __init__(self): self.me = self
    def __del__(self): sum(range(200))

def deep(levels): return deep(levels - 1) if levels else parsed(source)

def work(levels):
    for _ in range(40):
        try:
            deep(levels)
        except SystemError as error:
            errors.append(error)

errors = []
one = "def f{0}(a, b):\\n    return [a + b * (x - {0}) for x in range(a) if x or (a and b)]"
source = "\\n".join(map(one.format, range(60)))
sys.setswitchinterval(1e-5)
gc.set_threshold(50)
gc.callbacks.append(lambda *_: Ring())
threads = [threading.Thread(target=work, args=(levels,)) for levels in (0, 25)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(errors))
"""


def test_many_threads_may_parse_at_once() -> None:
    done = subprocess.run([sys.executable, "-c", CROWD], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"


def test_what_is_no_program_is_told_as_python_tells_it() -> None:
    assert len(parsed("x = 1\ny = 2\n").body) == 2
    with pytest.raises(SyntaxError):
        parsed("def f(:")
    with pytest.raises((SyntaxError, ValueError), match="null bytes"):
        parsed(b"x = 1\0")
    with pytest.raises(SyntaxError):
        parsed_expression("x = 1")
