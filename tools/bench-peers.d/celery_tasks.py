"""The tasks that Celery's workers import."""
import os

import measure
from celery import Celery

PORT = os.environ["BENCH_REDIS_PORT"]
app = Celery(
    "celery_tasks", broker=f"redis://127.0.0.1:{PORT}/0", backend=f"redis://127.0.0.1:{PORT}/1")
# A task that was taken and not done is done again: what a judge needs.
app.conf.update(task_acks_late=True, worker_prefetch_multiplier=4)


@app.task
def work(kind):
    measure.work(kind)
