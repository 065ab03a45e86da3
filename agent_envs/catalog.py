"""The catalogue: every environment and every wrapper, one line each, as strings that are imported when one is made."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Entry(NamedTuple):
    """One environment.

    Args:
        id: What `gymnasium.make` takes.
        env: Its class, as ``module:name``.
        world: A function whose keywords are the world's parameters and which returns the rest of the class's arguments.
        extra: The extra of this distribution that installs what the world needs; empty where it needs none.
        about: One sentence.
        given: Parameters that the id settles.
    """

    id: str
    env: str
    world: str
    extra: str
    about: str
    given: Mapping[str, str] = MappingProxyType({})


def _domain(name: str, domain: str, about: str) -> Entry:
    return Entry(
        f"agent_envs/{name}-v0",
        env="agent_envs.envs.tool_domain:ToolDomain",
        world="agent_envs.snapshots.domains.world:open_world",
        extra="domains",
        about=about,
        given={"domain": domain},
    )


def _repositories(name: str, module: str, about: str) -> Entry:
    return Entry(
        f"agent_envs/{name}-v0",
        env=f"agent_envs.envs.{module}:{name}",
        world="agent_envs.snapshots.repositories.world:open_world",
        extra="repos",
        about=about,
    )


CATALOG: tuple[Entry, ...] = (
    Entry(
        "agent_envs/WikiSearch-v0",
        env="agent_envs.envs.wiki_search:WikiSearch",
        world="agent_envs.snapshots.wikipedia.world:open_world",
        extra="wiki",
        about="Multi-hop questions over an offline encyclopedia: search, visit, answer.",
    ),
    Entry(
        "agent_envs/ToolDomain-v0",
        env="agent_envs.envs.tool_domain:ToolDomain",
        world="agent_envs.snapshots.domains.world:open_world",
        extra="domains",
        about="A user to talk to and a generated database to work on, with typed tools; any domain, by its folder.",
    ),
    Entry(
        "agent_envs/FunctionCall-v0",
        env="agent_envs.envs.function_call:FunctionCall",
        world="agent_envs.snapshots.domains.world:open_dialogues",
        extra="domains",
        about="The next call of a dialogue over a generated database, in one turn: form, name and arguments exact.",
    ),
    Entry(
        "agent_envs/SimulatedTools-v0",
        env="agent_envs.envs.simulated_tools:SimulatedTools",
        world="agent_envs.simulators.tools.world:open_world",
        extra="",
        about="Requests to an API of which there is only a specification: OpenAPI, MCP or functions, simulated.",
    ),
    _repositories("RepoTask", "repo_task", "Issues in repositories: a shell, an editor, hidden tests; in a sandbox."),
    _repositories("BugFixer", "bug_fixer", "The same issues in two turns: which files, then SEARCH/REPLACE edits."),
    _repositories(
        "TestWriter", "test_writer", "A test for such an issue: it fails as it is, and passes once it is solved."
    ),
    _domain("Shop", "shop", "ToolDomain: the service desk of an online shop; orders, parcels, returns, coupons."),
    _domain("Clinic", "clinic", "ToolDomain: the desk of some clinics; appointments, referrals, fees, guardians."),
    _domain("Rental", "rental", "ToolDomain: the desk of a tool rental; bookings by day, deposits, fees, transfers."),
    _domain("Telecom", "telecom", "ToolDomain: a mobile operator's help desk; the user has a phone, and tools of it."),
    _domain("Warehouse", "warehouse", "ToolDomain: the figures desk of a chain of shops; SQL on a million sales."),
)


class WrapperEntry(NamedTuple):
    """One wrapper.

    Args:
        name: Its class, and what tells it from others of that class.
        wrapper: Its class, as ``module:name``.
        about: One sentence.
        tried: Parameters with which it is held against the contract: it acts, and a right solution still earns 1.
    """

    name: str
    wrapper: str
    about: str
    tried: Mapping[str, Any]


def _wrapper(name: str, about: str, **tried: Any) -> WrapperEntry:
    return WrapperEntry(name, f"agent_envs.wrappers:{name.partition('-')[0]}", about, MappingProxyType(tried))


WRAPPERS: tuple[WrapperEntry, ...] = (
    _wrapper("ContextLength-end", "The episode ends where the context is full.", limit_tokens=131_072),
    _wrapper("ContextLength-answer", "A full context forces an answer.", limit_tokens=131_072, strategy="answer"),
    _wrapper(
        "ContextLength-recent",
        "A full context drops its oldest turns.",
        limit_tokens=5500,
        strategy="recent",
        keep_tokens=1,
    ),
    _wrapper("Summary", "ReSum: a context nearly full is summarised.", limit_tokens=2048, tool=True),
    _wrapper("Workspace", "IterResearch: a report in place of the history."),
    _wrapper("ThinkingMode", "The last /think or /no_think decides whether the agent thinks.", default=False),
    _wrapper("ThinkingBudget", "A thought over its budget is cut.", limit_tokens=4),
    _wrapper("FormatGate-halt", "A malformed turn ends the episode.", on_error="halt"),
    _wrapper("FormatGate-recover", "A malformed turn is kept account of.", on_error="recover"),
    _wrapper("CallBudget", "A budget of calls by task, with a penalty.", limit_calls=128, penalty=0.5),
    _wrapper("TokenBudget", "A budget of written tokens by task, with a penalty.", limit_tokens=65_536, penalty=0.5),
    _wrapper("TurnLimit", "A limit of turns with a typed end.", limit_turns=100),
)

LOAD_DOMAIN = "agent_envs.snapshots.domains.domain:load_domain"
"""What loads a domain by its name or folder, for the testing kit."""

PROOFS = "agent_envs.snapshots.domains.world:proofs"
"""What proves the tasks of a domain, for the command ``agent-envs prove``."""

BUILD_REAL = "agent_envs.snapshots.repositories.sets:build_real"
BUILD_LOCAL = "agent_envs.snapshots.repositories.sets:build_local"
BUILD_INSTANCES = "agent_envs.snapshots.repositories.given:build_instances"
"""What builds sets of repositories, for the command ``agent-envs build``."""

INVENTORY = "agent_envs.snapshots.cache:inventory"
"""What lists the built worlds of this machine, for the command ``agent-envs doctor``."""

RECORDED = "agent_envs.simulators.chat.cassette:recorded"
"""What reads the recorded calls of models in a file, for the command ``agent-envs cassette``."""
