"""A decorator that makes one test out of the checks of many cases."""

from collections.abc import Callable, Collection


def for_each(names: Collection[str]) -> Callable[[Callable[[str], None]], Callable[[], None]]:
    """Turn a check of one name into one test of all names, which reports every name that fails."""

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
