from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_envs.envs.encyclopedia import InfoboxRow, Link, Page, Section
from agent_envs.snapshots.wikipedia.archive import Archive
from agent_envs.snapshots.wikipedia.page import parse_page


def parse(html: str) -> Page:
    """A page of its body, in an encyclopedia that has the articles named by one capital letter."""
    return parse_page(html.encode(), "P", "Page", lambda href: href if href in tuple("ABCP") else None)


def test_headings_of_all_levels_part_the_text_in_order() -> None:
    page = parse(
        "<h1>Page</h1><p>Lead.</p><h2>One <i>two</i></h2><p>a</p><div><h3>Three</h3><p>b<br>c</p></div><h2>Void</h2>"
    )
    assert page.sections == (Section("", "Lead."), Section("One two", "a"), Section("Three", "b\nc"))


def test_inline_text_is_joined_and_white_space_folded() -> None:
    assert parse("<p>H<sub>2</sub>O\n is\u00a0<b>wet</b>ter\u200b.</p>").sections[0].text == "H2O is wetter."


def test_what_is_not_prose_is_dropped() -> None:
    junk = (
        "<style>s</style><script>s</script><div class=navbox><ul><li>n</li></ul></div>"
        "<table class=sidebar><tr><td>s</table>"
        "<p>Text<sup class=reference>[2]</sup><sup>[<i>citation needed</i>]</sup><span class=mw-ref>[3]</span>"
        "<span style='display:none'>hidden</span><span class=mw-editsection>[edit]</span>.</p>"
        "<h2>References</h2><ol class=references><li>r</li></ol>"
        "<!--htdig_noindex--><div>issued from</div><!--/htdig_noindex-->"
    )
    assert parse(junk).sections == (Section("", "Text."),)


def test_nested_lists_are_read_once_each_item_a_line() -> None:
    assert parse("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>").sections[0].text == "a\nb\nc"


def test_table_rows_are_lines_and_cells_over_several_rows_are_repeated() -> None:
    table = "<table><caption>T</caption><tr><th>Year<th>Album<tr><td rowspan=2>1957<td>X<br>Y<tr><td>Z</table>"
    assert parse(table).sections[0].text == "T\nYear | Album\n1957 | X; Y\n1957 | Z"


def test_infobox_rows_are_facts_and_a_section_behind_the_lead() -> None:
    page = parse(
        "<table class='infobox vcard'><tr><th colspan=2>Page</th></tr>"
        "<tr><th>Capital</th><td><a href=A>Aville</a><sup class=reference>[1]</sup></td></tr>"
        "<tr><td>Members:</td><td><ul><li><a href=B>b</a></li><li>c</li></ul></td></tr>"
        "<tr><th colspan=2>Area</th></tr><tr><th>• Total</th><td>7 km<sup>2</sup></td></tr>"
        "<tr><th>Government</th><td>Kingdom</td></tr><tr><th>• Monarch</th><td>Charles</td></tr>"
        "<tr><th colspan=2>Status</th></tr><tr><td colspan=2>Vulnerable</td></tr></table><p>Lead.</p>"
    )
    assert page.infobox == (
        InfoboxRow("Capital", "Aville", (Link("Aville", "A"),)),
        InfoboxRow("Members", "b\nc", (Link("b", "B"),)),
        InfoboxRow("Area Total", "7 km2", ()),
        InfoboxRow("Government", "Kingdom", ()),
        InfoboxRow("Monarch", "Charles", ()),
        InfoboxRow("Status", "Vulnerable", ()),
    )
    assert page.sections[0] == Section("", "Lead.")
    assert page.sections[1].heading == "Infobox"
    assert "Members: b; c" in page.sections[1].text.split("\n")


def test_each_target_is_linked_once_and_never_the_page_itself() -> None:
    page = parse("<p><a href=A>first</a> <a href=A>again</a> <a href=P>self</a> <a href=X>no</a> <a href=B> </a></p>")
    assert page.links == (Link("first", "A"),)


@pytest.mark.parametrize(
    "html", [b"", b"\xff\xfe\x00", b"<div>" * 3000 + b"x", b"<table class=infobox><tr><td>" * 1500]
)
def test_any_bytes_give_a_page(html: bytes) -> None:
    assert parse_page(html, "P", "Page").path == "P"


@given(
    st.lists(
        st.sampled_from(
            "<p> <b> </b> <td> <table> </table> <h2> <li> <a href=A> x [1] <table class=infobox> <th>".split()
        )
    )
)
def test_text_has_no_empty_lines_or_loose_spaces(tokens: list[str]) -> None:
    for section in parse("".join(tokens)).sections:
        for line in section.text.split("\n"):
            assert line and line == " ".join(line.split())


def test_real_articles_read_cleanly(real_data: Path) -> None:
    archive = Archive(real_data / "wikipedia_en_ray_charles_maxi_2019-08.zim")
    article = archive.html("Ray_Charles")
    page = parse_page(article.html, article.path, article.title, lambda href: archive.resolve(href, article.path))
    headings = [section.heading for section in page.sections]
    assert headings[:3] == ["", "Infobox", "Early life and education"] and "References" not in headings
    rows = {row.label: row.text for row in page.infobox}
    assert rows["Born"] == "September 23, 1930\nAlbany, Georgia, U.S."
    assert rows["Genres"].split("\n")[:2] == ["R&B", "soul"]
    text = "\n".join(section.text for section in page.sections)
    assert "[2]" not in text and "display" not in text and "1930-09-23" not in text and "issued from" not in text
    assert text.count("Among friends and fellow musicians") == 1
    assert {link.path for link in page.links} <= set(archive.article_paths())
