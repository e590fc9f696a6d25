// Several pictures at once, one after the other; each is told of with the name of its file.
async function uploadAll(input, files) {
  const zone = input.closest("[data-uploads]");
  const tell = (type, detail) => input.dispatchEvent(new CustomEvent(type, { detail }));
  zone.dataset.busy = "";
  let done = 0;
  for (const file of files) {
    const body = new FormData();
    body.append("file", file);
    let answer = {};
    try {
      const headers = { "X-Page-Language": document.documentElement.lang };
      const response = await fetch(zone.dataset.uploads, { method: "POST", body, headers });
      answer = await response.json();
      if (response.status === 201) tell("uploaded", { id: answer.id, name: file.name });
      else tell("refused", answer.error ?? {});
    } catch {
      tell("refused", {});
    }
    zone.style.setProperty("--done", ++done / files.length);
  }
  zone.removeAttribute("data-busy");
  input.value = "";
}
addEventListener("change", (e) => {
  const input = e.target;
  if (input.matches?.("[data-uploads] input[type=file]") && input.files.length) uploadAll(input, [...input.files]);
});
const dropInput = () => document.querySelector("[data-uploads] input[type=file]");
addEventListener("dragover", (e) => {
  if (dropInput() && [...(e.dataTransfer?.types ?? [])].includes("Files")) e.preventDefault();
});
addEventListener("drop", (e) => {
  const files = [...(e.dataTransfer?.files ?? [])].filter((f) => f.type.startsWith("image/"));
  if (!dropInput() || !files.length) return;
  e.preventDefault();
  uploadAll(dropInput(), files);
});
