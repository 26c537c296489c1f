"""The Gradio page, put together and served."""

import sys
import tempfile
from collections.abc import Collection, Sequence
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path

import gradio as gr
from starlette.middleware import Middleware

from rag.answerer import Answerer
from rag.errors import SettingsError
from ui import absent, leaving
from ui.endpoints import add_endpoints
from ui.layout import ASSETS, make_parts
from ui.library import MAX_FILE_BYTES, Library
from ui.own_site import OwnSite
from ui.security import SecurityHeaders
from ui.suggestions import Suggestions
from ui.tools import write_json
from ui.visitor import Visitor
from ui.wiring import MAX_WAITING, leave, wire

AT_ONCE = 4
"""Requests of one kind that run at the same time."""

MAX_SESSIONS = 2_000
"""Open pages and calls that are remembered; Gradio keeps up to half a megabyte of each. Beyond that
those used longest ago are dropped. Each API call without a session counts as one, so a script with
some hundred questions must not push out a visitor who is reading."""
MCP_PATH = "gradio_api/mcp/"


def build(
    answerer: Answerer,
    *,
    uploads: Path | None = None,
    shared: Library | None = None,
    examples: Sequence[str] = (),
) -> gr.Blocks:
    """The page over one answerer.

    Args:
        answerer: What is asked until a visitor changes the documents.
        uploads: A private folder for the visitors' own documents; None: the system's.
        shared: One library for all visitors, in place of one each.
        examples: Questions offered until a visitor changes the documents; none: some are made.
    """
    parent = uploads or Path(tempfile.gettempdir())
    page = gr.Blocks(
        title="citespan", analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600)
    )
    with page:
        add_endpoints(shared or Library(answerer, parent))  # first, for the plain names
        parts = make_parts(gr.State(None, delete_callback=leave))
        common = Suggestions()

        def enter() -> Visitor:
            library = shared or Library(answerer, parent)
            return Visitor(library, examples, shared=shared is not None, suggestions=common)

        wire(page, parts, enter)
    page.queue(max_size=MAX_WAITING, default_concurrency_limit=AT_ONCE)
    return page


def launch(
    page: gr.Blocks, port: int | None, *, mcp: bool = False, names: Collection[str] = ()
) -> str:
    """Serve the page on 127.0.0.1 without blocking; returns its address.

    ``mcp`` offers the endpoints as tools of the Model Context Protocol, under ``MCP_PATH``.
    ``names`` are hosts that the page is reached by beside this machine's own names.

    Raises:
        OSError: the port is taken; with ``None`` the next free one from 7860 is used.
        SettingsError: what MCP needs is not installed.
    """
    if mcp and find_spec("mcp") is None:
        raise SettingsError(
            "--mcp needs more packages: pip install 'citespan[mcp]', "
            "in a checkout .venv/bin/pip install -c constraints.txt -e '.[mcp]'"
        )
    with redirect_stdout(sys.stderr):  # quiet does not cover what Gradio says of MCP
        address = _launch(page, port, mcp=mcp, names=names)
    if page.mcp_error:
        page.close()
        raise SettingsError(f"the MCP server did not start: {page.mcp_error}")
    if mcp:
        write_json(page)
    return address


def _launch(page: gr.Blocks, port: int | None, *, mcp: bool, names: Collection[str]) -> str:
    answers = absent.MONITORING if mcp else absent.MONITORING | absent.MCP

    def goodbye(session: str) -> None:
        page.state_holder.delete_state(session)

    _, address, _ = page.launch(
        server_name="127.0.0.1",
        server_port=port,
        prevent_thread_lock=True,
        share=False,
        inbrowser=False,
        quiet=True,
        show_error=False,
        ssr_mode=False,
        strict_cors=True,
        allowed_paths=[],
        max_file_size=MAX_FILE_BYTES,
        state_session_capacity=MAX_SESSIONS,
        enable_monitoring=False,
        run_history=False,
        pwa=False,
        mcp_server=mcp,
        footer_links=["api"],
        theme=gr.themes.Base(
            font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]
        ),
        head=_head(),
        app_kwargs={
            "middleware": [
                Middleware(SecurityHeaders),
                Middleware(OwnSite, names=names),
                Middleware(absent.Absent, answers=answers),
                Middleware(leaving.Leaving, leave=goodbye),
            ]
        },
    )
    return address


def _head() -> str:
    # Not css_paths: that way Gradio rewrites selectors, and breaks those in media queries.
    style = (ASSETS / "style.css").read_text("utf-8")
    scripts = [(ASSETS / name).read_text("utf-8") for name in ("files.js", "leave.js")]
    return f"<style>{style}</style>" + "".join(f"<script>{script}</script>" for script in scripts)
