# SPDX-License-Identifier: GPL-2.0
"""Starts L1's QEMU and hands on what its agent reports; notices when it falls silent."""

import contextlib
import ctypes
import json
import select
import signal
import socket
import subprocess
import time

from . import accel, qemu, qmp, splat
from .errors import KERNEL, LAB, LIMIT, LabError

BOOT_SECONDS = 600
NUDGE_SECONDS = 20   # of silence; the agent beats every 5
PR_SET_PDEATHSIG = 1


class L1:
    def __init__(self, share, kernel, initrd, options):
        self.share = share
        self.console = share.out / "l1-console.log"
        self.qemu_log = share.out / "l1-qemu.log"
        self.qmp_path = share.folder / "l1.qmp"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(share.folder / "agent"))
        self.listener.listen(1)
        command = self._command(kernel, initrd, options)
        with open(self.qemu_log, "wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=_die_with_parent)

    def events(self, stall, deadline):
        """Yields the agent's messages until it is done; raises LabError if it is not."""
        connection = self._accept()
        limit = max(stall, BOOT_SECONDS)   # until the first message
        buffer = b""
        heard = nudged = time.monotonic()
        while True:
            now = time.monotonic()
            if now - max(heard, nudged) > NUDGE_SECONDS:
                self._nudge(connection)
                nudged = now
            if now > deadline:
                self._give_up("the whole run passed its time limit")
            if now - heard > limit:
                self._give_up(f"L1 stalled: no sign of life for {limit:g} s")
            if not select.select([connection], [], [], 0.5)[0]:
                continue
            data = connection.recv(1 << 16)
            if not data:
                raise self._death()
            heard, limit = now, stall
            *lines, buffer = (buffer + data).split(b"\n")
            for line in lines:
                event = json.loads(line)
                if event["event"] == "done":
                    return
                yield event

    @staticmethod
    def _nudge(connection):
        """Interrupts L1. Nobody there reads what is sent.

        An emulated CPU can sleep through an interrupt: QEMU clears
        CPU_INTERRUPT_VIRQ behind VMRUN without its lock (do_vmexit() in
        target/i386/tcg/sysemu/svm_helper.c), and so may lose a bit that another
        thread sets. The next interrupt has QEMU look at all that wait.
        """
        with contextlib.suppress(OSError):   # full, or gone: recv() tells
            connection.send(b"\n", socket.MSG_DONTWAIT)

    def save_registers(self, name="l1-registers.txt"):
        (self.share.out / name).write_text(qmp.registers(self.qmp_path))

    def kill(self):
        qemu.stop(self.process)
        self.listener.close()

    def _command(self, kernel, initrd, options):
        folder = self.share.folder
        drivers = accel.nested_module(options.accel)
        # The agent starts the other CPUs when it has set the histograms: each patches
        # kernel text, and waits for all CPUs several times.
        words = ("maxcpus=1", f"lab.drivers={drivers}", options.append)
        return [
            options.qemu, *qemu.machine(options.cpus, options.memory, self.console),
            *accel.arguments(options.accel, options.tcg_thread),
            *qemu.boot(kernel.image, initrd, *words), *qemu.monitor(self.qmp_path),
            *qemu.shares(folder), *qemu.ports({"lab.agent": folder / "agent"}),
            *options.qemu_arg,
        ]

    def _accept(self):
        while not select.select([self.listener], [], [], 0.2)[0]:
            if self.process.poll() is not None:
                raise LabError(f"QEMU of L1 did not start: {self._last_words()}")
        return self.listener.accept()[0]

    def _death(self):
        lines = self.console.read_text(errors="replace").splitlines()
        splats = splat.lines(lines)
        if splats:
            return LabError(f"L1's kernel died: {splats[0]}", KERNEL)
        return LabError(f"L1 died: {self._last_words()}", LAB)

    def _give_up(self, message):
        self.save_registers()
        raise LabError(message, LIMIT)

    def _last_words(self):
        return qemu.last_words(self.qemu_log, self.console)


def _die_with_parent():
    """Even if the lab is killed the hard way, no QEMU stays behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
