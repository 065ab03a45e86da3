"""``python -m agent_envs.cli``: the command where its script is not on the path."""

from agent_envs.cli import main

main()
