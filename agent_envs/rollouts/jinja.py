"""Jinja as the package transformers sets it up for chat templates; imports jinja2."""

from __future__ import annotations

import json
from typing import Any, ClassVar, NoReturn

from jinja2 import Template, TemplateError, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment


def compiled(source: str) -> Template:
    """A chat template, ready to render: it reaches nothing but what it is given, and not the clock.

    Raises:
        jinja2.TemplateError: The source is no template.
    """
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols]
    )
    environment.filters["tojson"] = _to_json
    environment.globals |= {"raise_exception": _refuse, "strftime_now": _refuse_date}
    return environment.from_string(source)


class Generation(Extension):
    """The tags ``{% generation %}``, with which templates mark what an assistant wrote: the text is as without them."""

    tags: ClassVar[set[str]] = {"generation"}  # type: ignore[misc]

    def parse(self, parser: Parser) -> nodes.Node:
        """What stands between the tags, in a scope of its own."""
        line = next(parser.stream).lineno
        return nodes.Scope(parser.parse_statements(("name:endgeneration",), drop_needle=True), lineno=line)


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """JSON without escapes for HTML."""
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def _refuse(message: str) -> NoReturn:
    raise TemplateError(message)


def _refuse_date(form: str) -> NoReturn:
    raise TemplateError(
        f"the template asks for today's date (strftime_now({form!r})), with which no text is the same tomorrow; give"
        " the variable that it reads instead, such as variables={'date_string': '26 Jul 2024'}"
    )
