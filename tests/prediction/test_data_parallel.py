"""Answers on several devices: the same as on one, and errors of a device in one line.

pytest tests/prediction/test_data_parallel.py
"""

from __future__ import annotations

from queue import Queue

import pytest

from sde_datasets.errors import UsageError
from sde_datasets.prediction import data_parallel
from sde_datasets.prediction.data_parallel import DeviceGenerator
from sde_datasets.prediction.options import GenerationOptions
from sde_datasets.prediction.predictor import Predictor


@pytest.mark.slow
def test_two_devices_write_the_answers_of_one(run):
    options = GenerationOptions(max_new_tokens=8)
    texts = [(str(i), f"The IL-{i} gene binds p{i}.") for i in range(11)]
    one = Predictor(run, options)
    found = dict(DeviceGenerator(run, options, 1, ("cpu", "cpu")).generate(texts, one.template))
    assert found == dict(one.generate(texts))


def test_error_of_a_device_is_sent_instead_of_answers(run):
    generator, answered = DeviceGenerator(run, GenerationOptions(), 1, ("nowhere",)), Queue()
    data_parallel._answer(generator, "nowhere", Predictor(run).template, Queue(), answered)
    error = answered.get_nowait()
    assert isinstance(error, UsageError) and "--device nowhere: " in str(error)
