// A browser that can't size a field by its text (field-sizing) is told its height.
const grow = (field) => {
  if (CSS.supports("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
};
addEventListener("input", (e) => e.target.matches?.(".text-area") && grow(e.target));

// As if it were typed over what differs, so that Ctrl+Z takes it back. Only where somebody has just clicked: what a page
// brings when it opens is nothing to take back, and on a phone the keyboard would rise.
function typeOver(field, text) {
  const focused = document.activeElement;
  if (focused === document.body || !matchMedia("(hover: hover)").matches) return;
  const before = field.value;
  const least = Math.min(before.length, text.length);
  let start = 0;
  while (start < least && before[start] === text[start]) start += 1;
  let end = 0;
  while (end < least - start && before.at(-1 - end) === text.at(-1 - end)) end += 1;
  field.focus({ preventScroll: true });
  field.setSelectionRange(start, before.length - end);
  const words = text.slice(start, text.length - end);
  document.execCommand(words ? "insertText" : "delete", false, words);
  field.setAttribute("data-written", "");
  focused.focus({ preventScroll: true });
}

// What has been typed meanwhile is newer than a text that answers what stood there before.
adsvideo.write = (field, before, text) => {
  if (field?.value !== before.replace(/\r\n?/g, "\n")) return;
  typeOver(field, text);
  if (field.value !== text) field.value = text;
  grow(field);
};
addEventListener("keydown", (e) => {
  if (!(e.ctrlKey || e.metaKey) || e.altKey || e.key.toLowerCase() !== "z") return;
  const field = document.querySelector(".text-area[data-written]");
  const focused = document.activeElement;
  if (!field || focused.closest?.("input, textarea, [contenteditable], .q-dialog")) return;
  e.preventDefault();
  field.focus({ preventScroll: true });
  document.execCommand(e.shiftKey ? "redo" : "undo");
  if (focused !== document.body) focused.focus({ preventScroll: true });
});
adsvideo.select = (field, start, end) => {
  field?.focus();
  field?.setSelectionRange(start, end);
};
