"""Segments as token ids with a mask of what is trained on, and the check that no token was lost or changed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

import msgspec

from agent_envs.messages import Context, Message, continued
from agent_envs.tokenizers import Tokenizer

from .template import ChatTemplate, parted, prompt
from .trajectory import Segment, Turn


class Encoded(msgspec.Struct, frozen=True):
    """Token ids, and a mask of the same length: 1 where a trainer is to learn the token.

    Args:
        ids: What the policy was given and what it sampled.
        mask: 1 for the tokens of trained turns, in the order in which they were sampled.
        turns: Numbers of the segment's turns that are in it: the first, and the one behind the last.
    """

    ids: list[int]
    mask: list[int]
    turns: tuple[int, int]


class LosslessError(ValueError):
    """The conversation, rendered and tokenised again, is not what the policy saw and sampled.

    Args:
        message: Number of the message at whose tokens they part.
        role: Its role.
        position: Number of the token in this message; where a turn continues a message, in the turn.
        seen: The token that was seen or sampled, and its text.
        rebuilt: The token that comes instead, and its text; None where there is none.
    """

    def __init__(
        self, message: int, role: str, position: int, seen: tuple[int, str] | None, rebuilt: tuple[int, str] | None
    ) -> None:
        self.message, self.role, self.position, self.seen, self.rebuilt = message, role, position, seen, rebuilt
        was, comes = ("nothing" if token is None else f"{token[0]} {token[1]!r}" for token in (seen, rebuilt))
        super().__init__(
            f"message {message} ({role}), token {position}: {was} was seen or sampled; the conversation, rendered and"
            f" tokenised again, has {comes}"
        )


def encode(
    segment: Segment, template: ChatTemplate, tokenizer: Tokenizer, tools: Sequence[dict[str, Any]] = ()
) -> list[Encoded]:
    """A segment as samples for a trainer, each of which only grows from turn to turn.

    Every turn stands behind the prompt that the template makes of the context. The ids that a policy sampled are taken
    as they are. Where it gave none, its text is tokenised by itself, a structured turn as the template renders it, and
    the token that ends a turn is put behind it. Where the next prompt does not begin with all that came before, another
    sample begins: where a template rewrites what was said (Qwen3's drops thoughts), where a policy sampled more than
    stands in the context (behind a stop string). What holds nothing to train is left out.

    Args:
        segment: Its context is given, and so is what the environment wrote; its turns are trained on as they say.
        template: The model's chat template.
        tokenizer: The model's tokenizer.
        tools: JSON schemas from ``info["tools"]``, where the dialect puts them beside the messages.

    Raises:
        ValueError: The template cannot render such a conversation in a way that tells where a turn begins and ends.
    """
    samples = []
    for first, behind, pieces in _runs(segment, template, tokenizer, tools):
        ids = [token for piece in pieces for token in piece.ids]
        mask = [int(piece.trained) for piece in pieces for _ in piece.ids]
        if any(mask):
            samples.append(Encoded(ids, mask, (first, behind)))
    return samples


def check_lossless(
    segment: Segment, template: ChatTemplate, tokenizer: Tokenizer, tools: Sequence[dict[str, Any]] = ()
) -> None:
    """Hold the tokens that were seen and sampled against those of the whole conversation, rendered and tokenised anew.

    Args:
        segment: What is checked, up to its last turn.
        template: The model's chat template.
        tokenizer: The model's tokenizer.
        tools: JSON schemas from ``info["tools"]``, where the dialect puts them beside the messages.

    Raises:
        LosslessError: At the first token that differs.
        ValueError: As `encode` does.
    """
    if not segment.turns:
        return
    context = segment.context
    for turn in segment.turns[:-1]:
        context = continued(context, turn.new)
    last = segment.turns[-1]
    if _goes_on(last):
        context = continued(context, last.new)
        whole, end = prompt(template, context, tools), None
    else:
        context = continued(context, last.new[:1])
        whole, end = template(context, tools, add_generation_prompt=False), parted(template, context, tools)[1]
    pieces = [*chain.from_iterable(pieces for _, _, pieces in _runs(segment, template, tokenizer, tools))]
    ids, rebuilt = [token for piece in pieces for token in piece.ids], tokenizer.encode(whole)
    pairs = enumerate(zip(ids, rebuilt, strict=False))
    same = next((at for at, (seen, again) in pairs if seen != again), min(len(ids), len(rebuilt)))
    if same == len(ids) and (end is None or end.endswith(tokenizer.decode(rebuilt[same:]))):
        return  # nothing is missing but the end of the last turn, or a part of it
    message, position = _place(pieces, same, context, tokenizer)
    was, comes = (
        (tokens[same], tokenizer.decode([tokens[same]])) if same < len(tokens) else None for tokens in (ids, rebuilt)
    )
    raise LosslessError(message, context[message].role, position, was, comes)


class _Piece(NamedTuple):
    """Some text of one origin.

    Args:
        text: The text.
        ids: Its tokens.
        trained: Whether they are trained on.
        messages: Numbers of the messages that it is part of.
    """

    text: str
    ids: list[int]
    trained: bool
    messages: range


def _runs(
    segment: Segment, template: ChatTemplate, tokenizer: Tokenizer, tools: Sequence[dict[str, Any]]
) -> Iterator[tuple[int, int, list[_Piece]]]:
    """Runs of turns through which the text only grows: the first turn, the one behind the last, and the pieces."""
    context, text, first, given = segment.context, "", 0, 0
    pieces: list[_Piece] = []
    for number, turn in enumerate(segment.turns):
        seen = prompt(template, context, tools)
        added = _added(seen, text, pieces, tokenizer)
        if added is None:
            yield first, number, pieces
            pieces, first, given = [], number, 0
            added = seen, tokenizer.encode(seen)
        pieces.append(_Piece(*added, False, range(given, len(context))))
        whole = continued(context, turn.new[:1])
        said, ids = _sampled(turn, whole, seen, template, tokenizer, tools)
        pieces.append(_Piece(said, ids, turn.trained, range(len(whole) - 1, len(whole))))
        text = seen + said
        context = continued(context, turn.new)
        given = min(len(whole), len(context) - 1)
    if pieces:
        yield first, len(segment.turns), pieces


def _added(seen: str, text: str, pieces: list[_Piece], tokenizer: Tokenizer) -> tuple[str, list[int]] | None:
    """What a prompt adds to the text before it, which the pieces make up; None where it does not begin with that."""
    if seen.startswith(text):
        return seen[len(text) :], tokenizer.encode(seen[len(text) :])
    before = [token for piece in pieces for token in piece.ids]
    ids = tokenizer.encode(seen)  # they may be the same where the text is not, but for its normal form
    added = ids[len(before) :]
    return (tokenizer.decode(added), added) if ids[: len(before)] == before else None


def _goes_on(turn: Turn) -> bool:
    """Whether the environment continued what the agent wrote: its message had not ended."""
    return len(turn.new) > 1 and turn.new[1].role == "assistant"


def _sampled(
    turn: Turn,
    whole: Context,
    seen: str,
    template: ChatTemplate,
    tokenizer: Tokenizer,
    tools: Sequence[dict[str, Any]],
) -> tuple[str, list[int]]:
    """What the policy wrote in a turn, the token that ends it too if it wrote one, and the ids of both."""
    if turn.token_ids:
        return tokenizer.decode(turn.token_ids), list(turn.token_ids)
    written = turn.new[0]
    if _goes_on(turn):
        text = written.content or _behind(seen, parted(template, whole, tools, "thinking")[0])
        return text, tokenizer.encode(text)
    end = parted(template, whole, tools)[1]
    if written == Message("assistant", written.content):
        text = written.content
    else:
        text = _behind(seen, template(whole, tools, add_generation_prompt=False)).removesuffix(end)
    end_ids = tokenizer.encode(end)[:1]
    return text + tokenizer.decode(end_ids), tokenizer.encode(text) + end_ids


def _behind(seen: str, rendered: str) -> str:
    """What a template puts behind a prompt."""
    if not rendered.startswith(seen):
        raise ValueError(
            f"the template does not render a structured turn behind its own prompt, which ends in {seen[-60:]!r}; have"
            " the policy record the tokens that it samples (Sampled.token_ids)"
        )
    return rendered[len(seen) :]


def _place(pieces: list[_Piece], at: int, context: Context, tokenizer: Tokenizer) -> tuple[int, int]:
    """The message that holds a token of the pieces, and the token's number in it."""
    for piece in pieces:
        if at < len(piece.ids) or piece is pieces[-1]:
            break
        at -= len(piece.ids)
    begin = end = 0
    length = len(tokenizer.decode(piece.ids[: at + 1]))
    for message in piece.messages:
        begin, content = end, context[message].content
        end = max(begin, piece.text.find(content, begin) + len(content))
        if length <= end:
            break
    before = bisect_left(range(at), begin, key=lambda count: len(tokenizer.decode(piece.ids[:count])))
    return message, at - before
