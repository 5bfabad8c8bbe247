# SPDX-License-Identifier: GPL-2.0
"""The small language of --disk and --nic: KIND[,key=value...]."""

import re

from .errors import usage_error

# Of libata and of drivers/ide: a kernel has the one or the other.
IDE_DISK = ("ata_piix", "sd_mod", "piix", "ide-gd_mod")
IDE_CD = ("ata_piix", "sr_mod", "piix", "ide-cd_mod")
# name: the modules of L2 that drive it. The IDE names are the four places of a PC.
DISKS = {
    "ide": IDE_DISK,
    "ide-slave": IDE_DISK,
    "ide-cd": IDE_CD,
    "ide2-slave": IDE_DISK,
    "virtio": ("virtio_blk",),
}
NICS = {"e1000": ("e1000",), "e1000-82544gc": ("e1000",), "e1000-82545em": ("e1000",),
        "virtio": ("virtio_net",)}
# In the initramfs. init inserts those that the kernel command line names, so that the
# disks and cards are there when the script starts.
ALL_DRIVERS = tuple(dict.fromkeys(sum((*DISKS.values(), *NICS.values()), ())))

DISK_KEYS = {"size": "256M", "file": None, "blkdebug": None, "driver": "yes"}
NIC_KEYS = {"net": "user", "driver": "yes"}
CHOICES = {"net": ("user", "tap"), "driver": ("yes", "no")}
CD_SIZE = "16M"
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def disk(text):
    spec = _parse(text, "disk", DISKS, DISK_KEYS)
    if spec["kind"] == "ide-cd" and "size=" not in text:
        spec["size"] = CD_SIZE
    spec["size"] = _bytes(spec["size"], text)
    return spec


def nic(text):
    return _parse(text, "nic", NICS, NIC_KEYS)


def both(texts):
    """The disks and the cards of a plan's `devices`: "disk=SPEC", "nic=SPEC"."""
    disks, nics = [], []
    for text in texts:
        what, _, spec = str(text).partition("=")
        if what == "disk":
            disks.append(disk(spec))
        elif what == "nic":
            nics.append(nic(spec))
        else:
            raise usage_error(f"device {text!r}: must start with disk= or nic=")
    _no_place_twice(disks)
    return disks, nics


def drivers(disks, nics):
    """Modules that L2's init inserts, in order."""
    needed = []
    for table, specs in ((DISKS, disks), (NICS, nics)):
        for spec in specs:
            if spec["driver"] == "yes":
                needed += [name for name in table[spec["kind"]] if name not in needed]
    return needed


def _parse(text, what, kinds, keys):
    kind, *options = text.split(",")
    if kind not in kinds:
        raise usage_error(f"{what} {text!r}: unknown kind, use {' or '.join(kinds)}")
    spec = {"kind": kind, **keys}
    for option in options:
        key, equals, value = option.partition("=")
        if key not in keys or not equals or not value:
            raise usage_error(f"{what} {text!r}: {option!r} is none of "
                              + ", ".join(f"{name}=" for name in keys))
        if value not in CHOICES.get(key, (value,)):
            raise usage_error(f"{what} {text!r}: {key}= is {' or '.join(CHOICES[key])}")
        spec[key] = value
    return spec


def _bytes(text, whole):
    match = re.fullmatch(r"(\d+)([KMG]?)", text)
    if not match or int(match[1]) == 0:
        raise usage_error(f"disk {whole!r}: size={text} is not a number with K, M or G")
    return int(match[1]) * UNITS[match[2]]


def _no_place_twice(disks):
    places = [spec["kind"] for spec in disks if spec["kind"] != "virtio"]
    for place in places:
        if places.count(place) > 1:
            raise usage_error(f"two disks named {place}: that place exists once")
