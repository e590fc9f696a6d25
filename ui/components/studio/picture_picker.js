function upload(input, file) {
  const zone = input.closest("[data-upload]");
  const tell = (type, detail) => input.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
  input.value = "";
  if (file.type === "video/mp4" || /\.mp4$/i.test(file.name)) return readSettings(file, tell);
  if (file.size > SHARED.pictureBytes) return tell("refused", { code: SHARED.pictureTooLarge });
  tell("started", {});
  const local = document.querySelector("ads-local");
  local?.begin(file);
  const request = new XMLHttpRequest();
  const body = new FormData();
  body.append("file", file);
  const done = () => zone.removeAttribute("data-busy");
  zone.dataset.busy = "";
  request.upload.onprogress = (e) => local?.progress(e.total ? e.loaded / e.total : 0);
  request.onerror = () => (done(), local?.end(false), tell("refused", { code: "connection" }));
  request.onload = () => {
    done();
    local?.end(request.status === 201);
    let answer = {};
    try {
      answer = JSON.parse(request.responseText);
    } catch {}
    if (request.status === 201) tell("uploaded", { id: answer.id });
    else tell("refused", answer.error ?? { code: `http_${request.status}` });
  };
  request.open("POST", zone.dataset.upload);
  request.setRequestHeader("X-Page-Language", document.documentElement.lang); // a refusal is shown as it comes
  request.send(body);
}

// A video of ours says in its first megabyte how it was made. It is read here; nothing of it is uploaded.
async function readSettings(file, tell) {
  const text = new TextDecoder("latin1").decode(await file.slice(0, 1024 * 1024).arrayBuffer());
  const at = text.lastIndexOf(SHARED.settingsMark); // the last one: a prompt may quote the mark, and stands before it
  tell("settings", at < 0 ? "" : text.slice(at, at + SHARED.settingsLength).replace(/[^\x20-\x7e][^]*$/, ""));
}

const uploadInput = () => document.querySelector("[data-upload] input[type=file]");
const hasFiles = (e) => e.dataTransfer && [...e.dataTransfer.types].includes("Files") && uploadInput();
let depth = 0;

addEventListener("dragenter", (e) => {
  if (!hasFiles(e)) return;
  depth += 1;
  document.documentElement.classList.add("is-dropping");
});
addEventListener("dragleave", (e) => {
  if (!hasFiles(e)) return;
  depth = Math.max(0, depth - 1);
  if (!depth || !e.relatedTarget) stopDropping();
});
addEventListener("dragover", (e) => hasFiles(e) && e.preventDefault());
addEventListener("drop", (e) => {
  if (!hasFiles(e)) return;
  e.preventDefault();
  stopDropping();
  if (e.dataTransfer.files[0]) upload(uploadInput(), e.dataTransfer.files[0]);
});
function stopDropping() {
  depth = 0;
  document.documentElement.classList.remove("is-dropping");
}

addEventListener("change", (e) => {
  const input = e.target;
  if (input.matches?.("[data-upload] input[type=file]") && input.files[0]) upload(input, input.files[0]);
});

addEventListener("paste", (e) => {
  const file = [...(e.clipboardData?.files ?? [])].find((f) => f.type.startsWith("image/"));
  if (!file || !uploadInput()) return;
  e.preventDefault();
  upload(uploadInput(), file);
});

// The buttons that move the strip.
addEventListener("click", (e) => {
  const scroller = e.target.closest?.("[data-scroll]");
  const strip = scroller && document.getElementById(scroller.getAttribute("aria-controls"));
  strip?.scrollBy({ left: scroller.dataset.scroll * strip.clientWidth * 0.8, behavior: glide() });
});
// Its ends hide the button that leads no further.
addEventListener(
  "scroll",
  (e) => {
    const box = e.target.parentElement?.closest?.(".strip-box");
    if (!box) return;
    const { scrollLeft, scrollWidth, clientWidth } = e.target;
    box.toggleAttribute("data-started", scrollLeft > 4);
    box.toggleAttribute("data-ended", scrollLeft + clientWidth > scrollWidth - 4);
  },
  { capture: true, passive: true },
);
