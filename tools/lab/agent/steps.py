# SPDX-License-Identifier: GPL-2.0
"""Runs steps one after the other and judges each."""

import os
import signal
import subprocess
import threading
import time

from lablib import qemu, splat
from lablib.errors import KERNEL, LAB, LIMIT

from . import environment, kernellog, quirks
from .control import Control
from .guest import Guest


class Runner:
    def __init__(self, channel, counters, log, accel):
        self.channel = channel
        self.counters = counters
        self.log = log
        self.no_mmio = quirks.mmio_fails(accel)

    def run(self, step):
        _find_leaks("forget")
        started = time.monotonic()
        try:
            result = self._on_l2(step) if step["where"] == "l2" else self._on_l1(step)
        except (OSError, subprocess.SubprocessError) as error:
            result = {"status": "error", "exit_code": LAB, "message": str(error)}
        splats = [f"L1: {text}" for text in self.log.take() + _find_leaks("list")]
        splats += result.get("splat", [])
        if splats:
            result["splat"] = splats
            if result["status"] in ("ok", "failed"):
                result.update(status="splat", exit_code=KERNEL,
                              message=f"kernel log: {splats[0]}")
        seconds = round(time.monotonic() - started, 1)
        return {"name": step["name"], "where": step["where"], "seconds": seconds, **result}

    # on L1

    def _on_l1(self, step):
        for words in step["modules"]:
            error = _load(words)
            if error:
                return {"status": "error", "exit_code": LAB, "message": error}
        if not step["script"]:
            return {"status": "ok", "exit_code": 0}
        return self._script_on_l1(step)

    def _script_on_l1(self, step):
        process = subprocess.Popen(
            environment.command(step), cwd=environment.working_folder(step),
            env=environment.on_l1(step), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True)
        pump = threading.Thread(target=self._pump, args=(step, process.stdout), daemon=True)
        pump.start()
        try:
            code = process.wait(step["timeout"])
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            self.channel.send("autopsy", step=step["name"], status="timeout")
            return _limit("timeout", step)
        pump.join(20)   # a process left behind may hold the output open
        return _by_code(code if code >= 0 else 128 - code)

    def _pump(self, step, stream):
        with open(environment.results(step) / "output.log", "wb", buffering=0) as log:
            while data := os.read(stream.fileno(), 65536):
                log.write(data)
                self.channel.output(step["name"], data)

    # in L2

    def _on_l2(self, step):
        if self.no_mmio and any(nic["kind"] != "virtio" for nic in step["nics"]):
            return {"status": "error", "exit_code": LAB,
                    "message": "an e1000 needs MMIO, which L1's kernel cannot do when emulated"}
        control = Control(step, self.counters, self.channel)
        guest = Guest(step, control, self.channel, self.no_mmio)
        status = guest.run()
        if status == "ok":
            result = _ended(guest)
        elif status == "died":
            result = _died(guest)
        else:
            result = _limit(status, step)
        result["sections"] = control.sections
        splats = (kernellog.splats_of_file(guest.kernel_log)
                  or kernellog.splats_of_console(guest.console))
        splats += kernellog.leaks_of_file(guest.leaks)
        if splats:
            result["splat"] = [f"L2: {text}" for text in splats]
        if control.open_sections:
            result["open_sections"] = sorted(control.open_sections)
            result.setdefault("message", "sections left open: "
                              + ", ".join(result["open_sections"]))
        return result


def _by_code(code):
    return {"status": "failed" if code else "ok", "exit_code": code}


def _ended(guest):
    if guest.error:
        return {"status": "error", "exit_code": LAB, "message": guest.error}
    return _by_code(guest.exit_code)


def _died(guest):
    """QEMU ended and no exit code had come."""
    if guest.console.exists() and "Kernel panic" in guest.console.read_text(errors="replace"):
        return {"status": "panic", "exit_code": KERNEL, "message": "L2 panicked"}
    if guest.kvm_error():
        return {"status": "died", "exit_code": LAB, "message": guest.kvm_error()}
    what = "died" if guest.up else "did not boot"
    if guest.qemu.returncode == 0:   # -no-reboot
        what += " of a reset, as by a triple fault"
    return {"status": "died", "exit_code": LAB,
            "message": f"L2 {what}: {qemu.last_words(guest.qemu_log, guest.console)}"}


def _limit(status, step):
    if status == "timeout":
        message = f"still running after its limit of {step['timeout']:g} s"
    else:
        message = f"stalled: no sign of life for {step['stall']:g} s"
    return {"status": status, "exit_code": LIMIT, "message": message}


def _find_leaks(what):
    """Of L1's own kernel, where it looks for them."""
    tool = environment.TOOLS / "both" / "find-leaks"
    result = subprocess.run([tool, what], capture_output=True, text=True)
    return splat.leaks(result.stdout + result.stderr)


def _load(words):
    tool = environment.TOOLS / "both" / "load-module"
    result = subprocess.run([tool, *words], capture_output=True, text=True)
    if result.returncode:
        reason = (result.stderr.strip() or "no reason given").splitlines()[-1]
        return f"module {' '.join(words)}: {reason}"
    return None
