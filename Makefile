# The two commands of the README: `make run` and `make test`. Each installs what it needs into .venv first.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test
run: .venv/installed-all
	$(BIN)/agent-envs run agent_envs/WikiSearch-v0 --policy oracle --episodes 20

test: .venv/installed-dev
	$(BIN)/pytest -n auto --dist loadfile

# trl is never imported: the tests read the chat templates of published models that it carries as data files.
.venv/installed-%: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "agent-envs needs Python 3.11 or later; name one: make PYTHON=…")'
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[$*]'
	if [ '$*' = dev ]; then $(BIN)/pip install --quiet --disable-pip-version-check --no-deps trl==1.16.0; fi
	touch $@
