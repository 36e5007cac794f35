"""The batches of a stream, one after the other."""


def stream_batches(stream, size, shuffle, seed):
    """Yield the batches of one epoch, as the engine takes them; the last one may be smaller."""
    rows = size * stream.block_steps(size)
    for first in range(0, stream.rows, rows):
        block = stream.block(first, rows, seed if shuffle else None)
        for start in range(0, len(block.order), size):
            yield block.pick(block.order[start : start + size])
