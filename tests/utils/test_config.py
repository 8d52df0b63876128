"""Configuration: tables become dataclasses, and a mistake names the location, the key, and what to give.

pytest tests/utils/test_config.py
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sde_datasets.errors import InputError
from sde_datasets.utils.config import checked_values, load_config, option


@dataclass(frozen=True)
class Settings:
    name: str
    model_size: int = 1
    share: float = option(0.5, "A share.", least=0, most=1)
    steps: int | None = option(None, least=1)
    depth: int = option(0, most=9)
    order: str | None = option(None, choices=("random", "sorted"))
    paths: str | tuple[str, ...] = ""
    rows: tuple[tuple[float, ...], ...] = ()
    numbers: tuple[int, ...] = ()
    deep: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    base: Path = Path()


def test_a_table_becomes_the_dataclass_with_its_defaults():
    table = {"name": "a", "share": 1, "paths": ["x", "y"], "rows": [[1, 0.5]], "names": {"a": "b"}, "more": {"c": [1]}}
    loaded = load_config(Settings, table, "f.toml", base=Path("there"))
    assert loaded == Settings(
        "a", share=1.0, paths=("x", "y"), rows=((1.0, 0.5),), names={"a": "b"}, more={"c": [1]}, base=Path("there")
    )
    assert type(loaded.share) is float and loaded.order is None


def test_checked_values_are_those_that_are_given():
    assert checked_values(Settings, {"steps": None, "deep": True}, "f.toml") == {"steps": None, "deep": True}
    assert checked_values(Settings, {}, "f.toml") == {}


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({}, "lacks name. Give a string"),
        (5, "is 5. Give a table"),
        ({"nam": "a"}, "unknown key 'nam'. Did you mean name"),
        ({"name": "a", "base": "."}, "unknown key 'base'"),
        ({"name": 5}, "name is 5. Give a string"),
        ({"name": None}, "name is None. Give a string"),
        ({"name": "a", "model_size": True}, "model_size is True. Give a whole number"),
        ({"name": "a", "model_size": 1.0}, "model_size is 1.0. Give a whole number"),
        ({"name": "a", "model_size": "1"}, "model_size is '1'. Give a whole number"),
        ({"name": "a", "share": 2}, "share is 2. Give a number from 0 to 1"),
        ({"name": "a", "share": float("nan")}, "share is nan. Give a number from 0 to 1"),
        ({"name": "a", "steps": 0}, "steps is 0. Give a whole number of at least 1"),
        ({"name": "a", "depth": 10}, "depth is 10. Give a whole number of at most 9"),
        ({"name": "a", "order": "wild"}, "order is 'wild'. Give random or sorted"),
        ({"name": "a", "order": 1}, "order is 1. Give random or sorted"),
        ({"name": "a", "paths": ["a", 1]}, "paths is ['a', 1]. Give a string or a list of strings"),
        ({"name": "a", "rows": [["a"]]}, "rows is [['a']]. Give a list of lists of numbers"),
        ({"name": "a", "numbers": [True]}, "numbers is [True]. Give a list of whole numbers"),
        ({"name": "a", "deep": 1}, "deep is 1. Give true or false"),
        ({"name": "a", "names": {"a": 1}}, "names is {'a': 1}. Give a table of strings"),
        ({"name": "a", "more": []}, "more is []. Give a table"),
    ],
)
def test_a_mistake_names_location_key_and_what_to_give(table, problem):
    with pytest.raises(InputError) as caught:
        load_config(Settings, table, "f.toml", base=Path())
    assert str(caught.value).startswith(f"f.toml: {problem}"), str(caught.value)


def test_the_module_is_imported_without_pydantic():
    code = "import sys, sde_datasets.utils.config; print('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"
