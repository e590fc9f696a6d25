// [data-reads]: a file of captions is read here, in whatever encoding it is, and told as text.
function decode(bytes) {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    return new TextDecoder(bytes[0] === 0xff ? "utf-16le" : "utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}

addEventListener("change", async (e) => {
  const input = e.target;
  if (!input.matches?.("[data-reads]") || !input.files[0]) return;
  const text = decode(new Uint8Array(await input.files[0].slice(0, 600000).arrayBuffer()));
  input.value = "";
  input.dispatchEvent(new CustomEvent("read", { detail: text }));
});

// A file of captions that is dropped anywhere in the editor.
const isCaptions = (file) => /\.(srt|vtt)$/i.test(file?.name ?? "");
addEventListener("dragover", (e) => document.querySelector(".editor") && e.dataTransfer && e.preventDefault());
addEventListener("drop", async (e) => {
  const editor = document.querySelector(".editor");
  if (!editor || !isCaptions(e.dataTransfer?.files[0])) return;
  e.preventDefault();
  const text = decode(new Uint8Array(await e.dataTransfer.files[0].slice(0, 600000).arrayBuffer()));
  editor.dispatchEvent(new CustomEvent("read", { detail: text }));
});
