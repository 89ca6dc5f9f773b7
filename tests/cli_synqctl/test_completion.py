"""Completion at work: in the shell itself where there is one, and by the shells' protocols everywhere."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.cli_synqctl.conftest import synqctl

SCRIPTS = Path(sysconfig.get_path("scripts"))
IN_BASH = """
eval "$(_SYNQCTL_COMPLETE=bash_source synqctl)"
COMP_WORDS=(synqctl job re); COMP_CWORD=2
_synqctl_completion synqctl
printf '%s\\n' "${COMPREPLY[@]}"
complete -p synqctl
"""
IN_ZSH = """
autoload -Uz compinit && compinit -u -D
eval "$(_SYNQCTL_COMPLETE=zsh_source synqctl)"
print ${_comps[synqctl]}
"""
IN_FISH = """
_SYNQCTL_COMPLETE=fish_source synqctl | source
complete -C "synqctl job re"
"""


def in_shell(shell: str, script: str) -> str:
    """What a script prints in a shell that finds synqctl; skipped where the shell is not installed."""
    program = shutil.which(shell)
    if program is None or not (SCRIPTS / "synqctl").exists():
        pytest.skip(f"{shell} or the installed synqctl is missing here")
    path = os.pathsep.join((str(SCRIPTS), os.environ.get("PATH", os.defpath)))
    done = subprocess.run(
        [program, "-c", script], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_bash() -> None:
    replies, _, registered = in_shell("bash", IN_BASH).partition("complete ")
    assert replies.split() == ["resume"]
    assert "_synqctl_completion synqctl" in registered


def test_zsh() -> None:
    assert in_shell("zsh", IN_ZSH).strip() == "_synqctl_completion"


def test_fish() -> None:
    assert in_shell("fish", IN_FISH).split()[0] == "resume"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
async def test_each_shell_gets_a_script_of_its_own(shell: str) -> None:
    ran = await synqctl(_SYNQCTL_COMPLETE=f"{shell}_source")
    assert ran.status == 0, ran.err
    assert f"_SYNQCTL_COMPLETE={shell}_complete" in ran.out


@pytest.mark.parametrize(
    ("shell", "variables"),
    [
        ("bash", {"COMP_WORDS": "synqctl verify --mo", "COMP_CWORD": "2"}),
        ("zsh", {"COMP_WORDS": "synqctl verify --mo", "COMP_CWORD": "2"}),
        ("fish", {"COMP_WORDS": "synqctl verify --mo", "COMP_CWORD": "--mo"}),
    ],
)
async def test_each_shell_is_answered_in_its_protocol(shell: str, variables: dict[str, str]) -> None:
    ran = await synqctl(_SYNQCTL_COMPLETE=f"{shell}_complete", **variables)
    assert ran.status == 0, ran.err
    assert "--model" in ran.out
    assert "--remote" not in ran.out


def test_no_daemon_is_needed() -> None:
    code = "import sys, synqd.cli.synqctl; sys.exit('http.client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
