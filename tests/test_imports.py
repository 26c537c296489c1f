"""The layers: imports point down only, and importing is cheap."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

# From the bottom up; a module may import from lower layers and from its own.
LAYERS = (
    {"types", "errors", "arguments", "config", "filters", "dates", "words"},
    {
        "loaders",
        "sentences",
        "questions",
        "spans",
        "boundaries",
        "quiet",
        "hardware",
        "forked",
        "workers",
        "precision",
        "packed_bert",
        "span_model",
        "checked_file",
    },
    {
        "passages",
        "near_misses",
        "columns",
        "column_names",
        "layout",
        "tables",
        "prose",
        "encoder",
        "sentence_bert",
        "database",
        "schema",
    },
    {"filtered", "snapshot"},
    {"store", "copying", "document_rows", "index_kinds", "index_file", "index_base", "index"},
    {"postings", "occurrences", "lexical", "kept_indexes"},
    {
        "retriever",
        "reader",
        "early_exit",
        "sentence_reader",
        "calibration",
        "models",
        "candidates",
        "citations",
        "evidence",
        "reranking",
        "ingest",
    },
    {"composer"},
    {"answerer"},
    {"library"},
    {"evaluation", "training"},
)


def modules(root: Path, package: str) -> list[Path]:
    return sorted((root / package).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """The modules that a file imports at run time; imports for type checking do not count."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            node.body = [ast.Pass()]
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            found |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return found


def layer(name: str) -> int:
    return next(number for number, names in enumerate(LAYERS) if name in names)


def test_every_module_of_rag_has_a_layer(root: Path) -> None:
    parts = {
        path.relative_to(root / "rag").parts[0].removesuffix(".py") for path in modules(root, "rag")
    }

    assert parts - {"__init__"} == set().union(*LAYERS)


def test_imports_in_rag_point_down_only(root: Path) -> None:
    known = set().union(*LAYERS)
    for path in modules(root, "rag"):
        own = path.relative_to(root / "rag").parts[0].removesuffix(".py")
        if own == "__init__":
            continue
        for name in imported(path):
            top, _, rest = name.partition(".")
            other = rest.split(".")[0]
            if top == "rag" and other in known:
                assert layer(other) <= layer(own), f"{path} imports {name}"


def test_nothing_of_the_index_or_the_store_is_imported_for_type_checking_only(root: Path) -> None:
    """Where no cycle forbids it, an import stands where the layers are seen."""
    for name in ("index", "index_base", "lexical", "kept_indexes"):
        assert "rag.snapshot" in imported(root / "rag" / f"{name}.py"), name


def test_rag_knows_nothing_above_it(root: Path) -> None:
    for path in modules(root, "rag"):
        tops = {name.partition(".")[0] for name in imported(path)}
        assert not tops & {"gradio", "ui", "scripts", "tests"}, path


def test_the_pure_parts_of_the_page_import_no_gradio(root: Path) -> None:
    for name in ("handlers.py", "render.py"):
        assert "gradio" not in {name.partition(".")[0] for name in imported(root / "ui" / name)}


@pytest.mark.parametrize("package", ["rag", "rag.answerer", "rag.loaders"])
def test_importing_loads_no_model_library(root: Path, package: str) -> None:
    code = f"import sys, {package}; print(*sorted(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = set(run.stdout.split())
    assert not loaded & {"torch", "transformers", "sentence_transformers", "gradio"}
    assert run.stderr == ""
