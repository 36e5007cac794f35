"""Two workers as two people start them: Ctrl+C at one of them ends both, and both go on later."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

WORDS = "Worker 1 was stopped, and all workers stopped with it."


def addresses():
    sockets = [socket.socket() for _ in range(2)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    found = ",".join(f"127.0.0.1:{one.getsockname()[1]}" for one in sockets)
    for one in sockets:
        one.close()
    return found


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT for one process there")
def test_ctrl_c_at_one_worker_ends_both_in_words(root, diabetes_job, tmp_path):
    model = tmp_path / "m.h5"
    checkpoint = tmp_path / "m.h5.checkpoint" / "checkpoint.npz"

    def start(epochs, *more: str):
        where = addresses()
        command = [sys.executable, "-m", "netbuilder", "train", str(diabetes_job.project)]
        command += ["-o", str(model), "--epochs", str(epochs), "--workers", where, *more]
        return [
            subprocess.Popen(
                [*command, "--worker-index", str(index)], text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": str(root)},
            )
            for index in range(2)
        ]  # fmt: skip

    workers = start(10**8)
    deadline = time.monotonic() + 120
    while not checkpoint.exists() and time.monotonic() < deadline:
        assert all(worker.poll() is None for worker in workers)
        time.sleep(0.1)
    workers[1].send_signal(signal.SIGINT)
    told = [worker.communicate(timeout=60) for worker in workers]
    for worker, (out, err) in zip(workers, told, strict=True):
        assert worker.returncode == 1, err
        assert WORDS in err
        assert "Traceback" not in out + err
    assert "start all workers again with --resume" in told[0][1]
    assert "Worker 0 writes the model and a checkpoint." in told[1][1]
    assert model.exists()
    assert checkpoint.exists()

    from netbuilder.core.engine.checkpoint import read_checkpoint

    found = read_checkpoint(checkpoint.parent)
    workers = start(found.epoch + 3, "--resume")
    for worker in workers:
        _, err = worker.communicate(timeout=120)
        assert worker.returncode == 0, err
    assert not checkpoint.exists(), "a whole run leaves nothing to resume"
