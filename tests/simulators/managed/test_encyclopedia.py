from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import msgspec
import pytest

from agent_envs import ToolCall, conformance, fork
from agent_envs.envs.encyclopedia import Encyclopedia, Hit, Page, PageNotFound, Section
from agent_envs.envs.wiki_search import WikiSearch
from agent_envs.messages import assistant
from agent_envs.outcome import Fault
from agent_envs.rollouts.collect import collect
from agent_envs.rollouts.policies import oracle
from agent_envs.rollouts.policies import random as random_policy
from agent_envs.rollouts.trajectory import Trajectory
from agent_envs.simulators.managed import FaultyEncyclopedia, ManagedEncyclopedia
from agent_envs.simulators.managed.encyclopedia import are_hits, is_page

Make = Callable[..., WikiSearch]
SEARCH = assistant(calls=(ToolCall.of("search", query=["river"]),))
HIT, PAGE = Hit("Danube", "Danube", "a river"), Page("Danube", "Danube", (Section("", "The Danube is a river."),))


def over(env: WikiSearch, look_after: Callable[[Encyclopedia], Encyclopedia]) -> WikiSearch:
    """The same environment over its encyclopedia as somebody looks after it."""
    return WikiSearch(look_after(env.world.book), env.tasks)


def troubled(book: Encyclopedia, *, share: float = 0.2, **settings: Any) -> ManagedEncyclopedia:
    """An encyclopedia and its mirror, of which each call may fail in every way."""
    rates = {"error_rate": share, "timeout_rate": share, "garbage_rate": share}
    return ManagedEncyclopedia(
        FaultyEncyclopedia(book, **rates, seed=1),
        fallback=FaultyEncyclopedia(book, **rates, seed=2),
        **{"wait_s": 0.0, "retries": 20, **settings},
    )


def played(make: Callable[[], WikiSearch], workers: int = 1) -> list[Trajectory]:
    return [
        episode for policy in (oracle, random_policy) for episode in collect(make, policy, range(12), workers=workers)
    ]


@pytest.mark.parametrize("settings", [{}, {"timeout_s": None}, {"cache_answers": 0}, {"rate_per_s": 1e6}])
def test_the_agent_sees_the_same_bytes_whatever_fails(make_tiny: Make, settings: dict[str, Any]) -> None:
    shared = over(make_tiny(), partial(troubled, **settings))
    bare, managed = played(make_tiny), played(lambda: fork(shared), workers=8)
    assert [episode.digest() for episode in managed] == [episode.digest() for episode in bare]
    assert set(shared.world.book.backend.injected) == {"error", "timeout", "garbage"}


def test_an_encyclopedia_that_fails_is_replaced_by_its_mirror(make_tiny: Make) -> None:
    def failing_over(book: Encyclopedia) -> Encyclopedia:
        return ManagedEncyclopedia(FaultyEncyclopedia(book, error_rate=1.0), fallback=book, retries=1, wait_s=0.0)

    assert played(lambda: over(make_tiny(), failing_over)) == played(make_tiny)


def test_where_everything_is_down_the_episode_has_a_fault_and_no_reward(make_tiny: Make) -> None:
    env = over(make_tiny(), partial(troubled, share=1 / 3, retries=2))
    for episode in collect(lambda: env, oracle, range(4)):
        assert episode.fault is not None
        assert (episode.fault.origin, episode.reward, episode.outcome) == ("infra", None, None)
        assert "has no answer after 2 retries" in episode.fault.message


def test_after_a_fault_the_episode_is_as_it_was_and_goes_on_when_the_encyclopedia_is_back(make_tiny: Make) -> None:
    bare = make_tiny()
    switched = Switched(bare.world.book)
    env = WikiSearch(ManagedEncyclopedia(switched, wait_s=0.0), bare.tasks)
    env.reset(seed=0)
    bare.reset(seed=0)
    with pytest.raises(Fault, match="switched off"):
        env.step(SEARCH)
    assert env.state_digest() == bare.state_digest()
    switched.up = True
    assert env.step(SEARCH) == bare.step(SEARCH)


