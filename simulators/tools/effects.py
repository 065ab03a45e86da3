"""What a tool does to which entity, told by method and path, or by its name.

By method and path. A path that ends in a parameter is that of a single one, and what stands before it is its
collection: ``/projects/{project_id}/issues/{issue_id}``. GET on it gets, PATCH, PUT and POST update, DELETE deletes. On
the collection GET lists if the reply holds an array of objects, and POST creates if there is a path of single ones
below it or the collection can be listed. Everything else does nothing to an entity.

By name. The first word, or else the last, is the verb (`VERBS`); the words behind it up to a preposition are the
entity: ``listOpenIssues`` lists ``open_issue``. What gets, updates or deletes has an argument that says which one:
required and called ``id``, as the entity, or as the entity with ``id``, ``name``, ``key``, …; or the only required one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import msgspec

from .merging import options
from .spec import Effect, Schema, ToolSpec, Verb

_SYNONYMS: Mapping[Verb, str] = {
    "create": "create add new insert register post",
    "get": "get read fetch show retrieve describe view lookup",
    "list": "list search find query browse",
    "update": "update edit modify change set rename patch",
    "delete": "delete remove destroy drop",
}
VERBS: Mapping[str, Verb] = {word: verb for verb, words in _SYNONYMS.items() for word in words.split()}
KEYS = ("id", "key", "name", "number", "slug", "code", "uuid", "title", "path", "login", "email")
_PREPOSITIONS = frozenset("by for in from with to of on at into".split())
_FILLERS = frozenset(("all", "the", "a", "an", "my", "single", "one"))


def with_effects(tools: Iterable[ToolSpec]) -> tuple[ToolSpec, ...]:
    """The tools, each with what it does or why that cannot be told."""
    tools = tuple(tools)
    paths = {(tool.method, erased(tool.path)) for tool in tools if tool.path}
    found = [_by_path(tool, paths) if tool.path else _by_name(tool) for tool in tools]
    names = _names({effect.home for effect in found if isinstance(effect, Effect) and effect.home.startswith("/")})
    made = []
    for tool, effect in zip(tools, found, strict=True):
        if isinstance(effect, str):
            made.append(msgspec.structs.replace(tool, unclear=effect))
        else:
            named = msgspec.structs.replace(effect, entity=names.get(effect.home, effect.entity))
            made.append(msgspec.structs.replace(tool, effect=named))
    return tuple(made)


def erased(path: str) -> str:
    """A path without the names of its parameters."""
    return re.sub(r"\{[^{}]*\}", "{}", path.rstrip("/"))


def words_of(name: str) -> list[str]:
    """The words of a name, however they are joined: ``getHTTPNote``, ``get-note``, ``get_note``."""
    return re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+", name)


def snake(name: str) -> str:
    """A name as snake_case has it."""
    return "_".join(word.lower() for word in words_of(name))


def singular(word: str) -> str:
    """The singular of an English plural, as far as its ending tells."""
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("uses", "us")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word.removesuffix(ending) + instead
    return word[:-1] if re.search(r"[^sui]s$", word) else word


def item_of(schema: Schema | None) -> Schema | None:
    """The schema of the objects that a list holds, or None if it is no list: an array, or an object with one in it."""
    for option in options(schema or {}):
        if option.get("type") == "array":
            return next((one for one in options(option.get("items", {})) if one.get("type") == "object"), None)
        arrays = (one for one in option.get("properties", {}).values() if one.get("type") == "array")
        if item := next((found for found in map(item_of, arrays) if found is not None), None):
            return item
    return None


def _by_path(tool: ToolSpec, paths: set[tuple[str, str]]) -> Effect | str:
    parameters = tuple(re.findall(r"\{([^{}]+)\}", tool.path))
    path = erased(tool.path)
    if path.endswith("/{}"):
        home = path.removesuffix("/{}")
        verbs: dict[str, Verb] = {"get": "get", "patch": "update", "put": "update", "post": "update"}
        verb = verbs.get(tool.method, "delete")
        if not re.search(r"[^/{}]", home):
            return "nothing in its path names what it is about"
        if verb == "get" and item_of(tool.output) and tool.output and tool.output.get("type") == "array":
            return "it gets a list by a parameter"
        return Effect(verb=verb, entity=home, key=parameters[-1], scope=parameters[:-1], home=home)
    single = any((method, f"{path}/{{}}") in paths for method in ("get", "patch", "put", "post", "delete"))
    if tool.method == "get":
        if item_of(tool.output) is None:
            return "what it gets is neither a list of objects nor named by a parameter"
        return Effect(verb="list", entity=path, scope=parameters, home=path)
    if tool.method == "post" and (single or ("get", path) in paths):
        return Effect(verb="create", entity=path, scope=parameters, home=path)
    return f"{tool.method.upper()} on this path does nothing to one thing of a collection"


def _names(homes: set[str]) -> dict[str, str]:
    """A name for each collection: its last word in the singular, with so many before it that no two are equal."""
    spelled = {
        home: [snake(part) or part for part in home.split("/") if part and part != "{}"] for home in sorted(homes)
    }
    names: dict[str, str] = {}
    taken: dict[str, int] = {}
    for home, parts in spelled.items():
        for size in range(1, len(parts) + 1):
            name = "_".join((*map(singular, parts[-size:-1]), singular(parts[-1])))
            if name not in taken:
                break
        else:
            name = f"{name}_{taken[name] + 1}"
        taken[name] = taken.get(name, 0) + 1
        names[home] = name
    return names


def _by_name(tool: ToolSpec) -> Effect | str:
    words = [word.lower() for word in words_of(tool.name)]
    if words and words[0] in VERBS:
        verb, rest = VERBS[words[0]], words[1:]
    elif words and words[-1] in VERBS:
        verb, rest = VERBS[words[-1]], words[:-1]
    else:
        return f"no word of its name says what it does; {', '.join(VERBS)} would"
    many = "all" in rest
    until = next((number for number, word in enumerate(rest) if word in _PREPOSITIONS), len(rest))
    rest = [word for word in rest[:until] if word not in _FILLERS]
    if not rest:
        return "its name does not say to what it does it"
    entity = "_".join((*rest[:-1], singular(rest[-1])))
    many = many or entity != "_".join(rest)
    key = _key(tool, entity)
    if verb == "get" and many and not tool.input.get("required"):
        verb = "list"
    if verb == "list" and key in (f"{entity}_id", "id") and not many:
        verb = "get"
    if verb in ("create", "list"):
        return Effect(verb=verb, entity=entity, home=entity)
    if not key:
        return f"no argument of it says which {entity.replace('_', ' ')}"
    return Effect(verb=verb, entity=entity, key=key, home=entity)


def _key(tool: ToolSpec, entity: str) -> str:
    required: list[str] = [
        name
        for name in tool.input.get("required", ())
        if tool.input["properties"].get(name, {}).get("type") in ("string", "integer")
    ]
    by_snake = {snake(name): name for name in reversed(required)}
    last = entity.rpartition("_")[2]
    for candidate in ("id", *(f"{of}_{key}" for of in (entity, last) for key in KEYS), entity, last, *KEYS):
        if candidate in by_snake:
            return by_snake[candidate]
    return required[0] if len(required) == 1 else ""
