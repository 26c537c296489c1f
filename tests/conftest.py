"""Shared fixtures: the seed corpus, the shipped models, and a home of the tests' own."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

# Before any import that reads them: no look-ups on the network, no forked tokenizers.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
# Servers of tests that run side by side look for a free port in ranges of their own.
os.environ["GRADIO_SERVER_PORT"] = str(
    7860 + 100 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
)

from rag.answerer import Answerer
from rag.encoder import SentenceTransformerEncoder
from rag.loaders import load_file
from rag.store import Store
from rag.types import Document

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"
SEED_FILE = SEEDS / "000_c8591a2c09309cb8.txt"
CHROMIUM = "/usr/bin/chromium"

settings.register_profile("citespan", derandomize=True, deadline=None, database=None)
settings.load_profile("citespan")


@dataclass(frozen=True, slots=True)
class SeedQuestion:
    """One line of ``seeds/questions.jsonl``; no answers: not answerable."""

    id: str
    question: str
    answers: tuple[str, ...]
    document: str


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty data folder in place of the user's."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CITESPAN_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The folder of the default corpus."""
    return SEEDS


@pytest.fixture(scope="session")
def seed_document() -> Document:
    """The one document of the default corpus."""
    return load_file(SEED_FILE)


@pytest.fixture(scope="session")
def seed_questions() -> list[SeedQuestion]:
    """The questions on it, in their order."""
    lines = (SEEDS / "questions.jsonl").read_text("utf-8").splitlines()
    return [
        SeedQuestion(row["id"], row["question"], tuple(row["answers"]), row["document"])
        for row in map(json.loads, lines)
    ]


@pytest.fixture(scope="session")
def encoder() -> SentenceTransformerEncoder:
    """The shipped encoder."""
    return SentenceTransformerEncoder()


@pytest.fixture(scope="session")
def answerer(
    tmp_path_factory: pytest.TempPathFactory, encoder: SentenceTransformerEncoder
) -> Iterator[Answerer]:
    """The shipped models over the default corpus. Shared: ask it, do not add to it."""
    with Store(tmp_path_factory.mktemp("seeds") / "store") as store:
        shared = Answerer(store, encoder=encoder)
        shared.add([SEEDS])
        yield shared


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Debian's Chromium without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()
