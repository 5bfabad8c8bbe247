# SPDX-License-Identifier: GPL-2.0
"""What the QEMUs of L1 and of L2 have in common."""

import contextlib
import subprocess

from .kernel import KERNEL_OPTIONS


STOP_SECONDS = 30


def machine(cpus, memory_mb, console):
    """A PC with nothing in it."""
    return ["-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-machine", "pc",
            "-smp", str(cpus), "-m", str(memory_mb), "-serial", f"file:{console}"]


def boot(image, initrd, *words):
    """WORDS go behind the kernel options that both have; empty ones are left out."""
    append = " ".join([KERNEL_OPTIONS, *filter(None, words)])
    return ["-kernel", str(image), "-initrd", str(initrd), "-append", append]


def monitor(path):
    return ["-qmp", f"unix:{path},server=on,wait=off"]


def shares(lab):
    """The root of the machine below, and the folder that all share."""
    local = "security_model=none,multidevs=remap"
    return ["-virtfs", f"local,path=/,mount_tag=host,readonly=on,{local}",
            "-virtfs", f"local,path={lab},mount_tag=lab,{local}"]


def ports(sockets):
    """One virtio-serial port for each name: socket."""
    arguments = ["-device", "virtio-serial-pci,max_ports=16"]
    for number, (name, path) in enumerate(sockets.items()):
        arguments += ["-chardev", f"socket,id=port{number},path={path}",
                      "-device", f"virtserialport,chardev=port{number},name={name}"]
    return arguments


def stop(process):
    """Lets QEMU end by itself, and makes it where it hangs."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    process.kill()
    process.wait()


def last_words(log, console):
    """The last line of QEMU itself, else of its guest's console."""
    for path in (log, console):
        text = path.read_text(errors="replace").strip() if path.exists() else ""
        if text:
            return text.splitlines()[-1].strip()
    return "no message"
