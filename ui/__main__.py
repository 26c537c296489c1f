"""``python -m ui``: index the documents, serve the chat page on 127.0.0.1, open it."""

import argparse
import ctypes
import os
import re
import signal
import sys
import webbrowser
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from tqdm import tqdm

from ui.private_folder import private_folder
from ui.security import prepare_environment

if TYPE_CHECKING:
    from rag import Answerer
    from rag.ingest import AddReport

USUAL_PORT = 7860
_M_ARENA_MAX = -8  # of GNU's malloc.h
EXAMPLES = (
    "Who urged caution?",
    "What has Russia advocated?",
    "When was the agreement between Seoul and Pyongyang outlined?",
    "What could the refusal to compromise lead to?",
    "How many warheads does North Korea have?",
)
"""Questions about the seed document; it does not answer the last one."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until interrupted; returns 2, with one line that says why, where it cannot start."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _stop)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _stop)  # the terminal was closed, and not left behind (nohup)
    _share_memory()
    with private_folder() as uploads:
        prepare_environment(uploads)
        _say("Loading the models ...")
        from rag import CitespanError

        try:
            _serve(_answerer(options), options, uploads)
        except (CitespanError, OSError) as error:
            _say(f"citespan: {error}")
            return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/chat",
        description="Ask questions about documents in the browser. Nothing leaves this machine.",
    )
    parser.add_argument(
        "--documents",
        nargs="+",
        type=Path,
        metavar="PATH",
        help="files or folders to ask about (default: the seed document)",
    )
    parser.add_argument(
        "--store",
        type=Path,
        metavar="FOLDER",
        help="use the index in this folder; with --documents they are added to it",
    )
    parser.add_argument(
        "--settings", type=Path, metavar="FILE", help="a TOML file with settings, see README"
    )
    parser.add_argument(
        "--port",
        type=_port,
        help=f"serve on this port (default: the first free one from {USUAL_PORT})",
    )
    parser.add_argument(
        "--allow-host",
        nargs="+",
        default=[],
        type=_host,
        metavar="NAME",
        help="also answer under these host names, such as a reverse proxy's (default: only under "
        "localhost, 127.0.0.1 and [::1])",
    )
    parser.add_argument(
        "--shared",
        action="store_true",
        help="everyone adds to and removes from one library, kept with --store (default: what a "
        "visitor adds is private, and deleted once the page is closed, or a day after it was last "
        "heard of)",
    )
    parser.add_argument(
        "--mcp",
        action="store_true",
        help="offer the tools ask, search and documents to agents (Model Context Protocol)",
    )
    parser.add_argument(
        "--no-browser", action="store_true", help="print the address without opening it"
    )
    return parser


def _port(value: str) -> int:
    known = value.isascii() and value.isdigit() and len(value) < 6
    if not known or not 1 <= int(value) <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(value)


def _host(value: str) -> str:
    """A host name as browsers send it, in ASCII."""
    if not re.fullmatch(r"[\w.-]+|\[[\da-fA-F:.]+\]", value):
        raise argparse.ArgumentTypeError("a host name has neither http:// nor a port")
    try:
        return value.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise argparse.ArgumentTypeError(f"{value} cannot be a host name") from error


def _answerer(options: argparse.Namespace) -> "Answerer":
    """Open the store and bring it up to date with the documents."""
    from rag import Answerer, Settings, StoreError, open_store
    from rag.config import seeds_folder
    from rag.library import store_folder, synchronize

    settings = Settings.from_file(options.settings) if options.settings else Settings()
    paths = options.documents or [seeds_folder()]
    folder = options.store or store_folder(paths, settings)
    answerer = Answerer(open_store(folder), settings)
    with tqdm(desc="Indexing", unit=" files", leave=False, delay=0.5) as bar:

        def progress(path: Path, number: int, total: int) -> None:
            bar.total = total
            bar.set_postfix_str(path.name, refresh=False)
            bar.update(number - bar.n)

        if not options.store:
            synchronize(answerer, paths, progress)
        elif options.documents:
            _tell(answerer.add(paths, progress))
    if not answerer.store.documents() and not options.shared:
        raise StoreError(f"{folder} holds no documents; name some with --documents")
    answerer.ask(EXAMPLES[0])  # the first question is the slow one: not the visitor's
    return answerer


def _tell(report: "AddReport") -> None:
    """Say which files are not in the store."""
    from rag.ingest import left_out

    for error in report.errors:
        _say(f"citespan: {error}")
    if report.skipped:
        _say(f"citespan: {left_out(report.skipped)}")


def _serve(answerer: "Answerer", options: argparse.Namespace, uploads: Path) -> None:
    from ui.app import MCP_PATH, build, launch
    from ui.library import Library

    shared = Library(answerer, None if options.store else uploads) if options.shared else None
    seeds = options.documents is None and options.store is None
    examples = EXAMPLES if seeds else ()
    page = build(answerer, uploads=uploads, shared=shared, examples=examples)
    try:
        address = launch(page, options.port, mcp=options.mcp, names=options.allow_host)
    except OSError as error:
        where = f"port {options.port} is" if options.port else f"all ports from {USUAL_PORT} are"
        raise OSError(f"{where} in use; choose another one with --port") from error
    if options.port is None and f":{USUAL_PORT}" not in address:
        _say(f"Port {USUAL_PORT} is in use, so this is on the next free one.")
    sys.stdout.write(f"citespan is ready at {address} (Ctrl+C stops it)\n")
    if options.mcp:
        sys.stdout.write(f"MCP tools: {address}{MCP_PATH} (streamable HTTP)\n")
    sys.stdout.flush()
    if not options.no_browser and _has_display():
        webbrowser.open(address)
    page.block_thread()


def _share_memory() -> None:
    """One heap for all threads, where the C library is GNU's; call before threads start.

    It would give each thread its own, and keep in each what the largest question took.
    """
    with suppress(AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def _has_display() -> bool:
    """Whether a browser can show up; without one, Python would start a text browser here."""
    return sys.platform != "linux" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


def _stop(_signal: int, _frame: object) -> NoReturn:
    raise SystemExit(0)


def _run() -> NoReturn:
    """``main``, and then the end of the process without the interpreter's own ending.

    That would tear threads down which are in the middle of a model's native code, and abort.
    Nothing is lost: the folder of uploads is gone by now, and stores are safe at any moment.
    """
    try:
        status: object = main()
    except SystemExit as end:
        status = end.code
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    _run()
