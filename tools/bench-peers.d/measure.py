"""What is measured of every peer, and how: the same for all, so that the rows can be compared.

A peer hands over two functions: `run_all(kind, count)` has `count` tasks of a kind done by its workers
and returns when the last result is known; `run_one()` does one task without work and waits for it, or
is None where that cannot be timed.
"""
import json
import multiprocessing
import os
import sys
import time

KINDS = ("noop", "true", "sleep")
OPERATION_SECONDS = 0.1


def work(kind):
    """One task, in a worker."""
    if kind == "true":
        pid = os.posix_spawn("/bin/true", ["/bin/true"], {})
        os.waitpid(pid, 0)
    elif kind == "sleep":
        time.sleep(OPERATION_SECONDS)


def plan():
    """What to measure: a JSON object in the first argument."""
    return json.loads(sys.argv[1])


def rate(run_all, kind, count):
    """Tasks a second."""
    begin = time.perf_counter()
    run_all(kind, count)
    return count / (time.perf_counter() - begin)


def median(samples):
    return sorted(samples)[len(samples) // 2]


def latency(run_one, count):
    samples = []
    for _ in range(count):
        begin = time.perf_counter()
        run_one()
        samples.append(time.perf_counter() - begin)
    return median(samples)


def two_workers(run_all, run_one, config, kinds=KINDS):
    """With two workers of one slot: rates and latency."""
    figures = {}
    for kind in ("noop", "true"):
        if kind in kinds:
            run_all(kind, max(20, config[kind] // 20))
            figures[kind] = rate(run_all, kind, config[kind])
    if run_one:
        figures["latency"] = latency(run_one, config["latency"])
    return figures


def six_workers(run_all, config):
    """With six workers: how long the operations took, of which six run at a time at best."""
    begin = time.perf_counter()
    run_all("sleep", config["operations"])
    return {"operations": time.perf_counter() - begin}


class Workers:
    """Processes that take tasks from a daemon on a port until they are ended."""

    def __init__(self, work_on, port, count):
        self.processes = [
            multiprocessing.Process(target=work_on, args=(port,), daemon=True)
            for _ in range(count)]
        for process in self.processes:
            process.start()

    def stop(self):
        for process in self.processes:
            process.terminate()
            process.join()


def daemon_queue(open_queue):
    """All figures of a queue daemon. `open_queue(port, workers)` starts so many workers and gives what
    has `run_all`, `run_one` and `stop`."""
    config = plan()
    queue = open_queue(config["port"], 2)
    two = two_workers(queue.run_all, queue.run_one, config)
    queue.stop()
    queue = open_queue(config["port"], 6)
    six = six_workers(queue.run_all, config)
    queue.stop()
    say(config["version"], two, six)


def say(version, *figures):
    row = {"version": version}
    for some in figures:
        row.update(some)
    print(json.dumps(row), flush=True)
