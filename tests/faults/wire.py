"""A TCP proxy whose wires can be cut: what was sent stays on its way, nobody is told."""
import select
import socket
import threading


class Wire:
    """Forwards from a port of its own to the server's until cut() and again after heal()."""

    def __init__(self, port):
        self.port_behind = port
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.whole = threading.Event()
        self.whole.set()
        self.lock = threading.Lock()
        self.pairs = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near):
        self.whole.wait()
        try:
            far = socket.create_connection(('127.0.0.1', self.port_behind))
        except OSError:
            near.close()
            return
        pair = (near, far)
        with self.lock:
            self.pairs.append(pair)
        try:
            self._forward(pair)
        except OSError:
            pass
        with self.lock:
            if pair in self.pairs:
                self.pairs.remove(pair)
        near.close()
        far.close()

    def _forward(self, pair):
        near, far = pair
        while True:
            readable, _, _ = select.select(pair, [], [], 0.05)
            for end in readable:
                if not self.whole.is_set():
                    break
                data = end.recv(65536)
                if not data:
                    return
                (far if end is near else near).sendall(data)
            if not self.whole.is_set():
                self.whole.wait()
                return  # what was cut stays cut; new connections go through

    def cut(self):
        self.whole.clear()

    def heal(self):
        self.whole.set()

    def close(self):
        self.heal()
        self.listener.close()
        with self.lock:
            for near, far in self.pairs:
                near.close()
                far.close()
            self.pairs.clear()
