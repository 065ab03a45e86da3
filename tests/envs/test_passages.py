from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent_envs.envs.passages import LIMIT_PAGE_CHARS, LIMIT_PASSAGE_CHARS, Passages
from agent_envs.tokens import bytes_over_4

sections = st.lists(st.tuples(st.text(max_size=20), st.text(max_size=2000)), max_size=5)


@given(sections, st.text(max_size=100), st.integers(1, 300))
def test_what_is_chosen_fits_the_budget_and_stands_on_the_page(
    page: list[tuple[str, str]], goal: str, limit: int
) -> None:
    best = Passages(page).best(goal, limit, bytes_over_4)
    assert sum(bytes_over_4(passage.text) for passage in best) <= limit
    for passage in best:
        assert any(passage.text in text and passage.heading == heading for heading, text in page)


def test_the_rarest_words_of_the_goal_decide() -> None:
    lines = [f"The city number {number} has a river." for number in range(50)] + ["The city has a zoo."]
    best = Passages([("", "\n".join(lines))]).best("zoo of the city by the river", 8, bytes_over_4)
    assert [passage.text for passage in best] == ["The city has a zoo."]


def test_passages_come_in_the_order_of_the_page() -> None:
    page = [("One", "alpha beta"), ("Two", "alpha"), ("Three", "alpha beta gamma")]
    assert [p.heading for p in Passages(page).best("gamma beta alpha", 100, bytes_over_4)] == ["One", "Two", "Three"]


def test_plurals_and_case_do_not_matter() -> None:
    assert Passages([("", "Its Rivers are long.")]).best("river", 100, bytes_over_4)


def test_a_goal_that_shares_no_word_finds_nothing() -> None:
    assert Passages([("", "Its rivers are long.")]).best("who is the of", 100, bytes_over_4) == []


def test_long_paragraphs_are_cut_at_sentences() -> None:
    text = " ".join(f"Sentence {number} is here." for number in range(200))
    best = Passages([("", text)]).best("sentence", 10**6, bytes_over_4)
    assert max(len(passage.text) for passage in best) <= LIMIT_PASSAGE_CHARS
    assert all(passage.text.endswith("here.") for passage in best)


def test_a_page_is_read_up_to_its_limit() -> None:
    page = [("", "word. " * (LIMIT_PAGE_CHARS // 6 + 1)), ("Late", "needle")]
    assert Passages(page).best("needle", 100, bytes_over_4) == []


def test_the_lead_of_an_empty_page_is_empty() -> None:
    assert Passages([]).lead == ""
