// A browser that can't size a field by its text (field-sizing) is told its height.
const grow = (field) => {
  if (CSS.supports("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
};
addEventListener("input", (e) => e.target.matches?.(".text-area") && grow(e.target));

// What has been typed meanwhile is newer than a text that answers what stood there before.
adsvideo.write = (field, before, text) => {
  if (field?.value !== before.replace(/\r\n?/g, "\n")) return;
  field.value = text;
  grow(field);
};
adsvideo.select = (field, start, end) => {
  field?.focus();
  field?.setSelectionRange(start, end);
};
