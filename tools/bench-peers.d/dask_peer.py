"""Dask distributed: a scheduler and workers of one thread, each a process. Every task is a function."""
import importlib.metadata

import measure
from distributed import Client, LocalCluster


def started(workers):
    cluster = LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None,
        host="127.0.0.1")
    return cluster, Client(cluster)


def main():
    config = measure.plan()
    figures = []
    for workers in (2, 6):
        cluster, client = started(workers)
        with cluster, client:

            def run_all(kind, count):
                client.gather(client.map(measure.work, [kind] * count, pure=False))

            def run_one():
                client.submit(measure.work, "noop", pure=False).result()

            run_all("noop", 50)
            if workers == 2:
                figures.append(measure.two_workers(run_all, run_one, config))
            else:
                figures.append(measure.six_workers(run_all, config))
    measure.say(importlib.metadata.version("distributed"), *figures)


if __name__ == "__main__":
    main()
