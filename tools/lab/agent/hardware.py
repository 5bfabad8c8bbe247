# SPDX-License-Identifier: GPL-2.0
"""Builds what L2 is made of: QEMU's arguments, disk images, taps."""

import random
import subprocess
from pathlib import Path

IMAGES = Path("/run/lab-images")
IDE_PLACES = {"ide": ("ide.0", 0, "ide-hd"), "ide-slave": ("ide.0", 1, "ide-hd"),
              "ide-cd": ("ide.1", 0, "ide-cd"), "ide2-slave": ("ide.1", 1, "ide-hd")}


def disks(specs):
    arguments = []
    for number, spec in enumerate(specs):
        node = f"disk{number}"
        arguments += ["-blockdev", _node(node, spec, _image(node, spec))]
        if spec["kind"] == "virtio":
            device = "virtio-blk-pci"
        else:
            bus, unit, model = IDE_PLACES[spec["kind"]]
            device = f"{model},bus={bus},unit={unit}"
        arguments += ["-device", f"{device},drive={node},id=lab-{node}"]
    return arguments


def nics(specs):
    """QEMU's arguments, and for L2 "MAC=ADDRESS/BITS=GATEWAY" of each card."""
    arguments, addresses = [], []
    for number, spec in enumerate(specs):
        mac = f"52:54:00:4c:41:{number:02x}"
        if spec["net"] == "tap":
            network = 77 + number
            _tap(f"tap{number}", f"192.168.{network}.1/24")
            backend = f"tap,id=net{number},ifname=tap{number},script=no,downscript=no"
            addresses.append(f"{mac}=192.168.{network}.2/24=192.168.{network}.1")
        else:
            network = 2 + number
            backend = f"user,id=net{number},net=10.0.{network}.0/24"
            addresses.append(f"{mac}=10.0.{network}.15/24=10.0.{network}.2")
        model = "virtio-net-pci" if spec["kind"] == "virtio" else spec["kind"]
        device = f"{model},id=lab-net{number},netdev=net{number},mac={mac}"
        arguments += ["-netdev", backend, "-device", device]
    return arguments, addresses


def remove_taps():
    for path in Path("/sys/class/net").glob("tap[0-9]*"):
        subprocess.run(["ip", "link", "delete", path.name], check=False)


def _tap(name, address):
    subprocess.run(["modprobe", "tun"], check=False)
    for command in (f"tuntap add {name} mode tap", f"address add {address} dev {name}",
                    f"link set {name} up"):
        subprocess.run(["ip", *command.split()], check=True)


def _node(node, spec, image):
    """An image in RAM cannot be opened without a cache, so it is writeback and threads."""
    file = f"driver=file,filename={image},aio=threads"
    if spec["blkdebug"]:
        config = spec["blkdebug"]
        file = f"driver=blkdebug,config={config},image.driver=file,image.filename={image}"
    options = ",".join(f"file.{option}" for option in file.split(","))
    read_only = "on" if spec["kind"] == "ide-cd" else "off"
    return f"driver=raw,node-name={node},read-only={read_only},{options}"


def _image(node, spec):
    IMAGES.mkdir(exist_ok=True)
    image = IMAGES / node
    if spec["file"]:
        subprocess.run(["cp", "--sparse=always", spec["file"], image], check=True)
    elif spec["kind"] == "ide-cd":
        _iso(image, spec["size"])
    else:
        with image.open("wb") as stream:
            stream.truncate(spec["size"])
    return image


def _iso(image, size):
    """An ISO with one file, data.bin, that holds the same noise every time."""
    content = image.with_suffix(".d")
    content.mkdir(exist_ok=True)
    (content / "data.bin").write_bytes(random.Random(1).randbytes(size))
    subprocess.run(["genisoimage", "-quiet", "-R", "-o", image, content], check=True)
    (content / "data.bin").unlink()
