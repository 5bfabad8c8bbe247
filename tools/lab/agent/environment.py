# SPDX-License-Identifier: GPL-2.0
"""What scripts find in their environment, and where things are in L1."""

import os
from pathlib import Path

from lablib.share import IN_GUESTS as SHARE

TOOLS = Path(__file__).resolve().parent.parent
QMP_SOCKET = "/run/lab-l2.qmp"      # for scripts
PRIVATE_QMP_SOCKET = "/run/lab-l2-agent.qmp"


def results(step):
    """The step's folder of results; its `files` is the script's."""
    folder = SHARE / "out" / step["name"]
    (folder / "files").mkdir(parents=True, exist_ok=True)
    return folder


def of_step(step, where):
    return {
        "LAB": "1",
        "LAB_WHERE": where,
        "LAB_STEP": step["name"],
        "LAB_OUT": str(results(step) / "files"),
    }


def on_l1(step):
    """For scripts on L1 and for `lab l1`."""
    return {
        "PATH": f"{TOOLS}/l1:{TOOLS}/both:{os.environ['PATH']}", "HOME": "/root", "LANG": "C.UTF-8",
        "TERM": "dumb", "LAB_QMP": QMP_SOCKET, **of_step(step, "l1"),
    }


def working_folder(step):
    """The caller's folder, unless it lies below a mount that L1 has of its own."""
    return step["cwd"] if os.path.isdir(step["cwd"]) else str(results(step) / "files")


def command(step):
    """Scripts that are not executable are bash's."""
    script = [step["script"]] if os.access(step["script"], os.X_OK) else ["bash", step["script"]]
    return script + step["args"]
