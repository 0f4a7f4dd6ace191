"""What processes that were killed may have left on the machine."""
import ctypes
import glob
import os
import time

PR_SET_CHILD_SUBREAPER = 36
# A killed process takes its sandboxes with it, but the kernel needs a moment for it on a busy machine.
PATIENCE = 20


def status(pid):
    """State, parent and start time of a process; None when there is none."""
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0], int(fields[1]), int(fields[19])


def mounts():
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        return set(file)


class Traces:
    """Counts as ours: every process that loses its parent below this one, every process of the given
    user numbers, and the control groups that carry the marks of processes that were noted."""

    def __init__(self, users, scratch):
        # Orphans become children of this process and not of the machine's init, so none can hide.
        if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "cannot adopt orphans")
        self.users, self.scratch = users, scratch
        self.marks, self.mounts = set(), mounts()

    def note(self, process):
        found = status(process.pid)
        if found is not None:
            self.marks.add("%d.%d" % (process.pid, found[2]))

    def left(self):
        """To be asked when everything that was started has been stopped and waited for."""
        end = time.monotonic() + PATIENCE
        while True:
            found = [*self.processes(), *self.groups()]
            if not found or time.monotonic() > end:
                break
            time.sleep(0.2)
        found += ["a mount is left: " + line.strip() for line in mounts() - self.mounts]
        found += ["a temporary file is left: " + name for name in os.listdir(self.scratch)]
        return found

    def processes(self):
        for pid in sorted(int(name) for name in os.listdir("/proc") if name.isdigit()):
            found = status(pid)
            if found is None:
                continue
            is_ours = found[1] == os.getpid()
            if is_ours and found[0] == "Z":
                os.waitpid(pid, 0)
            elif is_ours or self.is_of_our_users(pid):
                yield "process %d is left: %s" % (pid, self.command(pid))

    def is_of_our_users(self, pid):
        try:
            return os.stat("/proc/%d" % pid).st_uid in self.users
        except OSError:
            return False

    @staticmethod
    def command(pid):
        try:
            with open("/proc/%d/cmdline" % pid, "rb") as file:
                return file.read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return "gone meanwhile"

    def groups(self):
        for path in glob.glob("/sys/fs/cgroup/**/run-*", recursive=True):
            if os.path.basename(path).split("-")[1] in self.marks:
                yield "a control group is left: " + path
