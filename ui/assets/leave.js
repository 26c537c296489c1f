// Says that the page goes for good, which a broken connection does not; the server then deletes
// what is the visitor's alone. One that the browser keeps to come back to is not left.
addEventListener("pagehide", (event) => {
  const session = document.querySelector("[data-session]")?.dataset.session;
  if (!session || event.persisted) return;
  fetch(`leave/${encodeURIComponent(session)}`, { method: "POST", keepalive: true });
});
