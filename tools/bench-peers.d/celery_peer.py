"""Celery with Redis as broker and as store of results, which is in memory here."""
import importlib.metadata
import os
import subprocess
import sys

import measure
from celery_tasks import app, work

HERE = os.path.dirname(os.path.abspath(__file__))


def run_all(kind, count):
    for result in [work.delay(kind) for _ in range(count)]:
        result.get(timeout=300)


def run_one():
    work.delay("noop").get(timeout=60)


def with_workers(count, body):
    command = [
        sys.executable, "-m", "celery", "-A", "celery_tasks", "worker", "-c", str(count),
        "--loglevel", "ERROR", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    worker = subprocess.Popen(
        command, cwd=HERE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "C_FORCE_ROOT": "1", "PYTHONPATH": HERE})
    try:
        run_one()
        return body()
    finally:
        worker.terminate()
        try:
            worker.wait(20)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


def main():
    config = measure.plan()
    two = with_workers(2, lambda: measure.two_workers(run_all, run_one, config))
    six = with_workers(6, lambda: measure.six_workers(run_all, config))
    app.close()
    measure.say(importlib.metadata.version("celery"), two, six)


main()
