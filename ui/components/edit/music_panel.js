// [data-sends="/address"]: a chosen file is sent there; [data-listen="/address"]: a button that plays a track.
addEventListener("change", async (e) => {
  const input = e.target;
  if (!input.matches?.("[data-sends]") || !input.files[0]) return;
  const body = new FormData();
  body.append("file", input.files[0]);
  input.value = "";
  const label = input.closest("label");
  label.dataset.busy = "";
  const tell = (type, detail) => input.dispatchEvent(new CustomEvent(type, { detail }));
  try {
    const headers = { "X-Page-Language": document.documentElement.lang };
    const answer = await fetch(input.dataset.sends, { method: "POST", body, headers });
    const told = await answer.json();
    if (answer.ok) tell("sent", { id: told.id });
    else tell("unsent", told.error ?? {});
  } catch {
    tell("unsent", {});
  } finally {
    delete label.dataset.busy;
  }
});

let heard = null;
let pressed = null;
const quiet = () => {
  heard?.pause();
  pressed?.classList.replace("icon-pause", "icon-play");
  heard = pressed = null;
};
addEventListener("click", (e) => {
  const button = e.target.closest?.("[data-listen]");
  if (!button) return;
  const same = button === pressed;
  quiet();
  if (same) return;
  heard = new Audio(button.dataset.listen);
  pressed = button;
  button.classList.replace("icon-play", "icon-pause");
  heard.onended = quiet;
  heard.play().catch(quiet);
});
