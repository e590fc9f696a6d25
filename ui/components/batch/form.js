// A table is read by the server, which says row by row what it has understood; nothing is made of it yet.
addEventListener("change", async (e) => {
  const input = e.target;
  const zone = input.matches?.("[data-csv] input[type=file]") && input.closest("[data-csv]");
  if (!zone || !input.files[0]) return;
  const tell = (type, detail) => input.dispatchEvent(new CustomEvent(type, { detail }));
  const body = new FormData();
  body.append("file", input.files[0]);
  body.append("pictures", zone.dataset.pictures || "{}");
  input.value = "";
  zone.dataset.busy = "";
  try {
    const headers = { "X-Page-Language": document.documentElement.lang };
    const response = await fetch(zone.dataset.csv, { method: "POST", body, headers });
    const answer = await response.json();
    if (response.ok) tell("checked", answer);
    else tell("refused", answer.error ?? {});
  } catch {
    tell("refused", {});
  }
  zone.removeAttribute("data-busy");
});
