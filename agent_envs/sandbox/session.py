"""A shell session without a process: each command takes up what the last one left, so that forks can have it too."""

from __future__ import annotations

import shlex

from .guest.files import SESSION

# What bash sets by itself, and what belongs to one command alone.
_NOT_KEPT = (
    "BASH*|COMP_*|DIRSTACK|EPOCH*|EUID|FUNCNAME|GROUPS|HISTCMD|HOSTNAME|HOSTTYPE|LINENO|MACHTYPE|OPTERR|OPTIND|OSTYPE"
    "|PIPESTATUS|PPID|RANDOM|SECONDS|SHELLOPTS|SHLVL|SRANDOM|UID|_|__*"
)
# The options come last, and the state of the last command only where it would not end the shell.
_SCRIPT = r"""
__file="$TMPDIR/%(session)s" __root="$PWD"
__keep() {
    local __code=$?
    [[ -n "${__kept-}" ]] && exit $__code
    __kept=1
    local __options="$(set +o)" -
    set +eux
    {
        compgen -v | while IFS= read -r __name; do
            case "$__name" in (%(not_kept)s) continue ;; esac
            [[ "${!__name@a}" == *r* ]] || declare -p "$__name"
        done
        declare -f; alias -p; shopt -p
        case "$PWD/" in ("$__root"/*) printf 'cd -- "$__root"' ;; (*) printf 'cd -- ' ;; esac
        printf '%%q\n%%s\n' "${PWD#"$__root"}" "$__options"
        [[ "$__options" == *"set -o errexit"* ]] || printf '(exit %%d)\n' $__code
    } > "$__file.new" && mv -f "$__file.new" "$__file"
    exit $__code
}
trap '__keep 2> /dev/null' EXIT
shopt -s expand_aliases
if [[ -f "$__file" ]]; then source "$__file" > /dev/null 2>&1; fi
eval %(command)s
__keep 2> /dev/null
"""


def in_session(command: str) -> str:
    """The command between taking up the session and keeping it."""
    return _SCRIPT % {"not_kept": _NOT_KEPT, "session": SESSION, "command": shlex.quote(command)}
