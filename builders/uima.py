"""UIMA CAS as INCEpTION and WebAnno export it: XMI with its type system, or JSON CAS; read by dkpro-cassis.

    <custom:NER xmi:id="13" sofa="1" begin="0" end="3" value="PER"/>        in a *.xmi, TypeSystem.xml beside it

Rules
- Needs the extra `uima`. A folder or archive holds *.xmi with one *.xml that is a type system (TypeSystem.xml), or
  *.json.
- The layer is DKPro's NamedEntity, or the only custom layer (`webanno.custom...`) with a feature of strings; the
  options `layer` and `feature` name others (the feature is `value` or `identifier` where the layer has it).
- A record is a sentence of the document (DKPro's Sentence) if it has them and no mention crosses their edges, else the
  sentences that `sentences.py` finds: `<file stem>-<number>`. The document is the file.
- dkpro-cassis converts offsets from UTF-16 units to characters.
- An annotation without a value is counted and left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from sde_builders import looks
from sde_builders.document_sentences import by_sentence
from sde_builders.drafts import Draft, Form, Mark, drafts_builder
from sde_builders.optional import library
from sde_datasets.errors import InputError
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.ingest.source_files import plain_name
from sde_datasets.records.record import Reject

NO_VALUE = "annotations without a value left out"
ENTITY = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
SENTENCE = "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type.Sentence"
CUSTOM = ("webanno.custom.", "custom.")
_FEATURES = ("value", "identifier", "label")


def drafts(context: ReadContext, name: str) -> Iterator[Draft | Reject]:
    """The sentences of one document. Raises InputError for a file that is no CAS, or without a layer."""
    cas, location = _cas(context, name), context.source.location(name)
    stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    layer = _layer(context, cas, location)
    feature = str(context.options.get("feature", "")) or _feature(layer)
    marks = []
    for annotation in cas.select(layer.name):
        value = getattr(annotation, feature, None)
        if not isinstance(value, str) or not value:
            context.note(NO_VALUE)
            continue
        marks.append(Mark(value, spans=((annotation.begin, annotation.end),)))
    cuts = [(s.begin, s.end) for s in cas.select(SENTENCE)] if cas.typesystem.contains_type(SENTENCE) else []
    yield from by_sentence(Draft(cas.sofa_string or "", marks, 1, stem, document=stem), cuts=cuts or None)


def _cas(context: ReadContext, name: str) -> Any:
    cassis = library("cassis", "uima", "A file of UIMA")
    data = BytesIO(b"".join(context.source.chunks(name)))
    try:
        if plain_name(name).lower().endswith(".json"):
            return cassis.load_cas_from_json(data)
        return cassis.load_cas_from_xmi(data, typesystem=_type_system(context, cassis, name))
    except InputError:
        raise
    except Exception as error:
        # lxml, json and cassis raise errors of many kinds for a file that is no CAS
        what = f"is no CAS of UIMA ({type(error).__name__}: {str(error)[:200]})"
        raise InputError(context.source.location(name), what, "Export it as UIMA CAS XMI or JSON.") from error


def _type_system(context: ReadContext, cassis: Any, name: str) -> Any:
    """The type system nearest to a file. Raises InputError if the source holds none."""
    folder = name.rpartition("/")[0]
    found = sorted(context.source.find("*typesystem*.xml"), key=lambda n: n.rpartition("/")[0] != folder)
    if not found:
        hint = "Give the folder or archive that holds the *.xmi and its TypeSystem.xml."
        raise InputError(context.source.location(name), "comes without its type system", hint)
    return cassis.load_typesystem(BytesIO(b"".join(context.source.chunks(found[0]))))


def _layer(context: ReadContext, cas: Any, location: str) -> Any:
    """The type of the annotations to read. Raises InputError that names those of the document."""
    wanted = context.options.get("layer")
    used = {annotation.type.name: annotation.type for annotation in cas.select_all_annotations()}
    if wanted:
        found = [kind for name, kind in used.items() if str(wanted) in (name, name.rsplit(".", 1)[-1])]
    else:
        custom = [kind for name, kind in used.items() if name.startswith(CUSTOM)]
        found = [used[ENTITY]] if ENTITY in used else custom
    if len(found) != 1:
        names = ", ".join(sorted(used)) or "none"
        what = f"cannot tell which layer holds the mentions; the document has {names}"
        raise InputError(location, what, 'Name it: options = {layer = "..."} in the plan.')
    return found[0]


def _feature(layer: Any) -> str:
    names = [feature.name for feature in layer.all_features if not feature.name.startswith(("begin", "end", "sofa"))]
    return next((name for name in _FEATURES if name in names), names[0] if names else "value")


FORM = Form(("*.xmi", "*.json"), drafts)
BUILDER = drafts_builder(
    __name__, "uima", "ner", FORM, tasks=("ed",), options=("layer", "feature"), recognise=looks.uima
)
