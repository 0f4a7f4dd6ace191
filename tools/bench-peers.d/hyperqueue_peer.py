"""HyperQueue: a server and workers of one core in one process tree. Every task is a program.

Its Python client looks once a second whether a job is over, so the time of one task says nothing and is
left out, and of many up to a second is the client's.
"""
import importlib.metadata
import time

import measure
from hyperqueue import Job
from hyperqueue.cluster import LocalCluster, WorkerConfig

COMMANDS = {"true": ["/bin/true"], "sleep": ["/bin/sleep", str(measure.OPERATION_SECONDS)]}


class Cluster:
    def __init__(self, workers):
        self.cluster = LocalCluster()
        for _ in range(workers):
            self.cluster.start_worker(WorkerConfig(cores=1))
        self.client = self.cluster.client()
        # It does not say when workers are connected; the first job waits for them.
        self.run_all("true", 1)
        time.sleep(0.5)

    def run_all(self, kind, count):
        job = Job()
        for _ in range(count):
            job.program(COMMANDS[kind], stdout=None, stderr=None)
        self.client.wait_for_jobs([self.client.submit(job)], raise_on_error=True)

    def stop(self):
        self.cluster.stop()


def main():
    config = measure.plan()
    cluster = Cluster(2)
    two = measure.two_workers(cluster.run_all, None, config, kinds=("true",))
    cluster.stop()
    cluster = Cluster(6)
    six = measure.six_workers(cluster.run_all, config)
    cluster.stop()
    measure.say(importlib.metadata.version("hyperqueue"), two, six)


main()
