"""One test of a rule that holds of many things."""

from collections.abc import Callable, Collection


def for_each(names: Collection[str]) -> Callable[[Callable[[str], None]], Callable[[], None]]:
    """Turn the check of one thing into a test of all of them, which lists those that break the rule."""

    def decorate(check: Callable[[str], None]) -> Callable[[], None]:
        def test() -> None:
            assert names
            offenders: dict[str, str] = {}
            for name in names:
                try:
                    check(name)
                except AssertionError as error:
                    offenders[name] = str(error)
            assert offenders == {}

        test.__name__, test.__doc__ = check.__name__, check.__doc__
        return test

    return decorate
