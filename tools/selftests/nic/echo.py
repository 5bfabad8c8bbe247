#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""echo.py serve PORT | tcp BYTES ADDRESS PORT | udp DATAGRAMS ADDRESS PORT

Serves both protocols on every address, or sends noise of random sizes and
compares what comes back, byte for byte.
"""
import random
import select
import socket
import sys
import threading

TIMEOUT = 300
LONGEST = 60000


def echo_stream(connection):
    with connection:
        while data := connection.recv(65536):
            connection.sendall(data)


def echo_datagrams(server):
    while True:
        data, sender = server.recvfrom(65536)
        server.sendto(data, sender)


def serve(port):
    datagrams = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    datagrams.bind(("::", port))
    threading.Thread(target=echo_datagrams, args=(datagrams,), daemon=True).start()
    streams = socket.create_server(("::", port), family=socket.AF_INET6,
                                   dualstack_ipv6=True)
    while True:
        connection, _ = streams.accept()
        threading.Thread(target=echo_stream, args=(connection,), daemon=True).start()


def exchange(connection, noise):
    """Sends pieces of random sizes while it receives."""
    sent, back = 0, bytearray()
    connection.setblocking(False)
    while len(back) < len(noise):
        want = [connection] if sent < len(noise) else []
        readable, writable, _ = select.select([connection], want, [], TIMEOUT)
        if not readable and not writable:
            sys.exit(f"nothing for {TIMEOUT} s after {len(back)} bytes")
        if readable:
            data = connection.recv(1 << 18)
            if not data:
                sys.exit(f"closed after {len(back)} bytes")
            back += data
        if writable:
            sent += connection.send(noise[sent:sent + random.randint(1, 100000)])
    return bytes(back)


def tcp(size, address, port):
    noise = random.randbytes(size)
    with socket.create_connection((address, port), TIMEOUT) as connection:
        if exchange(connection, noise) != noise:
            sys.exit("other bytes came back")


def udp(number, address, port):
    """One at a time: what is lost would be the card's doing."""
    with socket.socket(socket.getaddrinfo(address, port)[0][0],
                       socket.SOCK_DGRAM) as client:
        client.settimeout(TIMEOUT)
        client.connect((address, port))
        for count in range(number):
            size = random.choice((count, random.randint(1, 2000),
                                  random.randint(1, LONGEST)))
            noise = random.randbytes(size)
            client.send(noise)
            if client.recv(65536) != noise:
                sys.exit(f"datagram {count} of {size} bytes came back otherwise")


def main():
    try:
        match sys.argv[1:]:
            case ["serve", port]:
                serve(int(port))
            case ["tcp", size, address, port]:
                tcp(int(size), address, int(port))
            case ["udp", number, address, port]:
                udp(int(number), address, int(port))
            case _:
                sys.exit(__doc__)
    except OSError as error:
        sys.exit(f"echo: {error}")


main()
