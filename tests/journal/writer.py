"""A process that answers without end. Run by the tests, which kill it.

``writer.py URL ROOT forks``: for each line on stdin one forked child writes until it is killed; acknowledged ids go to
stdout as ``ack ID``. ``writer.py URL ROOT N``: appends N events one by one and ends.
"""

from __future__ import annotations

import os
import sys
from itertools import count
from pathlib import Path

from groundset.journal import Journal, NewEvent, answer, new_id


def event(i: int) -> NewEvent:
    return NewEvent("answer", task="chips", chip_id=f"s_0_0_{i % 50}", payload=answer(i % 3))


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def write_for_ever(journal: Journal) -> None:
    for i in count():
        batch = [event(i + k) for k in range(1 + i % 3)]
        for result in journal.append(batch, actor="anna"):
            say(f"ack {result.id}")
        if i % 5 == 4:
            act = journal.append_bulk([event(k) for k in range(20)], actor="anna", id=new_id())
            say(f"ack {act.id}")
            for result in act.members:
                say(f"ack {result.id}")
            say(f"ack {journal.undo(act.id, actor='anna').id}")


def fork_writers(url: str, root: Path) -> None:
    import groundset.journal.database
    import groundset.journal.journal  # noqa: F401  # children start quickly with all of it loaded

    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            say(f"pid {os.getpid()}")
            write_for_ever(Journal.open(url, root=root))
        os.waitpid(child, 0)
        say("dead")


if __name__ == "__main__":
    url, root, what = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    if what == "forks":
        fork_writers(url, root)
    else:
        with Journal.open(url, root=root) as journal:
            for i in range(int(what)):
                (result,) = journal.append([event(i)], actor=f"process {os.getpid()}")
                assert result.status == "created"
