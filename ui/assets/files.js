// Runs once, before Gradio's own handlers: files that the server would refuse, and with them all
// others that are sent along, are left out and named; dropped folders are opened. What a folder
// holds beside documents is skipped, as on the command line.
(() => {
  const AREAS = "#drop, #questions";
  let ours = false; // the change that is under way is one that this script has made

  function limits() {
    const { suffixes, maxBytes } = document.querySelector(".bar").dataset;
    return { endings: suffixes.split(" "), bytes: Number(maxBytes) };
  }

  const hidden = (path) => path.split("/").slice(1).some((part) => part.startsWith("."));
  const readable = (name) => limits().endings.some((end) => name.toLowerCase().endsWith(end));
  const wanted = (path) => !path.includes("/") || (!hidden(path) && readable(path));
  const fits = (file) => file.size <= limits().bytes;

  // Those that are sent, of [path, file]; a path without a slash was chosen by itself. In place of
  // what the browser could not open the file is null.
  function chosen(area, found) {
    const unread = found.filter(([, file]) => !file).map(([path]) => path);
    const files = found.filter(([path, file]) => file && wanted(path)).map(([, file]) => file);
    const names = files.filter((file) => !fits(file)).map((file) => file.name);
    const refusal = area.id === "questions" ? "unfit" : "refuse";
    const sent = files.filter(fits);
    const alone = !sent.length;
    const left = names.length || unread.length;
    if (left || alone) document.citespan(refusal, { names, unread, alone });
    return sent;
  }

  function give(input, files) {
    if (!files.length) return;
    const carrier = new DataTransfer();
    for (const file of files) carrier.items.add(file);
    input.files = carrier.files;
    ours = true;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    ours = false;
  }

  // A file that cannot be read would keep all others from being sent.
  async function opened(entry) {
    const file = await new Promise((done, fail) => entry.file(done, fail));
    await file.slice(0, 1).arrayBuffer();
    return file;
  }

  // A folder gives its entries in parts, an empty one at last.
  async function within(entry) {
    const path = entry.fullPath.slice(1);
    if (entry.isFile && !wanted(path)) return [];
    if (entry.isFile) return [[path, await opened(entry).catch(() => null)]];
    const reader = entry.createReader();
    const found = [];
    try {
      for (let part = [null]; part.length; ) {
        part = await new Promise((done, fail) => reader.readEntries(done, fail));
        const shown = part.filter((inner) => !inner.name.startsWith("."));
        for (const inner of shown) found.push(...(await within(inner)));
      }
    } catch {
      found.push([path, null]);
    }
    return found;
  }

  document.addEventListener(
    "change",
    (event) => {
      const input = event.target;
      const area = !ours && input.matches("input[type=file]") && input.closest(AREAS);
      if (!area) return;
      const found = [...input.files].map((file) => [file.webkitRelativePath || file.name, file]);
      if (found.every(([path, file]) => wanted(path) && fits(file))) return;
      event.stopImmediatePropagation();
      give(input, chosen(area, found));
    },
    true,
  );

  // Files that fall beside an area are for the one of this view, even where it is out of sight; the
  // browser would open them in place of the page. Text and links are no one's but the question's.
  const carriesFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");
  const ofView = () => (document.body.classList.contains("evaluating") ? "#questions" : "#drop");

  document.addEventListener(
    "dragover",
    (event) => {
      if (carriesFiles(event)) event.preventDefault();
    },
    true,
  );

  document.addEventListener(
    "drop",
    async (event) => {
      const under = event.target.closest?.(AREAS);
      if (!under && !carriesFiles(event)) return;
      const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.());
      const plain = entries.length && [...event.dataTransfer.files].every(fits);
      const taken = event.target.closest?.(".block")?.querySelector("input[type=file]");
      if (under && taken && plain && entries.every((entry) => entry?.isFile)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      event.target.dispatchEvent(new DragEvent("dragleave", { bubbles: true }));
      const dropped = entries.filter(Boolean);
      if (!dropped.length) return;
      const area = under ?? document.querySelector(ofView());
      const found = await Promise.all(dropped.map(within));
      give(area.querySelector("input[type=file]"), chosen(area, found.flat()));
    },
    true,
  );
})();
