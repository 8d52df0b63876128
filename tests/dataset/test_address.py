"""Names of repositories from what people paste.

pytest tests/dataset/test_address.py
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sde_datasets.dataset.address import name_from_address, repository_name
from sde_datasets.errors import UsageError

HUB = "https://huggingface.co"


@pytest.mark.parametrize(
    "text",
    [
        "org/name",
        "datasets/org/name",
        f"{HUB}/datasets/org/name",
        f"{HUB}/datasets/org/name/",
        f"{HUB}/datasets/org/name/tree/main",
        f"{HUB}/datasets/org/name/blob/main/README.md",
        f"{HUB}/datasets/org/name/viewer/mabsa-es/train?row=3",
        f"{HUB}/datasets/org/name/discussions/1#comment",
        "http://www.huggingface.co/datasets/org/name",
        "huggingface.co/datasets/org/name",
        "https://hf.co/datasets/org/name",
        "hf://datasets/org/name",
        "hf://datasets/org/name@main/data",
        # as a path of the command line
        "https:/huggingface.co/datasets/org/name",
    ],
)
def test_dataset(text):
    assert repository_name(text, "dataset") == "org/name"


@pytest.mark.parametrize(
    "text", ["org/name", "models/org/name", f"{HUB}/org/name", f"{HUB}/org/name/tree/main", "hf://org/name"]
)
def test_model(text):
    assert repository_name(text, "model") == "org/name"


@pytest.mark.parametrize("text", ["models/org/name", "datasets/org/name", "./org/name", "/org/name", "gpt2", ""])
def test_folders_and_names_are_no_addresses(text):
    assert name_from_address(text, "model") == text


def test_names_without_an_owner():
    assert name_from_address(f"{HUB}/gpt2/tree/main", "model") == "gpt2"
    assert repository_name(f"{HUB}/datasets/squad", "dataset") == "squad"


def test_own_endpoint(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:8080/hub/")
    assert repository_name("http://127.0.0.1:8080/hub/datasets/org/name/tree/main", "dataset") == "org/name"
    with pytest.raises(UsageError, match=r"not an address of http://127\.0\.0\.1:8080/hub"):
        repository_name("http://127.0.0.1:8080/datasets/org/name", "dataset")


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        (f"{HUB}/spaces/org/name", "dataset", "is a space of the Hub; give a dataset repository"),
        ("spaces/org/name", "model", "is a space"),
        (f"{HUB}/org/name", "dataset", "is a model"),
        (f"{HUB}/datasets/org/name", "model", "is a dataset"),
        (f"{HUB}/docs/hub", "model", "is a page"),
        (HUB, "model", "is a page"),
        ("https://github.com/org/name", "model", "is not an address of https://huggingface.co"),
        ("https://huggingface.co.example.com/org/name", "model", "is not an address"),
    ],
)
def test_others_are_refused(text, kind, says):
    with pytest.raises(UsageError, match=says):
        repository_name(text, kind)


def test_a_revision_in_the_address_is_not_lost():
    for text in (f"{HUB}/datasets/org/name/tree/v1", "hf://datasets/org/name@v1"):
        assert repository_name(text, "dataset", "v1") == "org/name"
        for revision in (None, "main", "v2"):
            with pytest.raises(UsageError, match="names the revision 'v1'"):
                repository_name(text, "dataset", revision)


def test_a_pull_request_in_the_address():
    assert repository_name(f"{HUB}/datasets/org/name/tree/refs%2Fpr%2F1", "dataset", "refs/pr/1") == "org/name"


@given(st.text())
def test_any_text_is_a_name_or_refused(text):
    for kind in ("dataset", "model"):
        try:
            assert isinstance(repository_name(text, kind), str)
        except UsageError:
            continue
