"""Fetch one remote file: `https://` and `http://` by httpx2, any other protocol by the file systems of fsspec.

    https://host/a.jsonl    s3://bucket/a.csv    hf://datasets/org/name/a.parquet

fsspec names the package that a protocol needs (`s3fs` for S3). Credentials are those that the package finds itself.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from sde_datasets.errors import InputError
from sde_datasets.ingest.source_files import plain_name

# seconds without any data
TIMEOUT = 60
_PIECE = 1 << 20
_CHECK = "Check the address and your access."


def is_address(path: str) -> bool:
    """True for the address of a remote file."""
    return "://" in path


def public_address(address: str) -> str:
    """An address without user, password and query, which may be secret: a signed address has its key in the query."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def fetch(address: str, folder: Path) -> Path:
    """Fetch a file into a folder; return its path. Raises InputError with the reason."""
    target = folder / (unquote(Path(urlsplit(address).path).name) or "source")
    if address.startswith(("https://", "http://")):
        _download(address, target)
    else:
        _copy(address, target)
    return target


def _download(address: str, target: Path) -> None:
    import httpx2

    shown = public_address(address)
    headers = {"Accept-Encoding": "identity"}
    try:
        with httpx2.stream("GET", address, headers=headers, follow_redirects=True, timeout=TIMEOUT) as response:
            if response.is_error:
                what = f"cannot be fetched: the server answers {response.status_code} {response.reason_phrase}".rstrip()
                raise InputError(shown, what, _CHECK)
            # some servers name the compression of a file as that of the answer
            compressed = plain_name(target.name) != target.name
            with target.open("wb") as out:
                out.writelines(response.iter_raw(_PIECE) if compressed else response.iter_bytes(_PIECE))
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, UnicodeError) as error:
        what = " ".join(str(error).split()) or type(error).__name__
        raise InputError(shown, f"cannot be fetched ({what})", _CHECK) from error


def _copy(address: str, target: Path) -> None:
    import fsspec

    shown = public_address(address)
    try:
        with fsspec.open(address, "rb") as stream, target.open("wb") as out:
            while piece := stream.read(_PIECE):
                out.write(piece)
    except ImportError as error:
        hint = "pip install 'sde-datasets[s3]'" if address.startswith("s3://") else "Install the package that it names."
        raise InputError(shown, f"cannot be fetched ({error})", hint) from error
    except FileNotFoundError as error:
        raise InputError(shown, "does not exist", _CHECK) from error
    except Exception as error:
        # a file system raises whatever its library raises: missing credentials, no access, no connection
        what = " ".join(str(error).split()) or type(error).__name__
        raise InputError(shown, f"cannot be fetched ({what})", _CHECK) from error
