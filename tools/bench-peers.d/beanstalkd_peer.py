"""beanstalkd: jobs go into one tube, and a worker puts a word into another when it has done one."""
import socket

import measure


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lines = self.socket.makefile("rb")

    def ask(self, request):
        self.socket.sendall(request)
        return self.lines.readline().split()

    def put(self, body):
        self.ask(b"put 0 0 600 %d\r\n%s\r\n" % (len(body), body))

    def reserve(self):
        """The oldest job's number and body."""
        _, number, size = self.ask(b"reserve\r\n")
        return number, self.lines.read(int(size) + 2)[:-2]

    def delete(self, number):
        self.ask(b"delete %s\r\n" % number)


def worker(port):
    connection = Connection(port)
    connection.ask(b"watch jobs\r\n")
    connection.ask(b"ignore default\r\n")
    connection.ask(b"use results\r\n")
    while True:
        number, kind = connection.reserve()
        measure.work(kind.decode())
        connection.put(kind)
        connection.delete(number)


class Queue:
    def __init__(self, port, workers):
        self.workers = measure.Workers(worker, port, workers)
        self.jobs, self.results = Connection(port), Connection(port)
        self.jobs.ask(b"use jobs\r\n")
        self.results.ask(b"watch results\r\n")

    def run_all(self, kind, count):
        body = kind.encode()
        request = b"put 0 0 600 %d\r\n%s\r\n" % (len(body), body)
        # Many at a time, as a client that has a batch would.
        for first in range(0, count, 100):
            some = min(100, count - first)
            self.jobs.socket.sendall(request * some)
            for _ in range(some):
                self.jobs.lines.readline()
        for _ in range(count):
            number, _ = self.results.reserve()
            self.results.delete(number)

    def run_one(self):
        self.run_all("noop", 1)

    def stop(self):
        self.workers.stop()


measure.daemon_queue(Queue)
