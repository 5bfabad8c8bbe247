#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""In the guest: how long what is to take a short time takes, in milliseconds."""
import ctypes
import json
import os
import socket
import statistics
import struct
import threading
import time

TIMES = 30
libc = ctypes.CDLL(None, use_errno=True)


def median_of(action):
    times = []
    for _ in range(TIMES):
        start = time.monotonic()
        action()
        times.append((time.monotonic() - start) * 1000)
    return statistics.median(times)


def timerfd(seconds):
    """Waits once for a timer of timerfd_settime(2)."""
    fd = libc.timerfd_create(time.CLOCK_MONOTONIC, 0)
    whole = int(seconds)
    spec = struct.pack("qqqq", 0, 0, whole, int((seconds - whole) * 1e9))
    libc.timerfd_settime(fd, 0, spec, None)
    os.read(fd, 8)
    os.close(fd)


def delayed_acknowledgement():
    """Two small writes and an answer: the second write waits (Nagle's algorithm) for the
    acknowledgement of the first, which the other end delays."""
    server = socket.create_server(("127.0.0.1", 0))

    def answer():
        peer, _ = server.accept()
        while data := peer.recv(2):
            while len(data) < 2 and (more := peer.recv(1)):
                data += more
            peer.send(b"x")

    threading.Thread(target=answer, daemon=True).start()
    client = socket.create_connection(server.getsockname())

    def ask():
        client.send(b"a")
        client.send(b"b")
        client.recv(1)

    for _ in range(20):     # the kernel acknowledges the first ones at once
        ask()
    return median_of(ask)


def main():
    found = {f"nanosleep {ms} ms": median_of(lambda ms=ms: time.sleep(ms / 1000))
             for ms in (0.1, 1, 5, 50)}
    found |= {f"timerfd {ms} ms": median_of(lambda ms=ms: timerfd(ms / 1000))
              for ms in (1, 5)}
    found["delayed acknowledgement"] = delayed_acknowledgement()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
