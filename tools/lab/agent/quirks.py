# SPDX-License-Identifier: GPL-2.0
"""What emulation cannot do, and the way round it.

The emulated SVM leaves the type of L2's last page fault in EXITINTINFO, without the valid
bit. KVM of newer kernels looks at the type alone and refuses to emulate an MMIO access
then ("KVM internal error. Suberror: 3"). There L2 is built to do without MMIO: virtio by
ports, no MSI-X, no IOAPIC, no HPET."""

import os
import re

FIRST_BAD = (6, 13)   # 6.12 works, 7.3 does not
VIRTIO = ("virtio-9p-pci", "virtio-serial-pci", "virtio-blk-pci", "virtio-net-pci")


def mmio_fails(accel):
    version = tuple(map(int, re.findall(r"\d+", os.uname().release)[:2]))
    return accel == "tcg" and version >= FIRST_BAD


def qemu_arguments():
    settings = ["virtio-pci.disable-modern=on", "virtio-pci.disable-legacy=off"]
    settings += [f"{device}.vectors=0" for device in VIRTIO]
    return [word for setting in settings for word in ("-global", setting)]


KERNEL_OPTIONS = "noapic hpet=disable pci=nomsi"
