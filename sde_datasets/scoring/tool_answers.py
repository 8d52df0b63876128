"""The answers that other tools write, read as rows of predictions. A file is scored as the tool left it.

LLaMA-Factory  generated_predictions.jsonl  {"prompt": "...", "predict": "food: positive", "label": "food: positive"}
lm-eval        samples_<task>_<time>.jsonl  {"doc": {"id": "1", ...}, "filtered_resps": ["food: positive"], ...}
vLLM, OpenAI   the output of a batch        {"custom_id": "1", "response": {"body": {"choices": [{"message":
                                             {"content": "food: positive"}}]}}, "error": null}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sde_datasets.errors import InputError

_GOLD_KEYS = ("id", "completion", "source_text", "document")


def plain_row(row: dict[str, Any], location: str) -> dict[str, Any]:
    """Return a row with `prediction` and, where the tool tells them, `id` and `completion`; other rows as they are.

    A row of LLaMA-Factory has a completion and no id. Raises InputError for a row of a tool without an answer.
    """
    if "prediction" in row:
        return row
    if "predict" in row and "label" in row:
        return {"completion": row["label"], "prediction": row["predict"]}
    if "filtered_resps" in row and isinstance(row.get("doc"), Mapping):
        gold = {key: row["doc"][key] for key in _GOLD_KEYS if key in row["doc"]}
        return gold | {"prediction": _generated(row["filtered_resps"], location)}
    if "custom_id" in row:
        return {"id": row["custom_id"], "prediction": _batch_answer(row, location)}
    return row


def _generated(responses: Any, location: str) -> str:
    """The first text that lm-eval kept for a sample."""
    while isinstance(responses, list) and responses:
        responses = responses[0]
    if not isinstance(responses, str):
        raise InputError(
            location, "filtered_resps holds no generated text", "Export the config as a task: --to lm-eval."
        )
    return responses


def _batch_answer(row: Mapping[str, Any], location: str) -> str:
    """The text of the first choice of a request in a batch, of a chat or of a completion."""
    try:
        choice = row["response"]["body"]["choices"][0]
        answer = choice["message"]["content"] if "message" in choice else choice["text"]
    except (KeyError, IndexError, TypeError) as error:
        failure = row.get("error") or (row.get("response") or {}).get("body") or "there is no response"
        problem = f"the request {row['custom_id']!r} has no answer ({failure})"
        raise InputError(location, problem, "Send it again, or remove its line and give --partial.") from error
    return answer or ""
