"""Functions that tests run in a renderer process; this module imports little, so that the process starts fast."""

import os

blocks: list[bytearray] = []


def get_process_id(items: list[int]) -> int:
    return os.getpid()


def multiply(factor: int, items: list[int]) -> list[int]:
    print("a library may print")  # noqa: T201
    return [factor * item for item in items]


def fail(items: list[int]) -> None:
    raise ValueError("no such glyph")


def end_process(items: list[int]) -> None:
    os._exit(1)


def compute_forever(items: list[int]) -> None:
    while True:
        pass


def allocate(size: int, items: list[int]) -> int:
    blocks.append(bytearray(b"x") * size)
    return os.getpid()
