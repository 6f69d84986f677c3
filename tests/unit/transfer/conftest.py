from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.transfer.fakes import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """Make services in the test's folder, and end them."""
    made: list[Bench] = []

    def make(*args: object, **kwargs: object) -> Bench:
        one = Bench(tmp_path, *args, **kwargs)
        made.append(one)
        return one

    yield make
    for one in made:
        one.close()
