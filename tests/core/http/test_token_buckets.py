from typing import Any

import http_sf
import pytest

from app.core.http.rate_limits import TokenBuckets


class ManualClock:
    """A clock that tests set forward."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class TestTokenBuckets:
    def test_burst_is_allowed_at_once(self) -> None:
        buckets = TokenBuckets(10, 5, clock=ManualClock())
        assert [buckets.take("a") for _ in range(5)] == [0] * 5
        assert buckets.take("a") == pytest.approx(0.1)
        assert buckets.take("b") == 0

    def test_rejected_take_takes_no_tokens(self) -> None:
        clock = ManualClock()
        buckets = TokenBuckets(10, 2, clock=clock)
        for _ in range(50):
            buckets.take("a")
        clock.now += 0.1
        assert buckets.take("a") == 0
        assert buckets.take("a") > 0

    def test_bucket_refills_at_the_rate_up_to_the_burst(self) -> None:
        clock = ManualClock()
        buckets = TokenBuckets(10, 5, clock=clock)
        for _ in range(5):
            buckets.take("a")
        clock.now += 0.3
        assert [bool(buckets.take("a")) for _ in range(4)] == [False, False, False, True]
        clock.now += 3600
        assert [bool(buckets.take("a")) for _ in range(6)] == [False] * 5 + [True]

    def test_take_succeeds_after_the_returned_wait(self) -> None:
        clock = ManualClock()
        buckets = TokenBuckets(3, 7, clock=clock)
        for _ in range(500):
            wait = buckets.take("a")
            if wait:
                clock.now += wait
                assert buckets.take("a") == 0

    def test_cost_greater_than_one(self) -> None:
        buckets = TokenBuckets(1, 10, clock=ManualClock())
        assert buckets.take("a", 8) == 0
        assert buckets.take("a", 3) == pytest.approx(1)
        assert buckets.take("a", 2) == 0

    def test_refund_restores_tokens(self) -> None:
        buckets = TokenBuckets(1, 2, clock=ManualClock())
        for _ in range(20):
            assert buckets.take("a") == 0
            buckets.refund("a")
        buckets.refund("unknown")
        assert buckets.remaining("a") == buckets.remaining("unknown") == (2, 0)

    def test_remaining_returns_whole_tokens_and_seconds(self) -> None:
        clock = ManualClock()
        buckets = TokenBuckets(3, 7, clock=clock)
        assert buckets.remaining("a") == (7, 0)
        values = []
        while not buckets.take("a"):
            values.append(buckets.remaining("a"))
        assert values == [(6, 1), (5, 1), (4, 1), (3, 2), (2, 2), (1, 2), (0, 3)]
        clock.now += 0.5
        assert buckets.remaining("a") == (1, 2)

    def test_full_buckets_are_removed(self) -> None:
        clock = ManualClock()
        buckets = TokenBuckets(1, 10, clock=clock)
        for number in range(100):
            buckets.take(number)
        clock.now += 2
        for number in range(60):
            buckets.take(("later", number))
        assert len(buckets) == 60

    def test_number_of_buckets_is_limited(self) -> None:
        buckets = TokenBuckets(1, 10, max_buckets=100, clock=ManualClock())
        buckets.take("busy", 9)
        for number in range(1000):
            buckets.take(number)
            buckets.refund("busy")
            buckets.take("busy")
            assert len(buckets) <= 100
        assert buckets.remaining("busy") == (1, 9)

    def test_headers_are_structured_fields_of_the_ietf_draft(self) -> None:
        """As in draft-ietf-httpapi-ratelimit-headers-10: quota and window, remaining quota and seconds until reset."""
        clock = ManualClock()
        buckets = TokenBuckets(10, 25, clock=clock)
        for _ in range(12):
            buckets.take("a")
        headers = buckets.headers("client", "a")
        parsed: dict[str, Any] = {name: http_sf.parse(value.encode(), tltype="list") for name, value in headers.items()}
        assert parsed == {
            "RateLimit-Policy": [("client", {"q": 25, "w": 3})],
            "RateLimit": [("client", {"r": 13, "t": 2})],
        }
        names = [name for items in parsed.values() for name, _ in items]
        assert {type(name) for name in names} == {str}  # a Token equals the String of the same characters
