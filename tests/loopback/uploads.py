"""LFS: the batch call, and the storage that takes objects whole or in parts."""

import hashlib
import shutil
from typing import Any

from tests.loopback.blobs import Blobs
from tests.loopback.store import Repository, State, Upload
from tests.loopback.wire import Answer, Problem, Request


def batch(state: State, request: Request) -> Answer:
    """Say for each object where to send it; objects the repository has already get no actions."""
    order = request.json()
    if order.get("operation") != "upload":
        raise Problem(400, "Only uploads are supported")
    in_parts = "multipart" in order.get("transfers", ["basic"])
    objects = [_instructions(state, request.repo, item, in_parts) for item in order.get("objects", [])]
    return Answer.of({"transfer": "multipart" if in_parts else "basic", "objects": objects})


def _instructions(state: State, repo: Repository, item: dict[str, Any], in_parts: bool) -> dict[str, Any]:
    oid, size = item["oid"], item["size"]
    known = {"oid": oid, "size": size}
    if oid in repo.objects:
        return known
    path = f"/storage/{repo.kind}s/{repo.id}/{oid}"
    if in_parts and size > state.multipart_above:
        upload = _multipart(state, path, size)
    else:
        upload = {"href": _signed(state, path)}
    verify = {"href": f"{state.url}/{repo.path}.git/info/lfs/objects/verify"}
    return {**known, "authenticated": True, "actions": {"upload": upload, "verify": verify}}


def _multipart(state: State, path: str, size: int) -> dict[str, Any]:
    number = str(len(state.uploads) + 1)
    state.uploads[number] = Upload(Blobs(state.root / "parts" / number))
    count = -(-size // state.chunk)
    urls = {f"{part:05}": _signed(state, f"{path}/{part}", number) for part in range(1, count + 1)}
    return {"href": _signed(state, path, number), "header": {"chunk_size": str(state.chunk), **urls}}


def _signature(state: State, path: str, upload: str) -> str:
    return hashlib.sha256(f"{state.token} {path} {upload}".encode()).hexdigest()


def _signed(state: State, path: str, upload: str = "") -> str:
    return f"{state.url}{path}?upload={upload}&signature={_signature(state, path, upload)}"


def _check_signature(state: State, request: Request) -> str:
    """The number of the upload the address was made for; storage trusts the address and nothing else."""
    upload = request.query.get("upload", "")
    if request.query.get("signature") != _signature(state, request.path, upload):
        raise Problem(403, "The request signature does not match")
    return upload


def put_object(state: State, request: Request) -> Answer:
    """Take a whole object if its content is what its oid says."""
    _check_signature(state, request)
    oid = request.groups["oid"]
    if hashlib.sha256(request.body).hexdigest() != oid:
        raise Problem(400, f"The content that arrived is not that of {oid}")
    request.repo.objects.add(state.blobs.put(request.body))
    return Answer(headers={"ETag": f'"{hashlib.md5(request.body).hexdigest()}"'})


def put_part(state: State, request: Request) -> Answer:
    """Take one part of an object; sending a part again replaces it."""
    upload = state.uploads[_check_signature(state, request)]
    if len(request.body) > state.chunk:
        raise Problem(400, f"A part has {state.chunk} bytes at most")
    etag = f'"{hashlib.md5(request.body).hexdigest()}"'
    upload.parts[int(request.groups["part"])] = (etag, upload.blobs.put(request.body))
    return Answer(headers={"ETag": etag})


def complete(state: State, request: Request) -> Answer:
    """Join the parts of an object once all are there and unharmed."""
    number, oid = _check_signature(state, request), request.groups["oid"]
    if oid in request.repo.objects:
        # As in real storage, completing twice is no error: the client may not have seen the first answer.
        return Answer.of({"success": True})
    upload = state.uploads[number]
    parts = upload.parts
    told = {part["partNumber"]: part["etag"] for part in request.json().get("parts", [])}
    if told != {number: etag for number, (etag, _) in parts.items()} or sorted(told) != list(range(1, len(told) + 1)):
        raise Problem(400, "The parts named are not the parts that arrived")
    names = [name for _, (_, name) in sorted(parts.items())]
    found = state.blobs.put(upload.blobs.pieces(names))
    if found != oid:
        raise Problem(400, f"The parts together are not the content of {oid}")
    request.repo.objects.add(oid)
    shutil.rmtree(upload.blobs.root)
    return Answer.of({"success": True})


def verify(state: State, request: Request) -> Answer:
    """Confirm that an object arrived with the size announced."""
    order = request.json()
    if order.get("oid") not in request.repo.objects:
        raise Problem(404, f"LFS object {order.get('oid')} was not uploaded")
    if state.blobs.size(order["oid"]) != order.get("size"):
        raise Problem(400, f"LFS object {order['oid']} has another size")
    return Answer.of({"success": True})
