# SPDX-License-Identifier: GPL-2.0
"""Completes the steps with what only the machine knows: kernels, images, paths in sight."""

import os
import shutil

from . import devices, hotlayer, initramfs, kernel, share
from .errors import usage_error


def host(options):
    """L1's kernel and initramfs."""
    chosen = kernel.find(options.kernel)
    share.check_in_sight(chosen.modules)
    return chosen, initramfs.build(chosen, initramfs.L1_DRIVERS, hotlayer.for_l1())


def steps(all_steps, options, place, host_kernel):
    layer = hotlayer.for_l2()
    for step in all_steps:
        step.update(cwd=os.getcwd(), stall=options.stall)
        if step["script"]:
            step["script"] = place.visible(step["script"])
        step["modules"] = [[place.visible(words[0]), *words[1:]] if "/" in words[0] else words
                           for words in step["modules"]]
        if step["where"] == "l2":
            _guest(step, place, host_kernel, layer)


def _guest(step, place, host_kernel, layer):
    chosen = kernel.find(step["kernel"]) if step["kernel"] else host_kernel
    share.check_in_sight(chosen.modules)
    initrd = initramfs.build(chosen, devices.ALL_DRIVERS, layer)
    step.update(image=place.visible(chosen.image), initrd=place.visible(initrd),
                modules_tree=str(chosen.modules), qemu=_guest_qemu(step, place))
    for disk in step["disks"]:
        for key in ("file", "blkdebug"):
            if disk[key]:
                disk[key] = place.visible(disk[key])


def _guest_qemu(step, place):
    name = step["qemu"] or "qemu-system-x86_64"
    found = shutil.which(name)
    if not found:
        raise usage_error(f"{name}: no such program")
    return place.visible(found) if "/" in name else name
