"""A small project with a bug, and tests on it whose statements need much that stands elsewhere."""

from __future__ import annotations

MENDED = '''"""A till."""


class Till:
    def __init__(self, cents=0):
        self.cents = cents

    def put(self, cents):
        self.cents += cents
        return self

    def show(self):
        print(self.cents)

    def __repr__(self):
        return "a till"


def total(parts):
    found = {}
    for name, cents in parts.items():
        found[name] = cents
    return found
'''
BROKEN = MENDED.replace("self.cents += cents", "self.cents += 2 * cents").replace("found[name] = cents", "found = {}")
CONFTEST = """import pytest

from shop.till import Till


@pytest.fixture(params=[1, 2])
def stocked(request):
    return Till(request.param)
"""
COMMON = """def assert_holds(till, cents):
    assert till.cents == cents


class Shared:
    def new(self):
        return self.kind()

    def test_that_is_shared(self):
        assert self.new().cents == 0
"""
TEST = """import unittest

import pytest

from common import Shared, assert_holds
from shop.till import Till, total

try:
    from unittest.mock import Mock
except ImportError:
    from mock import Mock

if pytest:
    NUMBER = int
else:
    NUMBER = float
KNOWN = []
KNOWN.append(3)


class Base(unittest.TestCase):
    START = 1

    def setUp(self):
        self.till = Till(self.START)

    def after(self, *all_cents):
        for cents in all_cents:
            self.till.put(cents)
        return self.till.cents


    def opened(self):
        raise NotImplementedError


class TestTill(Base, Shared):
    kind = Till

    def opened(self):
        return Till(2)

    def test_default_of_an_argument(self, put=Till.put):
        self.assertEqual(put(Till(), 1).cents, 1)

    def test_what_another_method_stands_for(self):
        self.assertEqual(self.opened().put(1).cents, 3)

    def test_helper_of_another_file(self):
        self.assertEqual(self.new().put(1).cents, 1)

    def test_helper_method(self):
        unused = Mock()
        self.assertEqual(self.after(1, 2), 4)


class TestPlain:
    @pytest.fixture
    def full(self):
        return Till(5)

    def made(self, cents):
        return Till(cents).put(1)

    def check(self, cents):
        assert self.made(cents).cents == cents + 1

    def test_check_method(self):
        self.check(1)

    def test_fixture_of_the_class(self, full):
        assert full.put(1).cents == 6


@pytest.fixture
def closed():
    till = Till(1)
    till.put(1)
    yield till
    till.cents = None


@pytest.fixture
def guarded(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Till, "start", 4, raising=False)
        yield Till(Till.start)


@pytest.fixture
def shadowing():
    cents = 7
    return Till(cents).put(1)


def test_fixture_is_cleared_away(closed):
    assert closed.cents == 2


def test_fixture_within_a_block(guarded):
    assert guarded.put(1).cents == 5


def test_fixture_with_the_same_names(shadowing):
    cents = 8
    assert shadowing.cents == cents


def test_fixture_of_pytest(capsys):
    Till(1).put(1).show()
    assert capsys.readouterr().out == "2\\n"


def test_fixture_of_the_repository(stocked):
    before = stocked.cents
    stocked.put(1)
    assert stocked.cents == before + 1


def test_module_beside():
    assert_holds(Till().put(1), 1)


def test_import_that_is_tried():
    mock = Mock(return_value=1)
    assert Till().put(mock()).cents == 1


def test_name_that_is_chosen():
    assert NUMBER(Till().put(KNOWN[0]).cents) == 3


@pytest.mark.parametrize(("till", "cents"), [(Till(1), 2), (Till(2), 3)])
def test_objects(till, cents):
    assert till.put(1).cents == cents


@pytest.mark.parametrize("parts", [{"b": 1, "a": 2}])
def test_order_of_keys(parts):
    assert list(total(parts)) == ["b", "a"]


@pytest.mark.parametrize("numbers", [list(range(9)), [0, 1, 2, 3, 4, 5, 6, 7, 9]])
def test_long_parameter(numbers):
    assert Till().put(sum(numbers)).cents == sum(numbers)


def test_change_by_way_of_another_name():
    till = Till()
    tills = [till]
    for one in tills:
        one.put(1)
    assert till.cents == 1


def test_its_own_name():
    try:
        assert Till().put(1).cents == 1
    except ImportError:
        pytest.skip("test_its_own_name is skipped")


def once(till):
    assert till.cents in (0, 1)


def test_helper_fails_before_its_last_call():
    once(Till().put(1))
    once(Till())


def test_too_early_an_end():
    till = Till().put(1)
    if till is None:
        return
    assert till.cents == 1
"""
