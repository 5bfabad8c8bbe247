# SPDX-License-Identifier: GPL-2.0
"""One L2: its QEMU, its channels, and the watch over it."""

import shlex
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

from lablib import devices, qemu, qmp

from . import environment, hardware, quirks
from .counters import total_exits

SOCKETS = Path("/run/lab-l2")
CONTROL_PORTS = 4
BEAT_SECONDS = 5
KVM_ERRORS = ("KVM internal error", "KVM: entry failed", "error: kvm run failed")
GRACE_SECONDS = 60    # for the last output after the exit code


class Guest:
    def __init__(self, step, control, channel, no_mmio):
        self.step = step
        self.no_mmio = no_mmio
        self.control = control
        control.progressed = self.progressed
        self.channel = channel
        self.results = environment.results(step)
        self.console = self.results / "console.log"
        self.qemu_log = self.results / "qemu.log"
        self.kernel_log = self.results / "kernel.log"
        self.leaks = self.results / "leaks.log"
        self.qemu = None
        self.up = False
        self.exit_code = None
        self.error = None
        self.last_sign = time.monotonic()
        self.last_exits = 0
        self.over = threading.Event()

    def run(self):
        """The step's status: ok, died, timeout or stall."""
        listeners, threads = {}, []
        try:
            listeners.update(self._listen())
            self._start_qemu()
            threads += self._serve(listeners)
            return self._watch()
        finally:
            if self.qemu:
                qemu.stop(self.qemu)
            for listener in listeners.values():   # ends those that nobody came to
                listener.shutdown(socket.SHUT_RDWR)
            for thread in threads:   # what was sent before the end still arrives
                thread.join(GRACE_SECONDS)
            self._clean()

    def _start_qemu(self):
        nic_arguments, addresses = hardware.nics(self.step["nics"])
        self._write_inputs(addresses)
        with open(self.qemu_log, "wb") as log:
            self.qemu = subprocess.Popen(self._command(nic_arguments), stdin=subprocess.DEVNULL,
                                         stdout=log, stderr=log)

    def progressed(self):
        self.last_sign = time.monotonic()

    def kvm_error(self):
        """QEMU's line on an error inside KVM, after which it only waits."""
        for line in self.qemu_log.read_text(errors="replace").splitlines():
            if line.startswith(KVM_ERRORS):
                return line
        return None

    # set-up

    def _listen(self):
        SOCKETS.mkdir(exist_ok=True)
        names = ["status", "output", *(f"control{number}" for number in range(CONTROL_PORTS))]
        listeners = {}
        for name in names:
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(SOCKETS / name))
            listener.listen(1)
            listeners[name] = listener
        return listeners

    def _serve(self, listeners):
        tasks = {"status": self._read_status, "output": self._read_output}
        threads = []
        for name, listener in listeners.items():
            task = tasks.get(name, self.control.serve)
            threads.append(threading.Thread(target=_accept, args=(listener, task), daemon=True))
            threads[-1].start()
        return threads

    def _write_inputs(self, addresses):
        """What guest/main reads."""
        step = self.step
        folder = environment.SHARE / "steps" / step["name"]
        folder.mkdir(parents=True, exist_ok=True)
        lines = [f"export {key}={shlex.quote(value)}"
                 for key, value in {**environment.of_step(step, "l2"),
                                    "LAB_NICS": " ".join(addresses)}.items()]
        waited_for = [disk["kind"] for disk in step["disks"] if disk["driver"] == "yes"]
        lines += [
            f"cwd={shlex.quote(environment.working_folder(step))}",
            f"command=({shlex.join(environment.command(step))})",
            f"disks=({shlex.join(waited_for)})",
            f"beat={BEAT_SECONDS if step['heartbeat'] else 0}",
            f"kernel_log={shlex.quote(str(self.kernel_log))}",
            f"leaks={shlex.quote(str(self.leaks))}",
            f"modules_tree={shlex.quote(step['modules_tree'])}",
        ]
        (folder / "guest.env").write_text("\n".join(lines) + "\n")
        (folder / "modules").write_text("".join(" ".join(words) + "\n"
                                                for words in step["modules"]))

    def _command(self, nic_arguments):
        step = self.step
        sockets = {f"lab.{path.name}": path for path in sorted(SOCKETS.iterdir())}
        return [
            step["qemu"], *qemu.machine(step["cpus"], step["memory_mb"], self.console),
            "-accel", "kvm", "-cpu", "host",
            *qemu.boot(step["image"], step["initrd"], *self._kernel_options()),
            *qemu.monitor(environment.QMP_SOCKET), *qemu.monitor(environment.PRIVATE_QMP_SOCKET),
            *qemu.shares(environment.SHARE), *qemu.ports(sockets),
            *hardware.disks(step["disks"]), *nic_arguments,
            *(quirks.qemu_arguments() if self.no_mmio else []), *step["qemu_args"],
        ]

    def _kernel_options(self):
        drivers = ",".join(devices.drivers(self.step["disks"], self.step["nics"]))
        return (f"lab.step={self.step['name']}", f"lab.drivers={drivers}",
                quirks.KERNEL_OPTIONS if self.no_mmio else "", self.step["append"])

    # channels

    def _read_status(self, connection):
        for line in connection.makefile("r", errors="replace"):
            self.progressed()
            word, _, rest = line.strip().partition(" ")
            if word == "up":
                self.up = True
                self.channel.progress(f"L2 {self.step['name']!r} up")
            elif word == "error":
                self.error = rest
            elif word == "exit":
                self.exit_code = int(rest)
                self.over.set()

    def _read_output(self, connection):
        with open(self.results / "output.log", "wb", buffering=0) as log:
            while data := connection.recv(65536):
                self.progressed()
                log.write(data)
                self.channel.output(self.step["name"], data)

    # watch

    def _watch(self):
        deadline = time.monotonic() + self.step["timeout"]
        while self.qemu.poll() is None and not self.over.wait(0.25):
            if time.monotonic() > deadline:
                return self._autopsy("timeout")
            if self._silent_for() > self.step["stall"]:
                return self._autopsy("stall")
            if self.kvm_error():
                return self._autopsy("died")
        # QEMU may end right behind the last message
        self.over.wait(10)
        return "died" if self.exit_code is None else "ok"

    def _silent_for(self):
        # Without heartbeats (booting, or switched off) VM exits are the sign of life.
        if not self.up or not self.step["heartbeat"]:
            exits = total_exits()
            if exits != self.last_exits:
                self.last_exits = exits
                self.progressed()
        return time.monotonic() - self.last_sign

    def _autopsy(self, status):
        (self.results / "l2-registers.txt").write_text(
            qmp.registers(environment.PRIVATE_QMP_SOCKET))
        self.channel.send("autopsy", step=self.step["name"], status=status)
        return status

    def _clean(self):
        shutil.rmtree(SOCKETS, ignore_errors=True)
        shutil.rmtree(hardware.IMAGES, ignore_errors=True)
        hardware.remove_taps()


def _accept(listener, task):
    try:
        connection, _ = listener.accept()
    except OSError:   # shut down
        return
    with connection:
        task(connection)
