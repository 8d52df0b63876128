"""Check many cases in one test, and name the case that fails."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable

import hypothesis


def for_each(parameter: str, values: Iterable, name: Callable[[object], object] = repr) -> Callable:
    """Return a decorator that calls a test once for each value of a parameter; the name of a failing value is printed.

    pytest counts one test, where `pytest.mark.parametrize` makes one test a value. A property test draws other
    examples for each value, and the same in every run unless the profile of hypothesis is a random one.
    """
    values = list(values)

    def decorate(test: Callable) -> Callable:
        @functools.wraps(test)
        def loop(*args, **kwargs) -> None:
            for number, value in enumerate(values):
                if is_derandomized(test):
                    hypothesis.seed(number)(test)
                try:
                    test(*args, **kwargs, **{parameter: value})
                except BaseException as error:
                    error.add_note(f"This failed with {parameter} = {name(value)}")
                    raise

        signature = inspect.signature(test)
        rest = [each for each in signature.parameters.values() if each.name != parameter]
        loop.__signature__ = signature.replace(parameters=rest)
        return loop

    return decorate


def is_derandomized(test: Callable) -> bool:
    """Whether a test is a property test whose examples are the same in every run."""
    return getattr(test, "is_hypothesis_test", False) and hypothesis.settings().derandomize


def for_each_design(designs: Iterable) -> Callable:
    """Return a decorator that calls a test with each design as its argument `design`."""
    return for_each("design", designs, lambda design: design.name)
