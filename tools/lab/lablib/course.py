# SPDX-License-Identifier: GPL-2.0
"""The course of a run: prepare, boot L1, listen, report, clean up."""

import contextlib
import os
import shutil
import sys
import time

from . import accel, cache, prepare, report, share, turn
from .errors import INTERRUPTED, LabError, usage_error
from .l1 import BOOT_SECONDS, L1

FAILED_KEPT = 5


class Course:
    def __init__(self, options, steps):
        self.options = options
        self.steps = steps
        self.running = None   # the step L1 is at
        self.report = report.Report(options.json)
        options.accel = accel.choose(options.accel)
        if not shutil.which(options.qemu):
            raise usage_error(f"{options.qemu}: no such program (Debian: qemu-system-x86)")
        if options.keep:
            _make_folder(options.keep)

    def run(self):
        with contextlib.ExitStack() as stack:
            if not self.options.no_queue:
                stack.enter_context(turn.enter(accel.threads(self.options), self._waiting))
            self.share = share.Share()
            stack.callback(self.share.remove)
            return self._run_in_share()

    def _waiting(self):
        self.report.progress("waiting for another lab to end (--no-queue would not)")

    def _run_in_share(self):
        host_kernel, initrd = prepare.host(self.options)
        prepare.steps(self.steps, self.options, self.share, host_kernel)
        self.share.write_plan({"steps": self.steps, "modules_tree": str(host_kernel.modules),
                               "accel": self.options.accel})
        try:
            self._boot_and_listen(host_kernel, initrd)
            code, message = self.report.first_failure()
        except LabError as error:
            if error.code > INTERRUPTED:
                raise
            code, message = error.code, str(error)
            self.report.lost(self.running, code, message)
        self._finish(self.report.final(code, message, self.options.accel))
        return code

    def _boot_and_listen(self, host_kernel, initrd):
        self.report.progress(f"booting L1: {host_kernel.version}, {self.options.accel}")
        limit = BOOT_SECONDS + sum(step["timeout"] for step in self.steps)
        deadline = time.monotonic() + (self.options.total_timeout or limit)
        host = L1(self.share, host_kernel, initrd, self.options)
        try:
            for event in host.events(self.options.stall, deadline):
                self._handle(event, host)
        finally:
            host.kill()

    def _handle(self, event, host):
        kind = event.pop("event")
        if kind == "up":
            self.report.progress("L1 up")
        elif kind == "step":
            self.running = event
        elif kind == "progress":
            self.report.progress(event["text"])
        elif kind == "output":
            self.report.output(event["step"], event["data"])
        elif kind == "autopsy":
            host.save_registers(f"{event['step']}/l1-registers.txt")
        elif kind == "result":
            self.running = None
            self.report.result(event)

    def _finish(self, document):
        with open(self.share.out / "result.json", "w") as stream:
            report.write_json(document, stream)
        if self.options.keep:
            self.share.keep(self.options.keep)
        elif document["exit_code"]:
            self._keep_failure()
        if self.options.json:
            report.write_json(document, sys.stdout)

    def _keep_failure(self):
        target = cache.folder("failed") / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
        self.share.keep(target)
        cache.prune(target.parent, FAILED_KEPT)
        print(f"lab: logs are in {target}", file=sys.stderr)


def _make_folder(path):
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise usage_error(f"--keep {path}: {error.strerror}") from None
