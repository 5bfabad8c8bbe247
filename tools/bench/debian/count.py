#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""count.py IMAGE MACHINE SECONDS OUT: counts a stock Debian's exits by its functions.

Runs on L1. The guest of tools/lab/debian (IMAGE) boots, does nothing for SECONDS, then one
kind of work after the other. Each exit is counted under the instruction that it interrupted;
at the end the guest says which function that is of. MACHINE is "emulated", "accelerated",
which is the same for an IMAGE that has the modules, "brief", which is that with a kernel
that says and scans less while it boots, and is only booted, or "virtio".
"""
import collections
import json
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent.parent / "lab"))
from agent import exitcodes
from lablib.qmp import Client
from symbols import Symbols

TRACING = Path("/sys/kernel/tracing/instances/pvio_debian/events/kvm")
LINE = re.compile(r"\{ guest_rip:\s*([0-9a-f]+), exit_reason:\s*(\d+), info1:\s*(\d+) \}"
                  r" hitcount:\s*(\d+)")
INTEL = Path("/sys/module/kvm_intel").exists()
LIMIT = 1800        # seconds, for what hangs
SETTLE = 45         # seconds after the prompt in which a boot comes to its end
ADDRESS = "192.168.99.2", 4008
# The same symbols at each boot, so that boot can be counted by what is known later.
OPTIONS = "root=LABEL=root ro console=tty0 console=ttyS0,115200 nokaslr"
HARDWARE = ["-vga", "std",
            "-drive", "if=ide,index=0,media=disk,format=qcow2,file={disk}",
            "-drive", "if=ide,index=2,media=cdrom,format=raw,file={medium}",
            "-device", "e1000,netdev=net"]
BRIEF = "quiet pci=noearly"
MACHINES = {
    "emulated": HARDWARE,
    "accelerated": HARDWARE,
    "brief": HARDWARE,
    "virtio": ["-nodefaults", "-drive", "if=virtio,format=qcow2,file={disk}",
               "-device", "virtio-net-pci,netdev=net"],
}
WORKS = {
    "idle": "sleep {seconds}",
    "disk": "dd if=/dev/disk/by-label/root of=/dev/null bs=4k count=500 iflag=direct 2>&1",
    "network": "ping -c 200 -i 0.02 -q 192.168.99.1",
    "serial line": "dmesg | head -n 100 > /dev/ttyS0; sleep 3",
    "console": "for i in $(seq 50); do echo '<1>a record of the kernel log that is as long as "
               "most of them are' > /dev/kmsg; done; sleep 3",
}


class Counter:
    """A histogram that is set once; a phase is the difference of two readings."""

    def __init__(self):
        TRACING.parent.parent.mkdir(exist_ok=True)
        (TRACING / "kvm_exit/trigger").write_text(
            "hist:keys=guest_rip.hex,exit_reason,info1:size=131072\n")
        (TRACING / "kvm_userspace_exit/trigger").write_text("hist:keys=reason\n")

    @staticmethod
    def read():
        text = (TRACING / "kvm_exit/hist").read_text()
        if re.search(r"Dropped: [1-9]", text):
            sys.exit("count: the table of exits is full")
        exits = collections.Counter({(int(rip, 16), int(reason), int(info)): int(hits)
                                     for rip, reason, info, hits in LINE.findall(text)})
        trips = sum(map(int, re.findall(r"hitcount:\s*(\d+)", (
            TRACING / "kvm_userspace_exit/hist").read_text())))
        return exits, trips, time.monotonic()


class Guest:
    def __init__(self, image, machine, work):
        self.console = work / "console"
        self.monitor = work / "qmp"
        disk, medium = work / "disk.qcow2", work / "medium.iso"
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2",
                        "-b", image / "disk.qcow2", disk], check=True)
        medium.write_bytes(bytes(1 << 20))
        command = ["qemu-system-x86_64", "-machine", "pc", "-accel", "kvm", "-cpu", "host",
                   "-m", "400", "-display", "none",
                   "-netdev", "tap,id=net,ifname=debian0,script=no,downscript=no",
                   *(word.format(disk=disk, medium=medium) for word in MACHINES[machine]),
                   "-monitor", "none", "-parallel", "none", "-serial", f"file:{self.console}",
                   "-qmp", f"unix:{self.monitor},server=on,wait=off",
                   "-kernel", image / "vmlinuz", "-initrd", image / "initrd",
                   "-append", f"{OPTIONS} {BRIEF}" if machine == "brief" else OPTIONS]
        self.process = subprocess.Popen([str(word) for word in command])

    def wait_for_prompt(self):
        end = time.monotonic() + LIMIT
        while not (self.console.exists() and b"login: " in self.console.read_bytes()):
            if self.process.poll() is not None:
                sys.exit("count: QEMU ended")
            if time.monotonic() > end:
                sys.exit("count: no prompt")
            time.sleep(0.2)

    def run(self, command):
        """What a shell of the guest's says to it."""
        with socket.create_connection(ADDRESS, LIMIT) as shell:
            shell.sendall(f"{command}\nexit\n".encode())
            parts = []
            while part := shell.recv(1 << 16):
                parts.append(part)
        return b"".join(parts).decode(errors="replace")

    def stop(self):
        with Client(self.monitor) as qmp:
            qmp.command("quit")
        self.process.wait()


def make_tap():
    subprocess.run(["modprobe", "tun"], check=True)
    for line in ("tuntap add debian0 mode tap", "address add 192.168.99.1/24 dev debian0",
                 "link set debian0 up"):
        subprocess.run(["ip", *line.split()], check=True)


def describe(name, before, after, symbols):
    """A phase: its exits by function, reason and port."""
    exits = after[0] - before[0]
    rows = collections.Counter()
    for (rip, reason, info), hits in exits.items():
        reason = exitcodes.vm_exit(INTEL, reason)
        rows[(*symbols.find(rip), reason, port_of(reason, info))] += hits
    return {"phase": name, "seconds": after[2] - before[2], "exits": sum(exits.values()),
            "trips": after[1] - before[1],
            "rows": [{"function": function, "module": module, "reason": reason, "port": port,
                      "exits": hits}
                     for (function, module, reason, port), hits in rows.most_common()]}


def port_of(reason, info):
    """Of an access to a port: AMD64 APM 2, 15.10.2; Intel SDM 3, table 28-5."""
    if reason not in ("ioio", "io_instruction"):
        return ""
    is_read = info & 8 if INTEL else info & 1
    return f"{'in' if is_read else 'out'} {info >> 16 & 0xffff:#x}"


def main():
    image, machine, seconds, out = sys.argv[1:]
    work = Path("/run/pvio-debian")
    work.mkdir(exist_ok=True)
    make_tap()
    counter = Counter()
    marks = [("boot", counter.read())]
    guest = Guest(Path(image), machine, work)
    guest.wait_for_prompt()
    marks[0] += (counter.read(),)
    print(f"{machine}: prompt after {marks[0][2][2] - marks[0][1][2]:.0f} s", flush=True)
    time.sleep(SETTLE)
    works = {name: command.format(seconds=seconds) for name, command in WORKS.items()
             if machine != "brief"}
    for name, command in works.items():
        before = counter.read()
        guest.run(command)
        marks.append((name, before, counter.read()))
        print(f"{machine}: {name} counted", flush=True)
    symbols = Symbols(guest.run("cat /proc/kallsyms"))
    phases = [describe(*mark, symbols) for mark in marks]
    guest.stop()
    Path(out).write_text(json.dumps(phases, indent=1) + "\n")


main()
