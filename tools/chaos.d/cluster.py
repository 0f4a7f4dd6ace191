"""A scheduler and workers in processes of their own, to be broken."""
import collections
import os
import signal
import socket
import subprocess
import threading
import time


class Harm(Exception):
    """Something that must not happen did."""


class CannotTry(Exception):
    """Nothing is known, because the trial itself failed."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    """`workers` has, by name, the address at which a worker finds the scheduler, where a link may
    stand, and its further arguments. Logs, caches and the scheduler's state are in `directory`."""

    def __init__(self, program, directory, workers):
        self.program, self.directory, self.workers = program, directory, workers
        # Who breaks a process has it for himself until it runs again.
        self.locks = collections.defaultdict(threading.Lock)
        self.processes = {}
        # Where in its log each process begins.
        self.beginnings = {}
        self.joined = None
        self.port, self.bulk = free_port(), free_port()

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def cache(self, name):
        return self.path("cache-" + name)

    def start(self, name):
        arguments, environment = self.command(name)
        with open(self.path("%s.log" % name), "ab") as errors:
            self.beginnings[name] = errors.tell()
            with open(self.path("%s.out" % name), "wb") as output:
                process = subprocess.Popen(
                    arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
                    env=environment)
        self.processes[name] = process
        if name == "scheduler":
            self.await_join()
        return process

    def command(self, name):
        arguments, environment = [self.program], dict(os.environ)
        if name == "scheduler":
            arguments += [
                "scheduler", "--state", self.path("state"), "--listen",
                "tcp://127.0.0.1:%d" % self.port, "--bulk-port", str(self.bulk), "--advertise",
                "127.0.0.1"]
        else:
            host, further = self.workers[name]
            arguments += ["worker", "--name", name, "--cache", self.cache(name), *further]
            environment["ASSIZE_JOIN"] = self.join(host)
        return [*arguments, "--log-level", "info"], environment

    def await_join(self):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with open(self.path("scheduler.out"), encoding="utf-8") as file:
                text = file.read()
            if text.endswith("\n"):
                self.joined = text.strip()
                return
            if self.processes["scheduler"].poll() is not None:
                break
            time.sleep(0.01)
        raise Harm("the scheduler did not start; see %s" % self.path("scheduler.log"))

    def await_log(self, name, process, words):
        end = time.monotonic() + 60
        while name != "scheduler" and process.poll() is None and time.monotonic() < end:
            with open(self.path("%s.log" % name), "rb") as file:
                file.seek(self.beginnings[name])
                if words in file.read():
                    return
            time.sleep(0.05)

    def join(self, host):
        return self.joined.replace("127.0.0.1", host, 1)

    def kill(self, name, pause):
        """Ends a process without a warning and starts it again after a while."""
        with self.locks[name]:
            process = self.processes[name]
            process.kill()
            process.wait()
            time.sleep(pause)
            self.start(name)

    def freeze(self, name, seconds):
        """Stops a process for a while, as a machine that is suspended, or swaps."""
        with self.locks[name]:
            process = self.processes[name]
            process.send_signal(signal.SIGSTOP)
            time.sleep(seconds)
            process.send_signal(signal.SIGCONT)

    def stop(self, name, patience=60):
        """The exit status of a process that is told to leave; None if it had to be killed."""
        process = self.processes.pop(name)
        # A worker that looks at its machine does not listen yet, and would be ended by the signal.
        self.await_log(name, process, b" connecting ")
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None

    def stop_all(self):
        for name in list(self.processes):
            self.stop(name)

    def run(self, *arguments, timeout):
        environment = dict(os.environ, ASSIZE_JOIN=self.join("127.0.0.1"))
        return subprocess.run(
            [self.program, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            env=environment, timeout=timeout, check=False)

    def shelf_leftovers(self):
        """What the scheduler wrote for a while and did not take away."""
        for name in os.listdir(self.path("state")):
            if ".part" in name or "tmp" in name:
                inside = self.path("state", name)
                if not os.path.isdir(inside) or os.listdir(inside):
                    yield "the scheduler left %s" % inside

    def cache_harm(self, name):
        said = self.run("cache", "verify", "--cache", self.cache(name), timeout=300)
        if said.returncode != 0:
            yield "the cache of %s is damaged: %s %s" % (name, said.stdout, said.stderr)
        left = os.listdir(os.path.join(self.cache(name), "tmp"))
        if left:
            yield "%s left %r in its cache's tmp" % (name, left)
