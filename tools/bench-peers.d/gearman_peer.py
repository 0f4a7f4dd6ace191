"""gearmand: foreground jobs, whose results come back on the connection that handed them in."""
import socket
import struct

import measure

# Packet types of the protocol.
CAN_DO, PRE_SLEEP, NOOP, SUBMIT_JOB, JOB_CREATED, GRAB_JOB, NO_JOB, JOB_ASSIGN = (
    1, 4, 6, 7, 8, 9, 10, 11)
WORK_COMPLETE = 13


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = self.socket.makefile("rb")

    @staticmethod
    def packet(kind, *fields):
        body = b"\0".join(fields)
        return b"\0REQ" + struct.pack(">II", kind, len(body)) + body

    def send(self, kind, *fields):
        self.socket.sendall(self.packet(kind, *fields))

    def receive(self):
        kind, size = struct.unpack(">4xII", self.stream.read(12))
        return kind, self.stream.read(size)


def worker(port):
    connection = Connection(port)
    connection.send(CAN_DO, b"work")
    while True:
        connection.send(GRAB_JOB)
        kind, body = connection.receive()
        while kind == NOOP:
            kind, body = connection.receive()
        if kind == NO_JOB:
            connection.send(PRE_SLEEP)
            connection.receive()
        elif kind == JOB_ASSIGN:
            handle, _, what = body.split(b"\0", 2)
            measure.work(what.decode())
            connection.send(WORK_COMPLETE, handle, b"done")


class Queue:
    def __init__(self, port, workers):
        self.workers = measure.Workers(worker, port, workers)
        self.connection = Connection(port)

    def run_all(self, kind, count):
        request = Connection.packet(SUBMIT_JOB, b"work", b"", kind.encode())
        done = created = 0
        for first in range(0, count, 100):
            some = min(100, count - first)
            self.connection.socket.sendall(request * some)
            while created < first + some:
                what, _ = self.connection.receive()
                created += what == JOB_CREATED
                done += what == WORK_COMPLETE
        while done < count:
            what, _ = self.connection.receive()
            done += what == WORK_COMPLETE

    def run_one(self):
        self.run_all("noop", 1)

    def stop(self):
        self.workers.stop()


measure.daemon_queue(Queue)
