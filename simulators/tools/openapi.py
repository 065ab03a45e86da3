"""OpenAPI 3 documents: every operation becomes a tool."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .plain import Plain, Unusable, as_object, pointed
from .spec import Refused, Schema, SpecError, ToolSpec

METHODS = ("get", "put", "post", "delete", "patch")
LIMIT_NAME_CHARS = 64
INPUT_DEPTH, OUTPUT_DEPTH = 3, 6
"""How many references within each other are followed: what the model reads is kept short."""


def operations(document: Mapping[str, Any]) -> Iterator[ToolSpec | Refused]:
    """Every operation, in the order of the document.

    Arguments are the parameters of path and query and the properties of a JSON body, side by side; a body that is no
    object, and one whose properties are called as parameters, is the argument ``body``. Headers and cookies are left
    out: they are the client's, not the model's. The reply is the JSON of the first status 2xx.

    Args:
        document: The document.

    Raises:
        SpecError: It is no OpenAPI 3.
    """
    version = document.get("openapi")
    if not isinstance(version, str) or not version.startswith("3"):
        found = f"swagger {document['swagger']}" if "swagger" in document else f"openapi {version!r}"
        raise SpecError(f"the document is {found}, and 3.0 and 3.1 are read; convert it first")
    paths = document.get("paths")
    if not isinstance(paths, Mapping) or not paths:
        raise SpecError("the document has no paths, so there is nothing to call")
    reader = _Reader(document)
    for path, item in paths.items():
        if not isinstance(item, Mapping):
            yield Refused(str(path), f"its path item is {item!r:.60}, no object")
            continue
        for method in METHODS:
            if method in item:
                yield reader.operation(str(path), method, item)


class _Reader:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._input, self._output = Plain(document, INPUT_DEPTH), Plain(document, OUTPUT_DEPTH)

    def operation(self, path: str, method: str, item: Mapping[str, Any]) -> ToolSpec | Refused:
        told = item[method]
        name = str(told.get("operationId") or "") if isinstance(told, Mapping) else ""
        name = name or f"{method} {path}"
        try:
            if not isinstance(told, Mapping):
                raise Unusable(f"its operation is {told!r:.60}, no object")
            output, empty = self._reply(told)
            return ToolSpec(
                name=tool_name(name),
                description=_about(told, method, path),
                input=self._arguments(told, item, path),
                output=output,
                method=method,
                path=path,
                empty=empty,
            )
        except Unusable as error:
            return Refused(name, str(error))

    def _arguments(self, told: Mapping[str, Any], item: Mapping[str, Any], path: str) -> Schema:
        properties: Schema = {}
        required: list[str] = []
        given = {}
        for listed in (item.get("parameters"), told.get("parameters")):
            for parameter in listed if isinstance(listed, list) else ():
                one = self._resolved(parameter)
                given[one.get("in"), one.get("name")] = one  # the operation's own count more than the path's
        for (where, name), parameter in given.items():
            if where in ("path", "query") and isinstance(name, str):
                properties[name] = self._parameter(parameter)
                if where == "path" or parameter.get("required") is True:
                    required.append(name)
        for name in re.findall(r"\{([^{}]+)\}", path):
            if name not in properties:
                raise Unusable(f"its path names {name!r}, which is none of its parameters")
        self._add_body(told, properties, required)
        return {"type": "object", "properties": properties} | ({"required": required} if required else {})

    def _parameter(self, parameter: Mapping[str, Any]) -> Schema:
        contents = parameter.get("content")
        media = (_json_of(contents) if isinstance(contents, Mapping) else None) or {}
        schema = self._input(parameter.get("schema", media.get("schema", {})))
        about = parameter.get("description")
        return {**schema, "description": about} if isinstance(about, str) else schema

    def _add_body(self, told: Mapping[str, Any], properties: Schema, required: list[str]) -> None:
        if "requestBody" not in told:
            return
        body = self._resolved(told["requestBody"])
        media = _json_of(body.get("content"))
        if media is None:
            if body.get("required") is True:
                raise Unusable(f"it takes {', '.join(body.get('content') or ['nothing'])}, no JSON")
            return
        schema = self._input(media.get("schema", {}))
        try:
            whole = as_object(schema)
        except Unusable:
            whole = {}
        if not whole.get("properties") or set(whole["properties"]) & set(properties):
            properties["body"] = schema
            required += ["body"] if body.get("required") is True else []
        else:
            properties |= whole["properties"]
            required += whole.get("required", ())

    def _reply(self, told: Mapping[str, Any]) -> tuple[Schema | None, bool]:
        """The schema of the reply, and whether it is declared to be empty."""
        replies = told.get("responses")
        if not isinstance(replies, Mapping):
            return None, False
        good = sorted(str(status) for status in replies if re.fullmatch(r"2(\d\d|XX)", str(status), re.IGNORECASE))
        if not good:
            if "default" not in replies:
                raise Unusable(f"it has no reply of success, only {', '.join(map(str, replies)) or 'none at all'}")
            good = ["default"]
        by_status = {str(status): reply for status, reply in replies.items()}
        found = self._resolved(by_status[good[0]])
        contents = found.get("content")
        if not contents:
            return None, True
        media = _json_of(contents)
        if media is None:
            raise Unusable(f"it replies {', '.join(contents)}, no JSON")
        return (self._output(media["schema"]), False) if "schema" in media else (None, False)

    def _resolved(self, node: Any) -> Mapping[str, Any]:
        for _ in range(OUTPUT_DEPTH):
            if not isinstance(node, Mapping):
                break
            if "$ref" not in node:
                return node
            node = pointed(self._document, node["$ref"])
        raise Unusable(f"{node!r:.60} stands where an object belongs, or its references run in a circle")


def tool_name(name: str) -> str:
    """A name as endpoints of models take them: letters, digits, ``_`` and ``-``, at most 64; a longer one is cut."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")
    if len(plain) <= LIMIT_NAME_CHARS:
        return plain
    told = hashlib.blake2b(name.encode(), digest_size=4).hexdigest()
    return f"{plain[: LIMIT_NAME_CHARS - 9]}_{told}"


def _json_of(contents: Any) -> Mapping[str, Any] | None:
    if not isinstance(contents, Mapping):
        return None
    for kind, media in contents.items():
        plain = str(kind).partition(";")[0].strip().lower()
        if (plain in ("application/json", "*/*") or plain.endswith("+json")) and isinstance(media, Mapping):
            return media
    return None


def _about(told: Mapping[str, Any], method: str, path: str) -> str:
    """The summary and the first paragraph of the description."""
    first = str(told.get("description") or "").strip().partition("\n\n")[0]
    parts = dict.fromkeys(part.strip() for part in (str(told.get("summary") or ""), first))
    return "\n".join(filter(None, parts)) or f"{method.upper()} {path}"
