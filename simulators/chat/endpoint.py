"""A model at an endpoint that speaks OpenAI's chat completions, with retries, a deadline and a limit of concurrency."""

from __future__ import annotations

import asyncio
import os
import threading
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from agent_envs.outcome import Fault, Origin

from .completion import Unusable, excerpt, reply, request
from .protocol import Call, Reply

if TYPE_CHECKING:
    import openai

LIMIT_REPLY_BYTES = 8 << 20
"""An answer that is longer is no answer: it is not read to its end."""
NO_KEY = "none"
"""What is sent as the key where there is none: local servers want to see one, whatever it is."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Whoever answers at an address: vLLM, SGLang, llama.cpp, or a service.

    A value, to be shared, compared and pickled: the connections of a process are kept apart from it, and the key is
    read from the environment whenever a call is made. It is tried again, ever later, where that may help: the endpoint
    is down or overloaded (408, 409, 429, 5xx; it may say for how long), is silent, or its answer is damaged.

    Args:
        base_url: Where it is, such as ``http://localhost:8000/v1``.
        origin: Whose failure it is when it fails.
        api_key_variable: Name of the environment variable that holds the key, if it wants one.
        timeout_s: How long it may be silent.
        deadline_s: How long one call may take, retries and all; waiting for one's turn does not count.
        retries: How often a request that fails is sent again.
        concurrency: How many calls of a process may be under way at once.
        stream: Let the answer come in parts, so that a long one is not silent; the reply is the same.

    Raises:
        ImportError: A package is not installed; the message names the command that installs it.
        ValueError: The address is none, or a number makes no sense.
    """

    base_url: str
    origin: Origin = "infra"
    api_key_variable: str = "OPENAI_API_KEY"
    timeout_s: float = 60.0
    deadline_s: float = 600.0
    retries: int = 4
    concurrency: int = 16
    stream: bool = False

    def __post_init__(self) -> None:
        if not (find_spec("openai") and find_spec("stamina")):
            raise ImportError("an endpoint needs openai and stamina: pip install 'agent-envs[chat]'")
        if not self.base_url.startswith(("http://", "https://")):
            raise ValueError(f"base_url={self.base_url!r}: give an address such as http://localhost:8000/v1")
        if min(self.timeout_s, self.deadline_s, self.concurrency) <= 0 or self.retries < 0:
            raise ValueError(f"{self!r}: times and concurrency are above 0, retries not below")

    def __call__(self, call: Call, /) -> Reply:
        """The answer.

        Raises:
            Fault: There is none, and it is not the agent's doing; the message says what to do.
        """
        return asyncio.run_coroutine_threadsafe(self._answered(call), _loop()).result()

    async def ask(self, call: Call) -> Reply:
        """The answer, for whoever awaits it in a loop of their own.

        Raises:
            Fault: There is none, and it is not the agent's doing; the message says what to do.
        """
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._answered(call), _loop()))

    async def _answered(self, call: Call) -> Reply:
        client, turns = _line(self, os.getpid())
        body, key = request(call, stream=self.stream), os.environ.get(self.api_key_variable, "").strip()
        if not (key.isascii() and key.isprintable()):
            told = f"what stands in {self.api_key_variable} is no key: it holds characters that no header may"
            raise Fault(told, origin=self.origin)
        async with turns:
            try:
                async with asyncio.timeout(self.deadline_s):
                    return await self._tried(client, call, body, key)
            except Unusable as error:
                told = str(error)
            except TimeoutError:
                told = f"no reply within {self.deadline_s:g} s, all tries together: see its log, or raise deadline_s"
        raise Fault(_blotted(f"{self.base_url} answers {told}", key), origin=self.origin)

    async def _tried(self, client: openai.AsyncOpenAI, call: Call, body: dict[str, Any], key: str) -> Reply:
        """The first answer of several tries that is one."""
        import stamina

        async for attempt in stamina.retry_context(
            _worth_another_try, self.retries + 1, timeout=None, wait_initial=0.5, wait_max=30.0, wait_jitter=0
        ):
            with attempt:
                return reply(await self._body(client, call, body, key), call)
        raise AssertionError("the last attempt returns or raises")

    async def _body(self, client: openai.AsyncOpenAI, call: Call, body: dict[str, Any], key: str) -> bytes:
        """What one request brings, to its end."""
        import openai

        create = client.chat.completions.with_streaming_response.create
        headers = {"Authorization": f"Bearer {key or NO_KEY}"}
        try:
            async with create(model=call.model, messages=[], extra_body=body, extra_headers=headers) as response:
                return await self._read(response)
        except openai.APIStatusError as error:
            raise self._refused(error, call, key) from None
        except openai.APITimeoutError:
            raise Unusable(self._silence(), again=True) from None
        except openai.APIConnectionError as error:
            told = f"nothing ({error.__cause__ or error}): see whether it is up, and its address right"
            raise Unusable(told, again=True) from None

    async def _read(self, response: openai.AsyncAPIResponse[Any]) -> bytes:
        answer = bytearray()
        try:
            async for part in response.iter_bytes():
                answer += part
                if len(answer) > LIMIT_REPLY_BYTES:
                    break
        except Exception as error:  # of the HTTP library that openai has chosen: it differs from version to version
            if "Timeout" in type(error).__name__:
                raise Unusable(self._silence(), again=True) from None
            told = f"half a reply ({error}), {len(answer):,} bytes of it; see its log"
            raise Unusable(told, again=True) from None
        if len(answer) > LIMIT_REPLY_BYTES:
            told = f"more than {LIMIT_REPLY_BYTES:,} bytes: {excerpt(bytes(answer))}; let sampling hold max_tokens"
            raise Unusable(told, again=False)
        return bytes(answer)

    def _silence(self) -> str:
        return f"nothing for {self.timeout_s:g} s: see whether it is overloaded, raise timeout_s, or let it stream"

    def _refused(self, error: openai.APIStatusError, call: Call, key: str) -> Unusable:
        """An answer whose status says that it is none."""
        status, came = error.status_code, _blotted(error.response.text, key)
        told = f"with status {status}, {came!r:.200}"
        if status in (401, 403):
            return Unusable(f"{told}: it wants another key in {self.api_key_variable}", again=False)
        if status == 404:
            return Unusable(f"{told}: it has no model {call.model!r}, or its address is another", again=False)
        if status in (408, 409, 429) or status >= 500:
            after = error.response.headers.get("retry-after", "")
            after_s = float(after) if after.isdecimal() else None
            return Unusable(
                f"{told}: it is overloaded or broken; ask less at once, or see its log", again=True, after_s=after_s
            )
        return Unusable(f"{told}: it takes no such request; see messages and sampling", again=False)


def _worth_another_try(error: Exception) -> bool | float:
    """Whether, and after how many seconds if the endpoint has told."""
    if not isinstance(error, Unusable) or not error.again:
        return False
    return True if error.after_s is None else error.after_s


def _blotted(text: str, key: str) -> str:
    """The text without the key: some endpoints send it back."""
    return text.replace(key, "…") if key else text


_starting = threading.Lock()


def _loop() -> asyncio.AbstractEventLoop:
    """Where all calls of this process are made, from whatever thread or loop they come."""
    with _starting:
        return _started_loop(os.getpid())


@cache
def _started_loop(process_id: int) -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name=f"endpoints of {process_id}", daemon=True).start()
    return loop


@cache
def _line(endpoint: Endpoint, process_id: int) -> tuple[openai.AsyncOpenAI, asyncio.Semaphore]:
    """The connections of a process to an endpoint, and the turns of its callers."""
    import openai

    client = openai.AsyncOpenAI(base_url=endpoint.base_url, api_key=NO_KEY, timeout=endpoint.timeout_s, max_retries=0)
    return client, asyncio.Semaphore(endpoint.concurrency)
