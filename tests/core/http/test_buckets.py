import pytest

from app.core.http.rate_limits import TokenBuckets


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class TestBuckets:
    def test_as_many_at_once_as_a_bucket_holds(self) -> None:
        buckets = TokenBuckets(10, 5, clock=Clock())
        assert [buckets.take("a") for _ in range(5)] == [0] * 5
        assert buckets.take("a") == pytest.approx(0.1)
        assert buckets.take("b") == 0

    def test_a_refusal_takes_nothing(self) -> None:
        clock = Clock()
        buckets = TokenBuckets(10, 2, clock=clock)
        for _ in range(50):
            buckets.take("a")
        clock.now += 0.1
        assert buckets.take("a") == 0
        assert buckets.take("a") > 0

    def test_it_fills_at_its_rate_and_not_over_the_brim(self) -> None:
        clock = Clock()
        buckets = TokenBuckets(10, 5, clock=clock)
        for _ in range(5):
            buckets.take("a")
        clock.now += 0.3
        assert [bool(buckets.take("a")) for _ in range(4)] == [False, False, False, True]
        clock.now += 3600
        assert [bool(buckets.take("a")) for _ in range(6)] == [False] * 5 + [True]

    def test_after_waiting_as_told_it_is_taken(self) -> None:
        clock = Clock()
        buckets = TokenBuckets(3, 7, clock=clock)
        for _ in range(500):
            wait = buckets.take("a")
            if wait:
                clock.now += wait
                assert buckets.take("a") == 0

    def test_something_may_cost_more(self) -> None:
        buckets = TokenBuckets(1, 10, clock=Clock())
        assert buckets.take("a", 8) == 0
        assert buckets.take("a", 3) == pytest.approx(1)
        assert buckets.take("a", 2) == 0

    def test_what_is_given_back_is_there_again(self) -> None:
        buckets = TokenBuckets(1, 2, clock=Clock())
        for _ in range(20):
            assert buckets.take("a") == 0
            buckets.refund("a")
        buckets.refund("nobody's")
        assert buckets.remaining("a") == buckets.remaining("nobody's") == (2, 0)

    def test_what_is_left_is_told_in_whole_numbers(self) -> None:
        clock = Clock()
        buckets = TokenBuckets(3, 7, clock=clock)
        assert buckets.remaining("a") == (7, 0)
        seen = []
        while not buckets.take("a"):
            seen.append(buckets.remaining("a"))
        assert seen == [(6, 1), (5, 1), (4, 1), (3, 2), (2, 2), (1, 2), (0, 3)]
        clock.now += 0.5
        assert buckets.remaining("a") == (1, 2)

    def test_full_buckets_are_forgotten(self) -> None:
        clock = Clock()
        buckets = TokenBuckets(1, 10, clock=clock)
        for number in range(100):
            buckets.take(number)
        clock.now += 2
        for number in range(60):
            buckets.take(("later", number))
        assert len(buckets) == 60

    def test_there_are_never_more_than_so_many(self) -> None:
        buckets = TokenBuckets(1, 10, max_buckets=100, clock=Clock())
        buckets.take("busy", 9)
        for number in range(1000):
            buckets.take(number)
            buckets.refund("busy")
            buckets.take("busy")
            assert len(buckets) <= 100
        assert buckets.remaining("busy") == (1, 9)
