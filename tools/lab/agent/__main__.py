# SPDX-License-Identifier: GPL-2.0
"""Entry in L1: reads the plan from the share, runs it, says goodbye."""

import json
import os
import subprocess
from pathlib import Path

from . import environment
from .channel import Channel
from .counters import Counters
from .kernellog import KernelLog
from .steps import Runner


def main():
    plan = json.loads((environment.SHARE / "plan.json").read_text())
    channel = Channel()
    subprocess.run([environment.TOOLS / "both" / "place-modules",
                    os.uname().release, plan["modules_tree"]], check=True)
    counters = Counters()
    _start_cpus()
    channel.send("up")
    log = KernelLog(environment.SHARE / "out" / "l1-kernel.log")
    log.take()   # what L1 logged while it booted is its own affair
    runner = Runner(channel, counters, log, plan["accel"])
    skipped = False
    for step in plan["steps"]:
        channel.send("step", name=step["name"], where=step["where"])
        result = _skip(step) if skipped else runner.run(step)
        channel.send("result", **result)
        skipped = skipped or (step["required"] and result["exit_code"] != 0)
    channel.send("done")


def _start_cpus():
    for switch in Path("/sys/devices/system/cpu").glob("cpu[0-9]*/online"):
        switch.write_text("1")


def _skip(step):
    return {"name": step["name"], "where": step["where"], "seconds": 0, "status": "skipped",
            "exit_code": 0, "message": "a step that it requires failed"}


main()
