"""A slow connection between this machine and itself, that can be cut, or go silent on one way or both."""
import select
import socket
import threading
import time

UP, DOWN = "up", "down"


class Link:
    """A TCP relay on another loopback address, slow, and broken when told to.

    `up` is what travels towards the ports behind it, `down` what comes back."""

    def __init__(self, address, ports, bytes_per_second):
        self.bytes_per_second = bytes_per_second
        self.flows, self.ways, self.over = {}, {}, False
        self.down_until, self.silent_until = 0.0, {UP: 0.0, DOWN: 0.0}
        self.lock = threading.Lock()
        self.listeners = []
        for port in ports:
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, port))
            listener.listen(64)
            self.listeners.append((listener, port))
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def cut(self, seconds):
        """Ends all connections and refuses new ones for so long: both sides are told at once."""
        with self.lock:
            self.down_until = time.monotonic() + seconds

    def silence(self, seconds, ways=(UP, DOWN)):
        """Holds back what is sent, for so long, and tells nobody: as a router that lost its route. What
        was held back arrives afterwards, because TCP sends it again."""
        with self.lock:
            for way in ways:
                self.silent_until[way] = time.monotonic() + seconds

    def heal(self):
        with self.lock:
            self.down_until, self.silent_until = 0.0, {UP: 0.0, DOWN: 0.0}

    def stop(self):
        self.over = True
        self.thread.join()

    def run(self):
        allowance, last = 0.0, time.monotonic()
        while not self.over:
            now = time.monotonic()
            allowance = min(allowance + (now - last) * self.bytes_per_second, 200_000)
            last = now
            with self.lock:
                is_down = now < self.down_until
                silent = {way for way, until in self.silent_until.items() if now < until}
            if is_down:
                self.close_all()
            sources = [listener for listener, _ in self.listeners]
            if allowance > 0:
                sources += [end for end in self.flows if self.ways[end] not in silent]
            for source in select.select(sources, [], [], 0.005)[0]:
                port = next((p for listener, p in self.listeners if listener is source), None)
                if port is not None:
                    self.accept(source, port, is_down)
                elif source in self.flows:
                    allowance -= self.forward(source)
        self.close_all()
        for listener, _ in self.listeners:
            listener.close()

    def accept(self, listener, port, is_down):
        client, _ = listener.accept()
        server = socket.socket()
        try:
            if is_down:
                raise OSError("the link is down")
            server.connect(("127.0.0.1", port))
        except OSError:
            client.close()
            server.close()
            return
        # Blocking writes with a bound: a peer that stopped reading is cut off.
        for end in (client, server):
            end.settimeout(2)
        self.flows[client], self.flows[server] = server, client
        self.ways[client], self.ways[server] = UP, DOWN

    def forward(self, source):
        try:
            data = source.recv(16384)
            if data:
                self.flows[source].sendall(data)
                return len(data)
        except OSError:
            pass
        self.close(source)
        return 0

    def close(self, source):
        other = self.flows.pop(source, None)
        self.flows.pop(other, None)
        for end in (source, other):
            if end is not None:
                self.ways.pop(end, None)
                end.close()

    def close_all(self):
        for source in list(self.flows):
            if source in self.flows:
                self.close(source)
