// What every script may use. This one is not wrapped: its names are seen by all; every other piece has names of its own,
// and puts on `adsvideo` what another one or the server calls. SHARED is written by ui/shared.py.

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const narrow = matchMedia(SHARED.narrow);
const $all = (selector, root = document) => [...root.querySelectorAll(selector)];
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
const glide = () => (calm.matches ? "auto" : "smooth");
const adsvideo = (window.adsvideo = {});
