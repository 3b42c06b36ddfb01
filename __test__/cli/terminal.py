"""Runs a command in a pseudo-terminal of 100 by 30: what comes in on stdin is typed, what it shows goes to stdout."""

import fcntl
import os
import pty
import select
import struct
import sys
import termios

STDIN = 0
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(STDIN, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])

sources = [terminal, STDIN]
while True:
    ready, _, _ = select.select(sources, [], [])
    if STDIN in ready:
        typed = os.read(STDIN, 4096)
        if typed:
            os.write(terminal, typed)
        else:
            sources.remove(STDIN)
    if terminal in ready:
        try:
            shown = os.read(terminal, 4096)
        except OSError:
            break
        if not shown:
            break
        os.write(1, shown)

code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
sys.exit(128 - code if code < 0 else code)
