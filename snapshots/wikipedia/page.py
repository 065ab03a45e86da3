"""From the HTML of an article to clean text: sections, infobox rows and links, in one walk over the tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from agent_envs.envs.encyclopedia import InfoboxRow, Link, Page, Section

PAGE_VERSION = 1  # raise it when the same HTML gives other text: search indexes are built anew

_JUNK = ", ".join(
    (
        "head, script, style, noscript, template, link, meta, iframe, object, audio, video, svg, button, input, select",
        "nav, [role=navigation], .navbox, .vertical-navbox, .sidebar, .navbar, .toc, #toc, .sistersitebox, .noprint",
        ".metadata, .mw-editsection, .mw-ref, sup.reference, .reference-text, ol.references, .reflist",
        ".mw-references-wrap",
        ".zim-footer, .printfooter, .catlinks, .sr-only, .geo-nondefault, [hidden]",
        "[style*='display:none'], [style*='display: none'], .chemf br",
    )
)
_FOOTER = re.compile(rb"<!--htdig_noindex-->.*?<!--/htdig_noindex-->", re.DOTALL)
_INVISIBLE = str.maketrans("", "", "\u200b\u200c\u200d\u2060\ufeff\u00ad")
_CITATION = re.compile(r"\[[^\]]{1,40}\]")
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_BLOCKS = _HEADINGS.union(
    "address article aside blockquote body caption center dd details div dl dt figcaption figure footer form".split(),
    "header hr li main ol p pre section summary table tbody td tfoot th thead tr ul".split(),
)
_LABEL_CHARS = 80
_BULLETS = ("•", "–", "-")
_BULLETS_AND_SPACE = "•–- "
_MAX_DEPTH = 200  # deeper elements, which no author writes, give their text as it stands
_BREAK = "\x1e"  # ends a line in the stream of text; white space to str.split, so no text can smuggle it in

Resolve = Callable[[str], str | None]


def parse_page(html: bytes, path: str, title: str, resolve: Resolve | None = None) -> Page:
    """Read an article.

    Args:
        html: The HTML as the archive has it.
        path: Path of the article.
        title: Title of the article.
        resolve: Gives the path of the article that a link leads to, or None; without it there are no links.

    Returns:
        The page. Any bytes give a page, if need be an empty one.
    """
    tree = LexborHTMLParser(_FOOTER.sub(b"", html))
    reader = _Reader(tree, path, title, resolve)
    if (root := tree.css_first("#mw-content-text") or tree.body) is not None:
        reader.walk(root)
    return reader.page()


class _Reader:
    """What the walk has gathered so far: a stream of text, cut into sections, and the rows and links met on the way."""

    def __init__(self, tree: LexborHTMLParser, path: str, title: str, resolve: Resolve | None) -> None:
        self.path, self.title, self.resolve = path, title, resolve
        # Selectors only mark what to skip: taking a node out of the tree would free marked nodes within it.
        self.junk = frozenset(node.mem_id for node in tree.css(_JUNK))
        self.inline = frozenset(node.mem_id for node in tree.css("div[style*='display:inline']"))
        self.depth = 0
        self.stream: list[str] = []
        self.heading = ""
        self.sections: list[Section] = []
        self.rows: list[InfoboxRow] = []
        self.box: list[str] = []
        self.links: dict[str, Link] = {}
        self.row_links: list[Link] = []  # those of the infobox row being read

    def page(self) -> Page:
        self.close_section()
        if self.box:
            lead = 1 if self.sections and not self.sections[0].heading else 0
            self.sections.insert(lead, Section("Infobox", "\n".join(self.box)))
        return Page(self.title, self.path, tuple(self.sections), tuple(self.links.values()), tuple(self.rows))

    def close_section(self) -> None:
        if lines := _lines(self.stream):
            self.sections.append(Section(self.heading, "\n".join(lines)))
        self.stream = []

    def walk(self, parent: LexborNode) -> None:
        if self.depth > _MAX_DEPTH:
            self.stream.append(parent.text())
            return
        self.depth += 1
        for node in parent.iter(include_text=True):
            tag = node.tag
            if tag == "-text":
                self.stream.append(node.text_content or "")
            elif node.mem_id in self.junk:
                continue
            elif tag in _HEADINGS:
                heading = self.line(node)
                self.close_section()
                # The first heading of most pages only repeats the title.
                self.heading = "" if tag == "h1" and heading == self.title else heading
            elif tag in _BLOCKS and node.mem_id not in self.inline:
                self.stream.append(_BREAK)
                if tag == "table":
                    self.table(node)
                else:
                    self.walk(node)
                self.stream.append(_BREAK)
            elif tag == "br":
                self.stream.append(_BREAK)
            elif tag == "a":
                self.link(node)
            elif tag == "sup":
                inner = self.capture(node)
                if not _CITATION.fullmatch("".join(inner).strip()):
                    self.stream += inner
            elif tag == "img":
                if "mwe-math" in (node.attributes.get("class") or ""):
                    self.stream.append(node.attributes.get("alt") or "")
            else:
                self.walk(node)
        self.depth -= 1

    def capture(self, node: LexborNode) -> list[str]:
        """The stream of one element, kept out of the main stream."""
        outer, self.stream = self.stream, []
        self.walk(node)
        inner, self.stream = self.stream, outer
        return inner

    def line(self, node: LexborNode, between: str = " ") -> str:
        """The text of one element as one line."""
        return between.join(_lines(self.capture(node)))

    def link(self, node: LexborNode) -> None:
        inner = self.capture(node)
        self.stream += inner
        if self.resolve is None:
            return
        text = " ".join(_lines(inner))
        target = self.resolve(node.attributes.get("href") or "") if text else None
        if target is not None and target != self.path:
            self.links.setdefault(target, Link(text, target))
            self.row_links.append(Link(text, target))

    def table(self, node: LexborNode) -> None:
        classes = (node.attributes.get("class") or "").split()
        if "infobox" in classes:
            self.infobox(node)
        elif "multicol" in classes or node.css_first("table table, table h2, table h3") is not None:
            self.walk(node)  # it lays out the page: its cells are read one after the other
        else:
            carried: dict[int, tuple[int, str]] = {}  # column -> rows that an earlier cell still covers, its text
            for part in self.parts(node):
                cells = self.cells(part, carried) if part.tag == "tr" else [self.line(part)]
                if any(cells):
                    self.stream += (_BREAK, " | ".join(cells), _BREAK)

    def cells(self, row: LexborNode, carried: dict[int, tuple[int, str]]) -> list[str]:
        """Texts of a row's cells, those that reach down from earlier rows among them."""
        texts: list[str] = []
        column = 0
        cells = iter([cell for cell in row.iter() if cell.mem_id not in self.junk])
        while True:
            if column in carried:
                rows, text = carried.pop(column)
                width = 1
            elif (cell := next(cells, None)) is not None:
                rows, width = _span(cell, "rowspan"), _span(cell, "colspan")
                text = self.line(cell, "; ")
            else:
                return texts
            texts.append(text)
            if rows > 1:
                carried[column] = (rows - 1, text)
            column += width

    def infobox(self, node: LexborNode) -> None:
        """Rows `label: value`; a heading alone in its row labels the value below it, or joins the bullets' labels."""
        if self.depth > _MAX_DEPTH:
            return
        self.depth += 1
        header = group = ""
        headed = False
        for number, part in enumerate(self.parts(node)):
            cells = [cell for cell in part.iter() if cell.mem_id not in self.junk] if part.tag == "tr" else [part]
            if len(cells) == 1 and (inner := cells[0].css_first("table")) is not None and inner.mem_id not in self.junk:
                self.infobox(inner)
                continue
            self.row_links = []
            texts = ["\n".join(_lines(self.capture(cell))) for cell in cells]
            if not any(texts):
                continue
            label = texts[0].replace("\n", " ")
            if len(cells) == 1 and cells[0].tag == "th":
                self.row("", header)
                self.row("", label if number == 0 and label != self.title else "")
                header = group = "" if number == 0 else label
                headed = True
            elif len(cells) == 2 and label.startswith(_BULLETS):
                # "Total: 7,692,024 km2" says nothing without "Area"; "Monarch: Charles III" does without "Government".
                needed = group if headed or any(map(str.isdigit, texts[1][:3])) else ""
                header = ""
                self.row(f"{needed} {label.lstrip(_BULLETS_AND_SPACE)}".strip(), texts[1])
            elif len(cells) == 2 and label:
                self.row("", header)
                header, group, headed = "", label, False
                if len(label) <= _LABEL_CHARS:  # else a table of navigation within a cell
                    self.row(label, texts[1])
            else:
                self.row("" if cells[0].css_first("img") else header, " | ".join(filter(None, texts)))
                header = ""
        self.row("", header)
        self.depth -= 1

    def parts(self, table: LexborNode) -> Iterator[LexborNode]:
        """The caption and the rows of a table, without those of tables in it."""
        for node in table.iter():
            if node.mem_id not in self.junk:
                rows = node.iter() if node.tag in ("tbody", "thead", "tfoot") else (node,)
                yield from (row for row in rows if row.mem_id not in self.junk)

    def row(self, label: str, text: str) -> None:
        """Take down a row; without a label its text is only read, and is no row of facts."""
        label = label.rstrip(": ")
        if label and text:
            self.rows.append(InfoboxRow(label, text, tuple({link.path: link for link in self.row_links}.values())))
        if text:
            self.box.append(": ".join(filter(None, (label, text.replace("\n", "; ")))))


def _span(cell: LexborNode, name: str) -> int:
    """How many rows or columns a cell covers; nonsense is 1, and a page cannot ask for more than a thousand."""
    text = cell.attributes.get(name) or ""
    return min(max(int(text), 1), 1000) if text.isdecimal() and len(text) < 9 else 1


def _lines(stream: list[str]) -> list[str]:
    text = "".join(stream).translate(_INVISIBLE)
    return [line for raw in text.split(_BREAK) if (line := " ".join(raw.split()))]
