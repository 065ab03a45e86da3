"""A small module, and tests of every style that fail on it."""

from __future__ import annotations

MONEY = '''"""Money."""


class Purse:
    def __init__(self, cents=0):
        self.cents = cents

    def put(self, cents):
        self.cents += _twice(cents)

    def spend(self, cents):
        raise ValueError(f"cannot spend {cents} of {self!r} in {__file__}")


def _twice(cents):
    return 2 * cents
'''
TEST = (
    '''"""Tests."""
import os
import unittest

import pytest

from ledger.money import Purse, _twice

CENTS = [3,
         4]
UNUSED = os.sep


@pytest.fixture
def full():
    """A purse."""
    purse = Purse(5)
    purse.put(1)
    return purse


@pytest.fixture(name="other")
def something():
    return 1


def check(purse, expected):
    held = purse.cents
    assert held == expected


def put_all(purse, all_cents):
    for cents in all_cents:
        purse.put(cents)
\x0c

def test_steps():
    """It adds up."""
    other = Purse(1)
    purse = Purse()
    print(purse)
    purse.put(3)
    assert other.cents == 1
    assert purse.cents == 3
    assert purse.cents == 4


@pytest.mark.parametrize(("cents", "wanted"), [(1, 1), (2, 2)])
def test_parameters(cents, wanted):
    assert _twice(cents) == wanted


def test_raises():
    with pytest.raises(KeyError):
        Purse().put(1)


def test_exception():
    purse = Purse()
    purse.spend(CENTS[0])


def test_fixture(full):
    assert full.cents == 6


def test_helper_fails():
    check(Purse(7), 8)


def test_helper_is_called():
    purse = Purse()
    put_all(purse, [1, 2])
    assert purse.cents == 3


def test_loop():
    purse = Purse()
    for cents in (1, 2):
        purse.put(cents)
    assert not purse.cents


def test_text():
    text = """
one
  two
"""
    assert len(text) == _twice(1)


class TestPurse(unittest.TestCase):
    def setUp(self):
        self.purse = Purse(1)

    def test_unittest_style(self):
        self.purse.put(2)
        self.assertEqual(self.purse.cents, 3)


def test_values():
    purse = Purse(1)
    if purse.cents:
        raise AssertionError


def test_long():
    cents = [
        0,
'''
    + "        1,\n" * 120
    + """    ]
    assert _twice(cents) == 3
"""
)
