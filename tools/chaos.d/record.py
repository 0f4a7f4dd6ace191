"""What a scheduler's record says about a batch, and how two of them are compared."""
import collections
import json
import sqlite3

# A run that used at least this part of its time limit may come out on the other side of it when the
# machine is busier. The contest's accepted submissions stay below a quarter.
NEAR = 0.5

Judging = collections.namedtuple("Judging", "state verdict score returns runs")
Run = collections.namedtuple("Run", "testcase verdict detail cpu_ns stop")


def batches(path):
    with sqlite3.connect(path) as database:
        return [row[0] for row in database.execute("SELECT id FROM batches ORDER BY id")]


def batch(path, number):
    """Judgings by submission; a list each, because there might be more than one."""
    found = collections.defaultdict(list)
    with sqlite3.connect(path) as database:
        rows = database.execute(
            "SELECT j.id, s.external_id, j.state, j.verdict, j.score, j.returns FROM judgings AS j "
            "JOIN submissions AS s ON s.id = j.submission WHERE j.batch = ?", (number,)).fetchall()
        for judging, key, *outcome in rows:
            runs = database.execute(
                "SELECT testcase, verdict, detail, cpu_ns, stop FROM runs WHERE judging = ? "
                "ORDER BY ordinal", (judging,)).fetchall()
            found[key].append(Judging(*outcome, tuple(Run(*run) for run in runs)))
    return found


def report(path):
    """New verdicts by submission, as the client wrote them down."""
    with open(path, encoding="utf-8") as lines:
        return {entry["submission_id"]: entry["new"] for entry in map(json.loads, lines)}


def limits(path):
    """Time limits in nanoseconds by submission."""
    with open(path, encoding="utf-8") as lines:
        return {
            entry["submission_id"]: entry["time_limit_ms"] * 1_000_000
            for entry in map(json.loads, lines) if entry["time_limit_ms"] is not None}


def is_matter_of_time(expected, found, limit):
    """Whether two different runs of a testcase differ because one of them was a little slower: one was
    too slow, and the other ended by itself but not long before it would have been too slow."""
    slow = [run for run in (expected, found) if run.verdict == "TLE"]
    ended = [run for run in (expected, found) if run.verdict != "TLE"]
    return len(slow) == 1 and limit is not None and ended[0].cpu_ns >= NEAR * limit


def compare(expected, found, limit):
    """What is wrong with a judging, and whether time alone made it different. Every testcase counts,
    not only the one that decided."""
    if found.state != expected.state:
        return "state %s, not %s" % (found.state, expected.state), False
    if [run.testcase for run in found.runs] != [run.testcase for run in expected.runs]:
        return "%d runs, not %d" % (len(found.runs), len(expected.runs)), False
    excused = False
    for one, other in zip(expected.runs, found.runs):
        if one.verdict == other.verdict:
            continue
        if not is_matter_of_time(one, other, limit):
            return "%s is %s (%s, stop %s, %d ms CPU), not %s" % (
                one.testcase, other.verdict, other.detail, other.stop, other.cpu_ns // 1_000_000,
                one.verdict), False
        excused = True
    if not excused and (found.verdict, found.score) != (expected.verdict, expected.score):
        return "verdict %s (%s), not %s (%s)" % (
            found.verdict, found.score, expected.verdict, expected.score), False
    return None, excused
