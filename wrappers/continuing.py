"""A turn whose beginning already stands in the context: the policy continues it, the environment gets it whole."""

from __future__ import annotations

import msgspec

from agent_envs.core import Result
from agent_envs.messages import Action, Message, checked_action, continued
from agent_envs.stack import Wrapper


def step_continued(wrapper: Wrapper, action: Action) -> Result:
    """Take a turn that continues the last message of the context.

    The wrapped environment sees the context without that message, and the whole turn.

    Raises:
        TypeError: The action is no turn.
        Fault: The world failed; the state is as it was.
    """
    core = wrapper.core
    before = core.state
    begun = before.context[-1]
    said = checked_action(action)
    spelled = said if isinstance(said, str) else core.dialect.render(said)
    whole: Action = begun.content + spelled
    if core.dialect.tools_beside_text:
        (whole,) = continued((begun,), (core.dialect.parse(said).written,))
    core.amend((), drop=1, new=before.new)
    try:
        result = wrapper.env.step(whole)
    except BaseException:
        core.amend((begun,), drop=0, new=before.new)
        raise
    written, *answers = core.state.new
    core.amend((), drop=0, new=(_remainder(begun, written), *answers))
    return wrapper.result(result)


def begin_turn(wrapper: Wrapper, result: Result, begun: Message) -> Result:
    """What a step returns once the beginning of the next turn was put behind its messages."""
    core = wrapper.core
    core.amend((begun,), drop=0, new=(*core.state.new, begun))
    return wrapper.result(result)


def _remainder(begun: Message, whole: Message) -> Message:
    """What continues the beginning to the whole."""
    return msgspec.structs.replace(
        whole,
        content=whole.content.removeprefix(begun.content),
        thinking=whole.thinking.removeprefix(begun.thinking),
    )
