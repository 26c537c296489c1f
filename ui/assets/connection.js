// Runs once, for the whole page. Gradio takes a request or a stream that breaks for the end of the
// page and loads it anew, and with it documents and chats would go. So what cannot have left this
// browser is sent again for a while; of what may have arrived, and would be done twice, it is said
// that it was lost, as of what the server refuses.
(() => {
  const PATIENCE_MS = 15_000;
  const PAUSE_MS = 500;
  const LOST = "The connection broke. Nothing but the last request is lost: try it again.";
  const real = window.fetch;

  async function sent(input, init) {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const offline = !navigator.onLine; // a server on this machine is reached all the same
      try {
        return await real(input, init);
      } catch (error) {
        if (!offline || error.name === "AbortError" || Date.now() > until) throw error;
      }
      await new Promise((done) => setTimeout(done, PAUSE_MS));
    }
  }

  // To all that wait for the stream, which is opened again with the next request.
  function broken() {
    const failure = { success: false, output: { error: LOST, visible: true } };
    const messages = [{ msg: "process_completed", ...failure }, { msg: "close_stream" }];
    const lines = messages.map((message) => `data: ${JSON.stringify(message)}\n\n`);
    return new TextEncoder().encode(`\n\n${lines.join("")}`);
  }

  function failed(error) {
    if (error.name === "AbortError") throw error;
    document.dispatchEvent(new CustomEvent("lost", { detail: { answers: true } }));
    return broken();
  }

  async function stream(input, init) {
    try {
      const response = await sent(input, init);
      const reader = response.body.getReader();
      const pull = async (controller) => {
        const part = await reader.read().catch((error) => ({ last: failed(error) }));
        if (!part.done) controller.enqueue(part.last ?? part.value);
        if (part.done || part.last) controller.close();
      };
      return new Response(new ReadableStream({ pull }), response);
    } catch (error) {
      return new Response(failed(error), { headers: { "Content-Type": "text/event-stream" } });
    }
  }

  async function join(input, init) {
    let response;
    try {
      response = await sent(input, init);
    } catch (error) {
      if (error.name === "AbortError") throw error;
      response = Response.json({ detail: LOST }, { status: 500 });
    }
    if (!response.ok) {
      const detail = JSON.parse(init.body).event_data;
      document.dispatchEvent(new CustomEvent("lost", { detail }));
    }
    return response;
  }

  // The page's sign of life (ui/wiring.py), which holds nothing; the next one is as good.
  const alive = (input, init) => real(input, init).catch(() => Response.json({ data: [null] }));

  window.fetch = (input, init) => {
    const { pathname } = new URL(input.url ?? input, location.href);
    if (pathname.endsWith("/queue/join")) return join(input, init);
    if (pathname.includes("/run/")) return alive(input, init);
    return pathname.endsWith("/queue/data") ? stream(input, init) : real(input, init);
  };
})();