def test_who_fails_does_not_depend_on_threads(make_tiny: Make) -> None:
    shared = over(make_tiny(), partial(troubled, retries=0))
    one, many = played(lambda: fork(shared)), played(lambda: fork(shared), workers=8)
    assert one == many
    assert {episode.fault is None for episode in one} == {True, False}


def test_a_page_that_does_not_exist_is_told_to_the_agent_as_ever(make_tiny: Make) -> None:
    book = make_tiny().world.book
    for encyclopedia in (book, troubled(book), troubled(book, timeout_s=None)):
        with pytest.raises(PageNotFound, match="there is no page 'Rhine'"):
            encyclopedia.read("Rhine")


def test_the_contract_is_kept(make_tiny: Make) -> None:
    env = make_tiny()
    assert conformance.check(partial(WikiSearch, troubled(env.world.book), env.tasks)).problems == ()


def test_forks_share_what_looks_after_them(make_tiny: Make) -> None:
    env = over(make_tiny(), troubled)
    env.reset(seed=0)
    twins = [fork(env) for _ in range(16)]
    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(lambda twin: twin.step(SEARCH), twins))
    assert all(result == results[0] for result in results)
    assert all(twin.world.book is env.world.book for twin in twins)


class Switched:
    """An encyclopedia that is down until it is switched on."""

    def __init__(self, book: Encyclopedia) -> None:
        self._book, self.digest, self.up = book, book.digest, False

    def search(self, query: str, k: int) -> Sequence[Hit]:
        if not self.up:
            raise ConnectionError("switched off")
        return self._book.search(query, k)

    def read(self, path: str) -> Page:
        return self._book.read(path)


class Edited:
    """Another edition of an encyclopedia."""

    def __init__(self, book: Encyclopedia) -> None:
        self._book, self.digest = book, f"{book.digest}, second edition"

    def search(self, query: str, k: int) -> Sequence[Hit]:
        return [HIT]

    def read(self, path: str) -> Page:
        return self._book.read(path)


def test_a_fallback_that_answers_otherwise_is_refused(make_tiny: Make) -> None:
    book = make_tiny().world.book
    with pytest.raises(ValueError, match="another encyclopedia \\('tiny, second edition', not 'tiny'\\)"):
        ManagedEncyclopedia(book, fallback=Edited(book))


def test_a_substitute_may_answer_otherwise_and_stands_in_the_digest(make_tiny: Make) -> None:
    book = make_tiny().world.book
    down = FaultyEncyclopedia(book, error_rate=1.0)
    managed = ManagedEncyclopedia(down, substitute=Edited(book), wait_s=0.0)
    assert managed.search("river", 5) == [HIT]
    assert managed.digest == "tiny or tiny, second edition"


@pytest.mark.parametrize(
    "garbage",
    [None, "", "Danube", [None], [("Danube", "Danube", "a river")], [Hit("Danube", "Danube", b"")], {"hits": []}, PAGE],  # type: ignore[arg-type]
)
def test_what_is_no_list_of_hits_is_recognised(garbage: object) -> None:
    assert not are_hits(garbage)


@pytest.mark.parametrize(
    "garbage",
    [
        None,
        "<html>",
        [HIT],
        msgspec.structs.replace(PAGE, path=None),
        msgspec.structs.replace(PAGE, sections=(("", "text"),)),
        msgspec.structs.replace(PAGE, sections=(Section("", b"text"),)),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_page_is_recognised(garbage: object) -> None:
    assert not is_page(garbage)


def test_what_is_an_answer_is_taken_for_one() -> None:
    assert are_hits([]) and are_hits([HIT]) and are_hits((HIT, HIT)) and is_page(PAGE)
