"""Push a built folder to a Hub on the loopback interface, load a config back by name, and compare it with the folder.

Then push again without change, and after a change in one corpus. For each push: calls, bytes and seconds.

python scripts/push_demo.py FOLDER
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.loopback import Hub  # noqa: E402

SAMPLES = ROOT / "builders" / "samples"
REPOSITORY, CONFIG = "org/sde", "mabsa-lines-text-cot"
LOAD_BACK = f"""
import sys
from datasets import disable_progress_bars, load_dataset
disable_progress_bars()
loaded, built = load_dataset("{REPOSITORY}", "{CONFIG}"), load_dataset(sys.argv[1], "{CONFIG}")
assert loaded.keys() == built.keys()
for split in built:
    assert loaded[split].features == built[split].features and loaded[split].to_list() == built[split].to_list()
print("loaded back by name, as built:", ", ".join(f"{{split}} {{part.num_rows}}" for split, part in loaded.items()))
"""


def main(folder: Path) -> None:
    """The whole demonstration; raises where anything is not as it should be."""
    with tempfile.TemporaryDirectory() as work, Hub(Path(work) / "hub") as hub:
        work = Path(work)
        settings = {
            "HF_ENDPOINT": hub.url,
            "HF_TOKEN": hub.token,
            "HF_HOME": str(work / "home"),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_UPDATE_DOWNLOAD_COUNTS": "0",
        }
        environment = os.environ | settings
        sde = [str(Path(sys.executable).with_name("sde-datasets"))]

        def push(title: str, folder: Path) -> None:
            print(f"\n# {title}", flush=True)
            hub.clear()
            started = time.monotonic()
            subprocess.run([*sde, "push", folder, REPOSITORY, "--yes"], env=environment, check=True)
            seconds = time.monotonic() - started
            to, back = sum(call.received for call in hub.calls), sum(call.sent for call in hub.calls)
            print(f"{len(hub.calls):,} calls, {to:,} bytes sent, {back:,} bytes received, {seconds:.1f} s", flush=True)

        push("the first push", folder)
        subprocess.run([sys.executable, "-c", LOAD_BACK, folder], env=environment, check=True)
        push("the same again", folder)
        print("\n# one review changed, and built again", flush=True)
        changed = Path(shutil.copytree(folder, work / "changed"))
        build = ["build", "--plan", changed_plan(work / "plan"), "--designs", "all", "--out", changed, "--quiet"]
        subprocess.run([*sde, *build], env=environment, check=True, stdout=subprocess.DEVNULL)
        push("a push after one changed corpus", changed)


def changed_plan(work: Path) -> Path:
    """The plan of the bundled corpora with one word changed in one of them."""
    shutil.copytree(SAMPLES, work)
    reviews = work / "mabsa" / "rest_quad_train.tsv"
    first, rest = reviews.read_text("utf-8").split("\n", 1)
    text, tab, annotations = first.partition("\t")
    reviews.write_text(f"{text} really{tab}{annotations}\n{rest}", encoding="utf-8", newline="\n")
    return work / "sde.toml"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
