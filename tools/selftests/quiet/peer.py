#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""peer.py SOCKET COUNT RECEIVED [SENT]: the other end of a guest's serial line, on L1.

Waits for a while before it reads, so that the line is full, then puts COUNT bytes into the
file RECEIVED, which is there from the beginning, while it sends the file SENT. Says how
many came.
"""
import socket
import sys
import threading
import time
from pathlib import Path

LIMIT = 200     # seconds of silence, for what never comes
CHUNK = 24      # a UART's FIFO, and more


def send(line, text):
    for place in range(0, len(text), CHUNK):
        line.sendall(text[place:place + CHUNK])
        time.sleep(0.01)


def main():
    path, count, received, *sent = sys.argv[1:]
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(LIMIT)
    line.connect(path)
    Path(received).touch()
    sender = threading.Thread(target=send, args=(line, Path(sent[0]).read_bytes() if sent else b""))
    sender.start()
    time.sleep(3)
    data = b""
    while len(data) < int(count):
        part = line.recv(1 << 16)
        if not part:
            break
        data += part
    Path(received).write_bytes(data)
    sender.join()
    print(len(data))


main()
