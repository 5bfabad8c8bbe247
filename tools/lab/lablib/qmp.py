# SPDX-License-Identifier: GPL-2.0
"""A minimal QMP client."""

import json
import socket


class QmpError(Exception):
    pass


class Client:
    def __init__(self, path, limit=60):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(limit)
        self.socket.connect(str(path))
        self.stream = self.socket.makefile("rw")
        self._read()
        self.command("qmp_capabilities")

    def command(self, name, arguments=None):
        request = {"execute": name}
        if arguments:
            request["arguments"] = arguments
        self.stream.write(json.dumps(request) + "\n")
        self.stream.flush()
        while True:
            reply = self._read()
            if "return" in reply:
                return reply["return"]
            if "error" in reply:
                raise QmpError(reply["error"]["desc"])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _read(self):
        line = self.stream.readline()
        if not line:
            raise QmpError("QEMU closed the connection")
        return json.loads(line)


def registers(path):
    """Registers and interrupt controllers of all CPUs as text, or why there are none."""
    try:
        with Client(path) as client:
            count = len(client.command("query-cpus-fast"))
            lines = ["info registers -a", *(f"info lapic {cpu}" for cpu in range(count))]
            return "\n".join(_monitor(client, line) for line in lines)
    except (OSError, QmpError, ValueError) as error:
        return f"cannot read registers: {error}\n"


def _monitor(client, line):
    return client.command("human-monitor-command", {"command-line": line})
